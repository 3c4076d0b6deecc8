"""Maximum of every window, over two or three spatial axes.

``y[n, i, j, c] = max_{u, v} x[n, i*s + u - p, j*s + v - p, c]``, the padding left out

``tf.nn.max_pool2d`` and ``tf.nn.max_pool3d``; LeCun et al. 1998 subsample by the mean instead
(:mod:`.average_pool`).
"""

import numpy as np

from ..contracts import arrays
from ..contracts import pool as contract
from .windows import inside, pad, taps, unpad


def max_pool_forward(y, argmax, x, pool, strides, padding, keep_argmax=True):
    """Maximum of every window and where it was found: ``(y, argmax)``, both overwritten.

    Parameters
    ----------
    y : array [N, *out, C] or None
    argmax : array [N, *out, C] or None
        Index of the winning cell within its window, row-major over ``pool``: ``uint8`` up to 256
        cells, else ``int32``. The first maximum wins; the first NaN beats every number.
    x : array [N, *spatial, C]
        float32 or float64; float16 is computed in float32.
    pool, strides : tuple of int
        One entry for each of the two or three spatial axes.
    padding : tuple of (before, after)
        At most half a window; padding never wins.
    keep_argmax : bool
        ``False`` where no backward pass follows: returns ``(y, None)``.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    op = "max_pool_forward"
    y, x, g = contract.forward(op, y, x, pool, strides, padding)
    argmax = arrays.output(op, "argmax", argmax, g.y_shape, g.argmax_dtype, x, y)
    seen = np.zeros(g.y_shape, bool)
    for t, (tap, valid) in enumerate(zip(taps(pad(x, g), g), taps(inside(g), g))):
        wins = valid & (~seen | (tap > y) | (np.isnan(tap) & ~np.isnan(y)))
        y[wins] = tap[wins]
        argmax[wins] = t
        seen |= valid
    return y, argmax if keep_argmax else None


def max_pool_backward(dx, dy, argmax, input_size, pool, strides, padding):
    """Gradient of the input, ``dx`` overwritten: each window's ``dy`` goes to its winner.

    Parameters
    ----------
    dx : array [N, *input_size, C] or None
    dy : array [N, *out, C]
    argmax : array [N, *out, C]
        As :func:`max_pool_forward` returned it.
    input_size : tuple of int
        Spatial sizes of the input.
    pool, strides, padding
        As in the forward pass.

    Raises
    ------
    ValueError, TypeError
        If a shape or dtype does not fit, or an entry of ``argmax`` points outside of its
        window's part of the input; nothing has been written then.
    """
    op = "max_pool_backward"
    dy, g = contract.backward(op, dy, input_size, pool, strides, padding)
    argmax = contract.winners(op, argmax, g.y_shape, g.argmax_dtype)
    found = np.zeros(g.y_shape, bool)
    for t, valid in enumerate(taps(inside(g), g)):
        found |= valid & (argmax == t)
    if not found.all():
        raise contract.stray(op, argmax, np.argwhere(~found)[0])
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy, argmax)
    padded = pad(np.zeros(g.x_shape, dy.dtype), g)
    for t, tap in enumerate(taps(padded, g)):
        tap += np.where(argmax == t, dy, 0)
    dx[...] = unpad(padded, g)
    return dx
