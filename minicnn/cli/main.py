"""Reading the command line; each command lives in a file of its own."""

import argparse
import sys
from importlib import import_module

from .. import __version__

_PICTURES = ("plot", "filters", "features", "augment")
_COMMANDS = ("train", "predict", "summary", "convert", "warmup", "info", *_PICTURES)


def main(arguments=None):
    """Run the command line ``arguments`` (default: the process's) and return the exit status.

    A mistake of the user's is told in one line on standard error, with status 2.
    """
    parser = argparse.ArgumentParser(
        prog="minicnn", description="Train and look at convolutional networks."
    )
    parser.add_argument("--version", action="version", version=f"minicnn {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in _COMMANDS:
        module = import_module(f"{__package__}.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    try:
        return options.run(options) or 0
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"minicnn {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"minicnn {options.command}: stopped", file=sys.stderr)
        return 130
