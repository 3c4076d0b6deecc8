"""``minicnn filters MODEL``: the kernels of a convolution."""

from pathlib import Path

from .pictured import add_model, model_of, out_path

HELP = "draw the filters of a convolution, by default the first one's"


def add_arguments(parser):
    """Declare the command's arguments."""
    add_model(parser)
    parser.add_argument("--layer", help="name of the layer (default: the first convolution)")
    parser.add_argument("--channel", type=int, help="input channel (default: colours, or 0)")
    parser.add_argument("--out", type=Path, help="picture (default NAME-filters.png)")


def run(options):
    """Draw."""
    from ..plotting import plot_filters

    model = model_of(options)
    if options.layer is not None:
        layer = model.get_layer(options.layer)
    else:
        layer = next((one for one in model.layers if _has_filters(one)), None)
    if layer is None or not _has_filters(layer):
        raise ValueError(f"{layer.name if layer else model.name} has no filters [KH, KW, C, F]")
    path = out_path(options, "-filters")
    plot_filters(layer.kernel.value, path, options.channel)
    print(f"saved {path}")


def _has_filters(layer):
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and len(kernel.shape) == 4
