"""Convolution of ``[N, D, H, W, C]`` with ``[KD, KH, KW, C / groups, F]``, as the formula says it.

``y[n, h, i, j, f] = b[f] + sum_{t, u, v, c} x[n, h*s + t*d - p, i*s + u*d - p, j*s + v*d - p, c]
* w[t, u, v, c, f]``

The sum of ``conv2d.py`` over one more axis: video frames, slices of a scan (``tf.nn.conv3d``).
With groups, filter ``f`` sees the channels of its own group only.
"""

import numpy as np

from ..contracts import conv


def conv3d_forward(
    y,
    x,
    w,
    b=None,
    strides=(1, 1, 1),
    padding=((0, 0), (0, 0), (0, 0)),
    dilations=(1, 1, 1),
    groups=1,
    activation="linear",
):
    """``y = activation(x * w + b)``; ``y`` is overwritten, or allocated if ``None``.

    Parameters
    ----------
    y : array [N, OD, OH, OW, F] or None
    x : array [N, D, H, W, C]
        float32 or float64; float16 is computed in float32.
    w : array [KD, KH, KW, C / groups, F]
    b : array [F] or None
    strides, dilations : (int, int, int)
        Both may exceed one.
    padding : ((before, after), (before, after), (before, after))
    groups : int
        Divides ``C`` and ``F``.
    activation : {"linear", "relu", "relu6"}

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    y, x, w, b, g = conv.forward(
        "conv3d_forward", 3, y, x, w, b, strides, padding, dilations, groups, activation
    )
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    y[...] = 0 if b is None else b
    for t, u, v, c, f in _taps(g):
        y[..., f] += _window(padded, (t, u, v), g)[..., c] @ w[t, u, v, :, f]
    if activation != "linear":
        np.clip(y, 0, 6 if activation == "relu6" else None, out=y)
    return y


def conv3d_backward_input(
    dx,
    dy,
    w,
    input_size,
    strides=(1, 1, 1),
    padding=((0, 0), (0, 0), (0, 0)),
    dilations=(1, 1, 1),
    groups=1,
):
    """Gradient of the input, ``dx`` overwritten: every tap hands its share of ``dy`` back.

    This is also the transposed convolution of ``dy`` (``tf.nn.conv3d_transpose``).

    Parameters
    ----------
    dx : array [N, D, H, W, C] or None
    dy : array [N, OD, OH, OW, F]
    w : array [KD, KH, KW, C / groups, F]
    input_size : (D, H, W)
        Several inputs have outputs of one size; this tells which is meant.
    strides, dilations : (int, int, int)
        Both may exceed one.
    padding : ((before, after), (before, after), (before, after))
    groups : int
        Divides ``C`` and ``F``.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    dx, dy, w, g = conv.backward_input(
        "conv3d_backward_input", 3, dx, dy, w, input_size, strides, padding, dilations, groups
    )
    sizes = [before + n + after for n, (before, after) in zip(g.size, g.padding)]
    inside = [slice(before, before + n) for n, (before, _) in zip(g.size, g.padding)]
    padded = np.zeros((g.batch, *sizes, g.channels), dy.dtype)
    for t, u, v, c, f in _taps(g):
        _window(padded, (t, u, v), g)[..., c] += dy[..., f] @ w[t, u, v, :, f].T
    dx[...] = padded[:, *inside]
    return dx


def conv3d_backward_weights(
    dw,
    x,
    dy,
    kernel_size,
    strides=(1, 1, 1),
    padding=((0, 0), (0, 0), (0, 0)),
    dilations=(1, 1, 1),
    groups=1,
    add=True,
):
    """Gradient of the weights, added to ``dw``: correlation of the input with ``dy``.

    Parameters
    ----------
    dw : array [KD, KH, KW, C / groups, F] or None
        ``None`` starts from zeros.
    x : array [N, D, H, W, C]
    dy : array [N, OD, OH, OW, F]
    kernel_size : (KD, KH, KW)
    strides, dilations : (int, int, int)
        Both may exceed one.
    padding : ((before, after), (before, after), (before, after))
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
        "conv3d_backward_weights", 3, dw, x, dy, kernel_size, strides, padding, dilations, groups
    )
    if not add:
        dw.fill(0)
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    for t, u, v, c, f in _taps(g):
        dw[t, u, v, :, f] += np.einsum(
            "nhijc,nhijf->cf", _window(padded, (t, u, v), g)[..., c], dy[..., f]
        )
    return dw


def _taps(g):
    """Every kernel position ``t, u, v`` with the channels and filters of every group."""
    channels, filters = g.channels // g.groups, g.filters // g.groups
    for t, u, v in np.ndindex(*g.kernel):
        for k in range(g.groups):
            yield (
                t,
                u,
                v,
                slice(k * channels, (k + 1) * channels),
                slice(k * filters, (k + 1) * filters),
            )


def _window(padded, tap, g):
    """The voxels that ``tap`` meets, a strided view ``[N, OD, OH, OW, C]``."""
    return padded[
        :,
        *(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, s, n in zip(tap, g.dilations, g.strides, g.out)
        ),
    ]
