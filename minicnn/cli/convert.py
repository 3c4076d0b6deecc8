"""``minicnn convert SOURCE TARGET``: the same weights in another form of file."""

from pathlib import Path

from . import networks

HELP = "write a model or its weights in another form: .minicnn, .h5, .keras, .safetensors, .onnx"

_FORMS = (*networks.ENDINGS, ".safetensors")


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument("source", type=Path, help="a model or weights; also .npz as PyTorch lists")
    parser.add_argument(
        "target", type=Path, help=f"file to write, {', '.join(_FORMS)}; .weights.h5: weights alone"
    )
    parser.add_argument(
        "--network", metavar="NAME", help="the architecture, where the source holds weights alone"
    )
    networks.add_settings(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace the target if it exists")


def run(options):
    """Read the source, write the target and say what it holds."""
    source, target = options.source, options.target
    _check(options)
    if options.network is None:
        model = networks.load(source, "name their network with --network NAME")
    else:
        model = networks.build(options.network, options.set, source)
    written = _write(model, target)
    print(f"wrote {written} of {model.name} to {target}: {model.count_params():,} parameters")


def _check(options):
    source, target = options.source, options.target
    if not source.is_file():
        raise FileNotFoundError(f"source must be a file, got {str(source)!r}")
    if target.suffix.lower() not in _FORMS:
        raise ValueError(f"target must end in one of {', '.join(_FORMS)}, got {target.name!r}")
    if target.exists() and not options.overwrite:
        raise FileExistsError(f"{target} exists; replace it with --overwrite")
    if options.network is None and options.set:
        raise ValueError("--set holds arguments of a network: name it with --network")
    if options.network is not None and source.suffix.lower() == ".onnx":
        raise ValueError(f"{source} brings its own architecture: leave --network away")


def _write(model, target):
    """Write the file and say what went into it."""
    from .. import onnx

    ending = target.suffix.lower()
    if ending == ".safetensors" or target.name.lower().endswith(".weights.h5"):
        model.save_weights(target)
        return "the weights"
    if ending == ".onnx":
        onnx.save(model, target, data_format="channels_first")
    else:
        model.save(target, save_format="keras" if ending == ".keras" else None)
    return "the model"
