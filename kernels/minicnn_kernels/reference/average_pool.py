"""Mean of every window, over two or three spatial axes.

``y[n, i, j, c] = 1 / |V| * sum_{(u, v) in V} x[n, i*s + u - p, j*s + v - p, c]``

``V`` are the cells of the window that lie inside the input (``tf.nn.avg_pool2d``,
``tf.nn.avg_pool3d``), or all its cells, the padding counted as zeros (PyTorch's default).
"""

import numpy as np

from ..contracts import arrays
from ..contracts import pool as contract
from .windows import inside, pad, taps, unpad


def average_pool_forward(y, x, pool, strides, padding, count_padding=False):
    """Mean of every window; ``y`` is overwritten, or allocated if ``None``.

    Parameters
    ----------
    y : array [N, *out, C] or None
    x : array [N, *spatial, C]
        float32 or float64; float16 is computed in float32.
    pool, strides : tuple of int
        One entry for each of the two or three spatial axes.
    padding : tuple of (before, after)
        At most half a window.
    count_padding : bool
        Divide by all cells of the window, not by those inside the input only.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    y, x, g = contract.forward("average_pool_forward", y, x, pool, strides, padding)
    y[...] = sum(taps(pad(x, g), g)) * _share(g, x.dtype, count_padding)
    return y


def average_pool_backward(dx, dy, input_size, pool, strides, padding, count_padding=False):
    """Gradient of the input, ``dx`` overwritten: each window hands equal shares to its cells.

    Parameters
    ----------
    dx : array [N, *input_size, C] or None
    dy : array [N, *out, C]
    input_size : tuple of int
        Spatial sizes of the input.
    pool, strides, padding, count_padding
        As in the forward pass.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    op = "average_pool_backward"
    dy, g = contract.backward(op, dy, input_size, pool, strides, padding)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy)
    shares = dy * _share(g, dy.dtype, count_padding)
    padded = pad(np.zeros(g.x_shape, dy.dtype), g)
    for tap in taps(padded, g):
        tap += shares
    dx[...] = unpad(padded, g)
    return dx


def _share(g, dtype, count_padding):
    """One over the number of cells that a window's mean counts."""
    cells = g.taps if count_padding else sum(taps(inside(g).astype(dtype), g))
    return np.divide(1, cells, dtype=dtype)
