"""``minicnn warmup [NETWORK...]``: compile kernels before anybody waits for them."""

import time

from . import networks
from .recipes import recipe_of, task_of

HELP = "compile kernels into the cache, for networks or for every operation"

PIXELS = 1 << 15
"""Of a batch: small arrays are computed by other kernels than large ones."""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NETWORK",
        help="any network of minicnn.applications (default: every operation)",
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "float64"),
        default="float32",
        help="of the weights and images (default: %(default)s)",
    )
    networks.add_settings(parser)


def run(options):
    """Compile, a bar on the screen, and tell the time it took."""
    if options.set and not options.names:
        raise ValueError("--set needs a network")
    for name in options.names:
        networks.find(name)
    start = time.perf_counter()
    count = _networks(options) if options.names else _operations(options.dtype)
    print(f"{count} ready in {time.perf_counter() - start:.1f} s")


def _operations(dtype):
    from tqdm import tqdm

    from minicnn_kernels.operations import OPERATIONS
    from minicnn_kernels.samples import calls, compile_all

    with tqdm(compile_all(dtype), total=len(calls(dtype)), unit="call") as bar:
        for name in bar:
            bar.set_postfix_str(name)
    return f"{len(OPERATIONS)} operations in {dtype}"


def _networks(options):
    from tqdm import tqdm

    with tqdm(options.names, unit="network") as bar:
        for name in bar:
            bar.set_postfix_str(name)
            _warm(name, options)
    return ", ".join(options.names)


def _warm(name, options):
    """Training steps and predictions, of one image and of several, by all algorithms."""
    import numpy as np

    from minicnn_kernels.algorithms import set_convolution

    model = _model(name, options)
    pixels = max(np.prod(image.shape[1:3]) for image in model.inputs)
    for batch in (1, 2, min(max(PIXELS // pixels, 2), 32)):
        x = [np.zeros((batch, *image.shape[1:]), options.dtype) for image in model.inputs]
        y = [np.zeros(batch, np.int64) for _ in model.outputs]
        for algorithm in ("direct", "winograd", "auto"):
            with set_convolution(algorithm):
                model.train_on_batch(x, y)
                model.predict(x, verbose=0)


def _model(name, options):
    """The network, compiled as ``minicnn train`` compiles it."""
    from .. import config, optimizers

    builder, usual = networks.find(name), config.floatx()
    config.set_floatx(options.dtype)
    try:
        model = networks.build(name, options.set)
    finally:
        config.set_floatx(usual)
    task = task_of(builder)
    model.compile(optimizers.get(recipe_of(builder).optimizer), task.loss, [task.metric])
    return model
