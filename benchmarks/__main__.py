"""``python -m benchmarks NAME [--threads 2] [--seconds S]``."""

import argparse
import os
import sys

RACES = {
    "conv": "convolution, forward and both gradients, shape by shape",
    "networks": "whole training steps of LeNet-5 and the Fashion CNN",
    "memory": "peak resident memory of the same steps",
    "startup": "a fresh process until it trains, with and without compiled kernels",
}


def main():
    """Run one race."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("name", choices=RACES, help="; ".join(": ".join(r) for r in RACES.items()))
    parser.add_argument("--threads", type=int, default=2, help="threads of each contender (2)")
    parser.add_argument("--seconds", type=float, help="how long one race lasts")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    arguments = {} if options.seconds is None else {"seconds": options.seconds}
    if options.name == "conv":
        from benchmarks import conv

        conv.run(options.threads, **arguments)
    elif options.name == "startup":
        from benchmarks import startup

        startup.run()
    else:
        from benchmarks import networks

        if options.name == "networks":
            networks.run(options.threads, **arguments)
        else:
            networks.memory()


if __name__ == "__main__":
    sys.exit(main())
