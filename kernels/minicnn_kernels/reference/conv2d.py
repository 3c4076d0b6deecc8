"""Convolution of ``[N, H, W, C]`` with ``[KH, KW, C / groups, F]``, as the formula says it.

``y[n, i, j, f] = b[f] + sum_{u, v, c} x[n, i*s + u*d - p, j*s + v*d - p, c] * w[u, v, c, f]``

A cross-correlation, as in every CNN (Géron, *Hands-On Machine Learning*, eq. 14-1;
``tf.nn.conv2d``). With groups, filter ``f`` sees the channels of its own group only.
"""

import numpy as np

from ..contracts import conv


def conv2d_forward(
    y,
    x,
    w,
    b=None,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    groups=1,
    activation="linear",
):
    """``y = activation(x * w + b)``; ``y`` is overwritten, or allocated if ``None``.

    Parameters
    ----------
    y : array [N, OH, OW, F] or None
    x : array [N, H, W, C]
        float32 or float64; float16 is computed in float32.
    w : array [KH, KW, C / groups, F]
    b : array [F] or None
    strides, dilations : (int, int)
        Both may exceed one.
    padding : ((top, bottom), (left, right))
    groups : int
        Divides ``C`` and ``F``.
    activation : {"linear", "relu", "relu6"}

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    y, x, w, b, g = conv.forward(
        "conv2d_forward", 2, y, x, w, b, strides, padding, dilations, groups, activation
    )
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    y[...] = 0 if b is None else b
    for u, v, c, f in _taps(g):
        y[..., f] += _window(padded, u, v, g)[..., c] @ w[u, v, :, f]
    if activation != "linear":
        np.clip(y, 0, 6 if activation == "relu6" else None, out=y)
    return y


def conv2d_backward_input(
    dx,
    dy,
    w,
    input_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    groups=1,
):
    """Gradient of the input, ``dx`` overwritten: every tap hands its share of ``dy`` back.

    This is also the transposed convolution of ``dy`` (``tf.nn.conv2d_transpose``).

    Parameters
    ----------
    dx : array [N, H, W, C] or None
    dy : array [N, OH, OW, F]
    w : array [KH, KW, C / groups, F]
    input_size : (H, W)
        Several inputs have outputs of one size; this tells which is meant.
    strides, dilations : (int, int)
        Both may exceed one.
    padding : ((top, bottom), (left, right))
    groups : int
        Divides ``C`` and ``F``.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    dx, dy, w, g = conv.backward_input(
        "conv2d_backward_input", 2, dx, dy, w, input_size, strides, padding, dilations, groups
    )
    (top, bottom), (left, right) = g.padding
    height, width = g.size
    padded = np.zeros((g.batch, top + height + bottom, left + width + right, g.channels), dy.dtype)
    for u, v, c, f in _taps(g):
        _window(padded, u, v, g)[..., c] += dy[..., f] @ w[u, v, :, f].T
    dx[...] = padded[:, top : top + height, left : left + width]
    return dx


def conv2d_backward_weights(
    dw,
    x,
    dy,
    kernel_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    groups=1,
    add=True,
):
    """Gradient of the weights, added to ``dw``: correlation of the input with ``dy``.

    Parameters
    ----------
    dw : array [KH, KW, C / groups, F] or None
        ``None`` starts from zeros.
    x : array [N, H, W, C]
    dy : array [N, OH, OW, F]
    kernel_size : (KH, KW)
    strides, dilations : (int, int)
        Both may exceed one.
    padding : ((top, bottom), (left, right))
    groups : int
        Divides ``C`` and ``F``.
    add : bool
        Whether ``dw`` is added to; else it is overwritten, whatever it holds.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    dw, x, dy, g = conv.backward_weights(
        "conv2d_backward_weights", 2, dw, x, dy, kernel_size, strides, padding, dilations, groups
    )
    if not add:
        dw.fill(0)
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    for u, v, c, f in _taps(g):
        dw[u, v, :, f] += np.einsum("nijc,nijf->cf", _window(padded, u, v, g)[..., c], dy[..., f])
    return dw


def _taps(g):
    """Every kernel position ``u, v`` with the channels and filters of every group."""
    channels, filters = g.channels // g.groups, g.filters // g.groups
    for u in range(g.kernel[0]):
        for v in range(g.kernel[1]):
            for k in range(g.groups):
                yield (
                    u,
                    v,
                    slice(k * channels, (k + 1) * channels),
                    slice(k * filters, (k + 1) * filters),
                )


def _window(padded, u, v, g):
    """The pixels that tap ``(u, v)`` meets, a strided view ``[N, OH, OW, C]``."""
    (sh, sw), (dh, dw) = g.strides, g.dilations
    oh, ow = g.out
    return padded[:, u * dh : u * dh + (oh - 1) * sh + 1 : sh, v * dw :][
        :, :, : (ow - 1) * sw + 1 : sw
    ]
