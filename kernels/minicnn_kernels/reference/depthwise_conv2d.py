"""Depthwise convolution: every channel has its own ``M`` filters and sees no other channel.

``y[n, i, j, c*M + m] = b[c*M + m] + sum_{u, v} x[n, i*s + u*d - p, j*s + v*d - p, c]
* w[u, v, c, m]``

The first half of a separable convolution (Chollet, *Xception*, 2017; ``tf.nn.depthwise_conv2d``).
"""

import numpy as np

from ..contracts import depthwise_conv


def depthwise_conv2d_forward(
    y,
    x,
    w,
    b=None,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    activation="linear",
):
    """``y = activation(x * w + b)``; ``y`` is overwritten, or allocated if ``None``.

    Parameters
    ----------
    y : array [N, OH, OW, C * M] or None
    x : array [N, H, W, C]
        float32 or float64; float16 is computed in float32.
    w : array [KH, KW, C, M]
    b : array [C * M] or None
    strides, dilations : (int, int)
        Both may exceed one.
    padding : ((top, bottom), (left, right))
    activation : {"linear", "relu", "relu6"}

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    y, x, w, b, g = depthwise_conv.forward(
        "depthwise_conv2d_forward", y, x, w, b, strides, padding, dilations, activation
    )
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    y[...] = 0 if b is None else b
    for u, v in np.ndindex(g.kernel):
        y += (_window(padded, u, v, g)[..., None] * w[u, v]).reshape(y.shape)
    if activation != "linear":
        np.clip(y, 0, 6 if activation == "relu6" else None, out=y)
    return y


def depthwise_conv2d_backward_input(
    dx,
    dy,
    w,
    input_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
):
    """Gradient of the input, ``dx [N, H, W, C]`` overwritten: every tap hands back its share.

    ``input_size`` is ``(H, W)``; the other arguments and errors are those of the forward pass.
    """
    dx, dy, w, g = depthwise_conv.backward_input(
        "depthwise_conv2d_backward_input", dx, dy, w, input_size, strides, padding, dilations
    )
    (top, bottom), (left, right) = g.padding
    height, width = g.size
    padded = np.zeros((g.batch, top + height + bottom, left + width + right, g.channels), dy.dtype)
    dy = dy.reshape(*dy.shape[:3], *w.shape[2:])
    for u, v in np.ndindex(g.kernel):
        _window(padded, u, v, g)[...] += np.einsum("nijcm,cm->nijc", dy, w[u, v])
    dx[...] = padded[:, top : top + height, left : left + width]
    return dx


def depthwise_conv2d_backward_weights(
    dw,
    x,
    dy,
    kernel_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
):
    """Gradient of the weights, added to ``dw [KH, KW, C, M]``: correlation of ``x`` with ``dy``.

    ``kernel_size`` is ``(KH, KW)``; the other arguments and errors are those of the forward pass.
    """
    dw, x, dy, g = depthwise_conv.backward_weights(
        "depthwise_conv2d_backward_weights", dw, x, dy, kernel_size, strides, padding, dilations
    )
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    dy = dy.reshape(*dy.shape[:3], *dw.shape[2:])
    for u, v in np.ndindex(g.kernel):
        dw[u, v] += np.einsum("nijc,nijcm->cm", _window(padded, u, v, g), dy)
    return dw


def depthwise_conv2d_backward(
    dx,
    dw,
    x,
    dy,
    w,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
):
    """Both gradients, ``(dx, dw)``: ``dx`` overwritten, ``dw`` added to.

    Arguments and errors are those of the two functions above; either output may be ``None``.
    """
    dx, dw, x, dy, w, g = depthwise_conv.backward(
        "depthwise_conv2d_backward", dx, dw, x, dy, w, strides, padding, dilations
    )
    geometry = strides, padding, dilations
    depthwise_conv2d_backward_input(dx, dy, w, g.size, *geometry)
    depthwise_conv2d_backward_weights(dw, x, dy, g.kernel, *geometry)
    return dx, dw


def _window(padded, u, v, g):
    """The pixels that tap ``(u, v)`` meets, a strided view ``[N, OH, OW, C]``."""
    (sh, sw), (dh, dw), (oh, ow) = g.strides, g.dilations, g.out
    rows = slice(u * dh, u * dh + (oh - 1) * sh + 1, sh)
    columns = slice(v * dw, v * dw + (ow - 1) * sw + 1, sw)
    return padded[:, rows, columns]
