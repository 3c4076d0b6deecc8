"""Mean and maximum over all positions of a feature map.

``y[n, c] = 1 / P * sum_p x[n, p, c]`` and ``y[n, c] = max_p x[n, p, c]``

Global average pooling: Lin, Chen, Yan, *Network in Network*, 2014.
"""

import numpy as np

from ..contracts import arrays
from ..contracts import pool as contract


def global_average_pool_forward(y, x):
    """Mean over the positions; ``y`` is overwritten, or allocated if ``None``.

    Parameters
    ----------
    y : array [N, C] or None
    x : array [N, P, C]
        float32 or float64; float16 is computed in float32. All spatial axes flattened into one.

    Raises
    ------
    ValueError, TypeError
        If a shape or dtype does not fit, or there are no positions or channels.
    """
    y, x = contract.global_forward("global_average_pool_forward", y, x)
    y[...] = x.sum(axis=1) * np.divide(1, x.shape[1], dtype=x.dtype)
    return y


def global_average_pool_backward(dx, dy, positions):
    """Gradient of the input, ``dx`` overwritten: every position gets an equal share.

    Parameters
    ----------
    dx : array [N, positions, C] or None
    dy : array [N, C]
    positions : int

    Raises
    ------
    ValueError, TypeError
        If a shape or dtype does not fit.
    """
    op = "global_average_pool_backward"
    dy, shape = contract.global_backward(op, dy, positions)
    dx = arrays.output(op, "dx", dx, shape, dy.dtype, dy)
    dx[...] = (dy * np.divide(1, positions, dtype=dy.dtype))[:, None]
    return dx


def global_max_pool_forward(y, argmax, x):
    """Maximum over the positions and where it was found: ``(y, argmax)``, both overwritten.

    Parameters
    ----------
    y : array [N, C] or None
    argmax : array [N, C] or None
        Position of the first maximum, or of the first NaN: ``uint8`` up to 256 positions, else
        ``int32``.
    x : array [N, P, C]
        float32 or float64; float16 is computed in float32.

    Raises
    ------
    ValueError, TypeError
        If a shape or dtype does not fit, or there are no positions or channels.
    """
    op = "global_max_pool_forward"
    y, x = contract.global_forward(op, y, x)
    dtype = contract.argmax_dtype(x.shape[1])
    argmax = arrays.output(op, "argmax", argmax, y.shape, dtype, x, y)
    argmax[...] = x.argmax(axis=1)
    y[...] = np.take_along_axis(x, argmax[:, None].astype(np.intp), axis=1)[:, 0]
    return y, argmax


def global_max_pool_backward(dx, dy, argmax, positions):
    """Gradient of the input, ``dx`` overwritten: ``dy`` goes to the winning position.

    Parameters
    ----------
    dx : array [N, positions, C] or None
    dy : array [N, C]
    argmax : array [N, C]
        As :func:`global_max_pool_forward` returned it.
    positions : int

    Raises
    ------
    ValueError, TypeError
        If a shape or dtype does not fit, or an entry of ``argmax`` is no position; nothing has
        been written then.
    """
    op = "global_max_pool_backward"
    dy, shape = contract.global_backward(op, dy, positions)
    argmax = contract.global_winners(op, argmax, dy.shape, shape[1])
    dx = arrays.output(op, "dx", dx, shape, dy.dtype, dy, argmax)
    dx[...] = np.where(argmax[:, None] == np.arange(shape[1])[:, None], dy[:, None], 0)
    return dx
