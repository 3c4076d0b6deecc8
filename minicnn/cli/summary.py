"""``minicnn summary NAME``: layers, shapes and parameter counts."""

from .recipes import RECIPES, build

HELP = "print the layers, output shapes and parameter counts of a network"


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument("name", choices=sorted(RECIPES), help="the network")


def run(options):
    """Print the table."""
    build(options.name).summary()
