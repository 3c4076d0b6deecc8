"""``python -m benchmarks NAME [options]``."""

import argparse
import sys
from importlib import import_module

from .table import say

RACES = {
    "kernels": "operations shape by shape, forward and backward",
    "networks": "whole training steps and predictions",
    "memory": "peak resident memory of training steps",
    "startup": "a fresh process until it has trained a step",
    "accuracy": "errors of the convolution algorithms against float64",
}


def parser():
    """The command line."""
    from .contenders import CONTENDERS
    from .peers import NAMES
    from .shapes import LISTS

    result = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    races = result.add_subparsers(dest="race", required=True)
    made = {name: races.add_parser(name, help=text) for name, text in RACES.items()}
    for name, sub in made.items():
        sub.add_argument("--threads", type=int, default=2, help="threads of each contender (2)")
        sub.add_argument("--only", help="cases whose text holds this")
        sub.add_argument("--csv", help="write the rows to this file too")
        if name != "accuracy":
            sub.add_argument("--rounds", type=int, help="rounds of a race (as many as fit)")
    kernels = made["kernels"]
    kernels.add_argument("--seconds", type=float, default=2.0, help="of one race, about (2)")
    kernels.add_argument(
        "--list", action="append", choices=[*LISTS, "tiny"], help="this list of cases"
    )
    kernels.add_argument("--passes", help="passes whose name holds this")
    kernels.add_argument("--benchdnn", help="a problem of oneDNN's benchdnn, or a file of them")
    kernels.add_argument("--roofline", help="draw the roofline to this picture")
    kernels.add_argument("--scaling", action="store_true", help="one core against two instead")
    kernels.add_argument("--peers", nargs="*", default=NAMES, choices=NAMES)
    networks, memory = made["networks"], made["memory"]
    networks.add_argument("--seconds", type=float, default=20.0, help="of one race, about (20)")
    networks.add_argument("--mode", choices=("train", "predict"), help="only this kind of race")
    networks.add_argument("--batch", type=int, help="images a call, in place of the usual ones")
    memory.add_argument("--batch", type=int, help="images a step, in place of the usual ones")
    made["startup"].add_argument("--warm", action="store_true", help="leave the cold start out")
    for sub in (networks, memory, made["startup"]):
        sub.add_argument("--peers", nargs="*", default=CONTENDERS[1:], choices=CONTENDERS[1:])
    return result


def main(arguments=None):
    """Run one race; 1 if a peer computed something else than MiniCNN."""
    options = parser().parse_args(arguments)
    differences = []

    def differs(line):
        differences.append(line)
        say(line)

    options.differs = differs
    import_module(f"{__package__}.{options.race}").run(options)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
