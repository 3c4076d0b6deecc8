"""``minicnn features MODEL IMAGE``: what a layer makes of an image."""

from pathlib import Path

from . import networks
from .images import pixels, shape_of
from .pictured import add_model, model_of, out_path

HELP = "draw the feature maps that a layer makes of an image"


def add_arguments(parser):
    """Declare the command's arguments."""
    add_model(parser)
    parser.add_argument("image", type=Path, help="a photograph")
    parser.add_argument("--layer", required=True, help="name, or number from 0, of the layer")
    parser.add_argument(
        "--network", metavar="NAME", help="for a file: whose pixels it reads (default: 0 to 1)"
    )
    parser.add_argument(
        "--image-size", type=int, metavar="N", help="N x N, for models that take any size"
    )
    parser.add_argument("--out", type=Path, help="picture (default NAME-LAYER.png)")
    parser.add_argument("--most", type=int, default=256, help="maps to draw (default 256)")


def run(options):
    """Compute and draw."""
    from ..applications.predictions import unit_range
    from ..plotting import feature_maps

    model, name = model_of(options), options.network
    if networks.is_network(options.model):
        name = options.model
        if options.weights is None:
            print("no --weights: the network's weights are random")
    image = pixels(options.image, *shape_of(name, model, options.image_size))
    preprocess = unit_range if name is None else networks.preprocessing(name)
    layer = int(options.layer) if options.layer.isdecimal() else options.layer
    path = out_path(options, f"-{options.layer}".replace("/", "-"))
    feature_maps(model, preprocess(image[None]), layer, path, most=options.most)
    print(f"saved {path}")
