"""``minicnn summary NAME``: layers, shapes and parameter counts."""

from . import networks
from .networks import find

__all__ = ["HELP", "add_arguments", "find", "run"]

HELP = "print the layers, output shapes and parameter counts of a network"


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument("name", help="any network of minicnn.applications, as vgg16 or fashion-cnn")
    networks.add_settings(parser)


def run(options):
    """Print the table."""
    networks.build(options.name, options.set, empty=True).summary()
