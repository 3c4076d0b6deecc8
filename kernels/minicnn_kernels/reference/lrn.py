"""Local response normalization (Krizhevsky et al. 2012, section 3.3) of ``[M, C]``.

``y_c = x_c (bias + alpha sum_{j=c-before}^{c+after} x_j^2) ** -beta``, the window clipped at the
ends. ``tf.nn.local_response_normalization`` has ``before = after = depth_radius``; ONNX and torch
divide alpha by the window's size, which is the caller's to do.
"""

import numpy as np

from ..contracts import lrn as contract


def lrn_forward(y, x, before, after, bias, alpha, beta):
    """Divide every channel by the energy of its neighbours.

    Parameters
    ----------
    y : array [M, C] or None
        Result; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
    before, after : int, not negative
        How far the window reaches to lower and to higher channels.
    bias, alpha, beta : float, finite

    Returns
    -------
    y
    """
    y, x, before, after, bias, alpha, beta = contract.forward(
        "lrn_forward", y, x, before, after, bias, alpha, beta
    )
    with np.errstate(all="ignore"):
        y[...] = x * (bias + alpha * _window_sum(x * x, before, after)) ** -beta
    return y


def lrn_backward(dx, dy, x, before, after, bias, alpha, beta):
    """Gradient of the input.

    With ``d = bias + alpha sum x^2``: ``dx_c = dy_c d_c ** -beta - 2 alpha beta x_c
    sum_{j=c-after}^{c+before} dy_j x_j d_j ** (-beta - 1)``: the channels whose window holds c.

    Parameters
    ----------
    dx : array [M, C] or None
        Gradient of the input; overwritten.
    dy, x : array [M, C]
        Gradient of the output, and the input of the forward pass.
    before, after, bias, alpha, beta
        As in the forward pass.

    Returns
    -------
    dx
    """
    dx, dy, x, before, after, bias, alpha, beta = contract.backward(
        "lrn_backward", dx, dy, x, before, after, bias, alpha, beta
    )
    with np.errstate(all="ignore"):
        d = bias + alpha * _window_sum(x * x, before, after)
        through = _window_sum(dy * x * d ** (-beta - 1), after, before)
        dx[...] = dy * d**-beta - 2 * alpha * beta * x * through
    return dx


def _window_sum(values, before, after):
    """``sum_{j=c-before}^{c+after} values_j`` for every channel c."""
    channels = values.shape[1]
    padded = np.pad(values, ((0, 0), (before, after)))
    return sum(padded[:, k : k + channels] for k in range(before + after + 1))
