"""``minicnn features MODEL IMAGE``: what a layer makes of an image."""

from pathlib import Path

from . import networks
from .pictured import add_model, image_for, model_of, out_path

HELP = "draw the feature maps that a layer makes of an image"


def add_arguments(parser):
    """Declare the command's arguments."""
    add_model(parser)
    parser.add_argument("image", type=Path, help="a photograph")
    parser.add_argument("--layer", required=True, help="name, or number from 0, of the layer")
    parser.add_argument("--reads", metavar="NETWORK", help="preprocess as for this network "
                        "(default: MODEL itself; a file reads 0 to 1)")  # fmt: skip
    parser.add_argument("--out", type=Path, help="picture (default NAME-LAYER.png)")
    parser.add_argument("--most", type=int, default=256, help="maps to draw (default 256)")


def run(options):
    """Compute and draw."""
    from ..plotting import feature_maps

    model = model_of(options)
    named = networks.is_network(options.model)
    if named and options.weights is None:
        print("no --weights: the network's weights are random")
    reads = options.reads or (options.model if named else None)
    preprocess = networks.unit_range if reads is None else networks.preprocessing(reads)
    layer = int(options.layer) if options.layer.isdecimal() else options.layer
    path = out_path(options, f"-{options.layer}".replace("/", "-"))
    feature_maps(model, image_for(model, options.image, preprocess), layer, path, most=options.most)
    print(f"saved {path}")
