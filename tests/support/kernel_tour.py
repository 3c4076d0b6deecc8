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

rng = np.random.default_rng(7)


def whole(*shape):
    """Small whole numbers, on which sums are exact in any order."""
    return rng.integers(-3, 4, shape).astype(np.float32)


def real(*shape):
    """Normal numbers."""
    return rng.normal(size=shape).astype(np.float32)


STRIDES, PADDING, DILATIONS = (2, 1), ((1, 0), (1, 2)), (1, 2)
X, W, DY = whole(2, 7, 6, 4), whole(3, 2, 2, 6), whole(2, 3, 7, 6)
GEOMETRY = (STRIDES, PADDING, DILATIONS, 2)
X3, W3, DY3 = whole(1, 3, 4, 5, 2), whole(2, 2, 3, 2, 3), whole(1, 2, 4, 5, 3)
GEOMETRY3 = ((1, 1, 1), ((0, 0), (1, 0), (1, 1)), (1, 1, 1), 1)
POOL = ((3, 2), (2, 2), ((1, 1), (0, 0)))
ROWS, LABELS = real(5, 3), np.array([0, 2, 1, 1, 0])
TARGETS = np.eye(3, dtype=np.float32)[LABELS]
PROBABILITIES = np.full((5, 3), 1 / 3, np.float32)
C = real(3)


def slots(count):
    """A gradient behind ``count`` vectors that an update works on."""
    return [np.abs(real(37)) for _ in range(count)]


VECTOR = slots(1)[0]

ARGUMENTS = {
    "conv2d_forward": (None, X, W, whole(6), *GEOMETRY, "relu"),
    "conv2d_backward_input": (None, DY, W, (7, 6), *GEOMETRY),
    "conv2d_backward_weights": (None, X, DY, (3, 2), *GEOMETRY),
    "conv3d_forward": (None, X3, W3, None, *GEOMETRY3),
    "conv3d_backward_input": (None, DY3, W3, (3, 4, 5), *GEOMETRY3),
    "conv3d_backward_weights": (None, X3, DY3, (2, 2, 3), *GEOMETRY3),
    "depthwise_conv2d_forward": (None, X, whole(3, 2, 4, 2), whole(8), *GEOMETRY[:3]),
    "depthwise_conv2d_backward_input": (
        *(None, whole(2, 3, 7, 8), whole(3, 2, 4, 2), (7, 6)),
        *GEOMETRY[:3],
    ),
    "depthwise_conv2d_backward_weights": (None, X, whole(2, 3, 7, 8), (3, 2), *GEOMETRY[:3]),
    "add_forward": (None, X, whole(2, 7, 6, 4)),
    "concatenate_forward": (None, [whole(5, 3), whole(5, 1)]),
    "concatenate_backward": (None, whole(5, 4), (3, 1)),
    "bias_forward": (None, X, whole(4)),
    "bias_backward": (None, X),
    "dense_forward": (None, whole(5, 7), whole(7, 3), whole(3), "relu"),
    "dense_backward_input": (None, whole(5, 3), whole(7, 3)),
    "dense_backward_weights": (None, whole(5, 7), whole(5, 3)),
    "max_pool_forward": (None, None, X, *POOL),
    "max_pool_backward": (
        *(None, whole(2, 4, 3, 4), np.full((2, 4, 3, 4), 2, np.uint8), (7, 6)),
        *POOL,
    ),
    "average_pool_forward": (None, X, *POOL),
    "average_pool_backward": (None, whole(2, 4, 3, 4), (7, 6), *POOL),
    "global_average_pool_forward": (None, X.reshape(2, 42, 4)),
    "global_average_pool_backward": (None, whole(2, 4), 42),
    "global_max_pool_forward": (None, None, X.reshape(2, 42, 4)),
    "global_max_pool_backward": (None, whole(2, 4), np.full((2, 4), 5, np.uint8), 42),
    "upsample2d_nearest_forward": (None, X, (2, 3)),
    "upsample2d_nearest_backward": (None, whole(2, 14, 18, 4), (2, 3)),
    "upsample2d_bilinear_forward": (None, X, (2, 3)),
    "upsample2d_bilinear_backward": (None, whole(2, 14, 18, 4), (2, 3)),
    "batch_norm_forward": (None, None, None, ROWS, C, C, 1e-3, "relu", real(5, 3)),
    "batch_norm_inference": (None, ROWS, C, C, C, np.abs(C), 1e-3),
    "batch_norm_backward": (
        *(None, None, None, real(5, 3), ROWS, C, np.abs(C), C, 1e-3),
        *(True, "relu6", C),
    ),
    "lrn_forward": (None, ROWS, 1, 1, 1.0, 0.5, 0.75),
    "lrn_backward": (None, real(5, 3), ROWS, 1, 1, 1.0, 0.5, 0.75),
    "activation_forward": (None, ROWS, "tanh"),
    "activation_backward": (None, real(5, 3), None, np.tanh(ROWS), "tanh"),
    "prelu_forward": (None, ROWS, C),
    "prelu_backward_input": (None, real(5, 3), ROWS, C),
    "prelu_backward_weights": (None, ROWS, real(5, 3)),
    "softmax_forward": (None, ROWS),
    "softmax_backward": (None, real(5, 3), PROBABILITIES),
    "log_softmax_forward": (None, ROWS),
    "log_softmax_backward": (None, real(5, 3), np.log(PROBABILITIES)),
    "softmax_cross_entropy_forward": (None, None, ROWS, TARGETS),
    "softmax_cross_entropy_backward": (None, PROBABILITIES, TARGETS, real(5)),
    "sparse_softmax_cross_entropy_forward": (None, None, ROWS, LABELS),
    "sparse_softmax_cross_entropy_backward": (None, PROBABILITIES, LABELS, real(5)),
    "dropout_forward": (None, ROWS, 0.5, 3),
    "dropout_backward": (None, ROWS, 0.5, 3),
    "sgd_update": (*slots(3), 0.1, 0.9, True),
    # The mean square exceeds the square of the mean, as it does in life: else the root is NaN.
    "rmsprop_update": (VECTOR, VECTOR + 1, VECTOR / 10, *slots(2), 0.1, 0.9, 0.5),
    "adam_update": (*slots(5), 0.1),
    "nadam_update": (*slots(4), 0.1),
    "adagrad_update": (*slots(3), 0.1),
}


X9, W9, DY9 = real(2, 7, 6, 18), real(3, 3, 18, 35), real(2, 7, 6, 35)
GEOMETRY9 = ((1, 1), ((1, 1), (1, 1)), (1, 1), 1)
WINOGRAD = {
    "conv2d_forward": (None, X9, W9, real(35), *GEOMETRY9, "relu"),
    "conv2d_backward_input": (None, DY9, W9, (7, 6), *GEOMETRY9),
    "conv2d_backward_weights": (None, X9, DY9, (3, 3), *GEOMETRY9),
}


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
    with set_convolution("winograd"):
        wrong += [name for name, arguments in WINOGRAD.items() if differs(name, arguments)]
    for name in wrong:
        print(f"{name}: cpu and reference differ")
    print(f"{len(names)} kernels")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
