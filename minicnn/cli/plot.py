"""``minicnn plot MODEL``: the diagram of a network."""

from pathlib import Path

from .pictured import add_model, model_of, out_path

HELP = "draw the graph of a network or model file"


def add_arguments(parser):
    """Declare the command's arguments."""
    add_model(parser)
    parser.add_argument("--out", type=Path, help="picture (default NAME.png); png, svg or pdf")
    parser.add_argument("--names", action="store_true", help="write the layers' names too")
    parser.add_argument("--expand", action="store_true", help="draw what is inside of blocks")
    parser.add_argument("--direction", default="TB", choices=("TB", "BT", "LR", "RL"))
    parser.add_argument("--dpi", type=int, default=120, help="pixels an inch (default 120)")


def run(options):
    """Draw."""
    from ..plotting import plot_model

    path = out_path(options, "")
    plot_model(
        model_of(options, empty=True),
        path,
        show_shapes=True,
        show_layer_names=options.names,
        rankdir=options.direction,
        expand_nested=options.expand,
        dpi=options.dpi,
    )
    print(f"saved {path}")
