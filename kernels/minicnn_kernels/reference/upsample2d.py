"""Upsampling by whole factors, ``x [N, H, W, C]`` to ``y [N, H * FH, W * FW, C]``.

nearest: ``y[n, i, j, c] = x[n, i // FH, j // FW, c]``

bilinear: ``y[n, i, j] = (1-s) (1-t) x[n, h, w] + (1-s) t x[n, h, w+1] + s (1-t) x[n, h+1, w]
+ s t x[n, h+1, w+1]``, where output ``(i, j)`` lies ``(s, t)`` beyond input ``(h, w)``: pixels are
areas, ``h + s = (i + 1/2) / FH - 1/2``, and beyond the outermost centres the edge is repeated

Both as ``tf.image.resize`` and Keras' ``UpSampling2D`` compute them.
"""

import numpy as np

from ..contracts import upsample


def upsample2d_nearest_forward(y, x, factors):
    """Repeat every pixel ``factors = (FH, FW)`` times; ``y`` overwritten or allocated.

    Raises
    ------
    ValueError, TypeError
        If a shape, factor or dtype does not fit; nothing has been written then.
    """
    y, x, (fh, fw) = upsample.forward("upsample2d_nearest_forward", y, x, factors)
    y[...] = x.repeat(fh, axis=1).repeat(fw, axis=2)
    return y


def upsample2d_nearest_backward(dx, dy, factors):
    """Gradient of the input, ``dx`` overwritten: the sum over every pixel's copies."""
    dx, dy, (fh, fw) = upsample.backward("upsample2d_nearest_backward", dx, dy, factors)
    batch, height, width, channels = dx.shape
    dx[...] = dy.reshape(batch, height, fh, width, fw, channels).sum(axis=(2, 4))
    return dx


def upsample2d_bilinear_forward(y, x, factors):
    """Interpolate between the nearest four pixels; ``y`` overwritten or allocated.

    Raises
    ------
    ValueError, TypeError
        If a shape, factor or dtype does not fit; nothing has been written then.
    """
    y, x, (fh, fw) = upsample.forward("upsample2d_bilinear_forward", y, x, factors)
    y[...] = _between(_between(x, fh, 1), fw, 2)
    return y


def upsample2d_bilinear_backward(dx, dy, factors):
    """Gradient of the input, ``dx`` overwritten: the same matrices, transposed."""
    dx, dy, (fh, fw) = upsample.backward("upsample2d_bilinear_backward", dx, dy, factors)
    dx[...] = _between_backward(_between_backward(dy, fw, 2), fh, 1)
    return dx


def _between(x, factor, axis):
    """Interpolate along one axis."""
    low, high, weight = _taps(x.shape[axis], factor, axis, x.dtype)
    return x.take(low, axis) * (1 - weight) + x.take(high, axis) * weight


def _between_backward(dy, factor, axis):
    """Hand every output's gradient to its two inputs along one axis."""
    low, high, weight = _taps(dy.shape[axis] // factor, factor, axis, dy.dtype)
    dy = np.moveaxis(dy, axis, 0)
    dx = np.zeros((dy.shape[0] // factor, *dy.shape[1:]), dy.dtype)
    weight = weight.reshape(-1, 1, 1, 1)
    np.add.at(dx, low, dy * (1 - weight))
    np.add.at(dx, high, dy * weight)
    return np.moveaxis(dx, 0, axis)


def _taps(size, factor, axis, dtype):
    """For every output along one axis: its two inputs and the weight of the second."""
    place = 2 * np.arange(size * factor) + 1 - factor  # in halves of an output pixel
    low, beyond = np.divmod(place, 2 * factor)
    weight = (beyond / (2 * factor)).astype(dtype).reshape(-1, *(1,) * (3 - axis))
    return low.clip(0), (low + 1).clip(None, size - 1), weight
