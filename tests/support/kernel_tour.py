"""Every kernel once, on small arrays, and every algorithm: the CPU telling against the reference.

A program of its own, so that it can run in other circumstances than the test session's:
``python kernel_tour.py`` under ``NUMBA_DISABLE_JIT=1`` or for another CPU. It prints a line for
each kernel whose two tellings differ and ends with their number as exit status.
"""

import sys

import numpy as np

from minicnn_kernels import backend
from minicnn_kernels.algorithms import set_convolution
from minicnn_kernels.operations import OPERATIONS
from minicnn_kernels.samples import (
    depthwise_samples,
    planar_samples,
    samples,
    strided_samples,
    winograd_samples,
)

ARGUMENTS = samples(np.float32)
WINOGRAD = winograd_samples(np.float32), winograd_samples(np.float32, 5)
OTHERS = (
    planar_samples(np.float32),
    depthwise_samples(np.float32),
    strided_samples(np.float32),
)


def results(name, telling, arguments):
    """What ``telling`` returns for kernel ``name``, and what it did to its arguments."""
    arguments = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    returned = getattr(backend.load(telling), name)(*arguments)
    returned = returned if isinstance(returned, tuple) else (returned,)
    return [a for a in (*returned, *arguments) if isinstance(a, np.ndarray)]


def differs(name, arguments=None):
    """Whether the two tellings of kernel ``name`` differ."""
    arguments = ARGUMENTS[name] if arguments is None else arguments
    ours, expected = (results(name, telling, arguments) for telling in ("cpu", "reference"))
    return len(ours) != len(expected) or not all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-4)
        for a, b in zip(ours, expected)
    )


def main():
    """Check every kernel of every operation; return how many differ."""
    names = [name for functions in OPERATIONS.values() for name in functions]
    wrong = [name for name in names if differs(name)]
    for family in OTHERS:
        wrong += [name for name, arguments in family.items() if differs(name, arguments)]
    with set_convolution("winograd"):
        for family in WINOGRAD:
            wrong += [name for name, arguments in family.items() if differs(name, arguments)]
    for name in wrong:
        print(f"{name}: cpu and reference differ")
    print(f"{len(names)} kernels")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
