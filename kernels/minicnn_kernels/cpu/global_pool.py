"""Mean and maximum over all positions: pooling whose one window is the whole plane.

The formulas, shapes and errors: :mod:`minicnn_kernels.reference.global_pool`.
"""

from ..contracts import arrays
from ..contracts import pool as contract
from .average_pool import average_pool_backward, average_pool_forward
from .max_pool import max_pool_backward, max_pool_forward

NO_PADDING = ((0, 0), (0, 0))


def global_average_pool_forward(y, x):
    """Mean over the positions; ``y`` is overwritten, or allocated if ``None``."""
    y, x = contract.global_forward("global_average_pool_forward", y, x)
    average_pool_forward(_one_cell(y), _one_row(x), (1, x.shape[1]), (1, 1), NO_PADDING)
    return y


def global_average_pool_backward(dx, dy, positions):
    """Gradient of the input, ``dx`` overwritten: every position gets an equal share."""
    op = "global_average_pool_backward"
    dy, shape = contract.global_backward(op, dy, positions)
    dx = arrays.output(op, "dx", dx, shape, dy.dtype, dy)
    size = (1, shape[1])
    average_pool_backward(_one_row(dx), _one_cell(dy), size, size, (1, 1), NO_PADDING)
    return dx


def global_max_pool_forward(y, argmax, x):
    """Maximum over the positions and where it was found: ``(y, argmax)``, both overwritten."""
    op = "global_max_pool_forward"
    y, x = contract.global_forward(op, y, x)
    dtype = contract.argmax_dtype(x.shape[1])
    argmax = arrays.output(op, "argmax", argmax, y.shape, dtype, x, y)
    size = (1, x.shape[1])
    max_pool_forward(_one_cell(y), _one_cell(argmax), _one_row(x), size, (1, 1), NO_PADDING)
    return y, argmax


def global_max_pool_backward(dx, dy, argmax, positions):
    """Gradient of the input, ``dx`` overwritten: ``dy`` goes to the winning position."""
    op = "global_max_pool_backward"
    dy, shape = contract.global_backward(op, dy, positions)
    argmax = contract.global_winners(op, argmax, dy.shape, shape[1])
    dx = arrays.output(op, "dx", dx, shape, dy.dtype, dy, argmax)
    size = (1, shape[1])
    max_pool_backward(
        _one_row(dx), _one_cell(dy), _one_cell(argmax), size, size, (1, 1), NO_PADDING
    )
    return dx


def _one_row(x):
    """``[N, P, C]`` as an image of one row."""
    return x[:, None]


def _one_cell(y):
    """``[N, C]`` as an image of one pixel."""
    return y[:, None, None]
