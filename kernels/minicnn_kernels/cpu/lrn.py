"""Local response normalization: one pixel's channels at a time, windows as shifted vectors."""

import numpy as np

from .. import jit
from ..capture import launch
from ..contracts import lrn as contract
from .columns import cut_rows, pieces

SMALL = 8192  # elements; a power each


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
    run = _forward if x.size < SMALL else _forward_parallel
    window = x.shape[1], before, after
    launch(run, y.reshape(-1), x.reshape(-1), *window, bias, alpha, beta)
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
    run = _gradient if x.size < SMALL else _gradient_parallel
    flat = dx.reshape(-1), dy.reshape(-1), x.reshape(-1)
    launch(run, *flat, x.shape[1], before, after, bias, alpha, beta)
    return dx


@jit.exact
def _raise(d, beta):
    """``d ** -beta``; the exponents of the papers need no logarithm."""
    one = d.dtype.type(1)
    if beta == 0.75:
        for c in range(d.size):
            root = one / np.sqrt(d[c])
            d[c] = root * np.sqrt(root)
    elif beta == 0.5:
        for c in range(d.size):
            d[c] = one / np.sqrt(d[c])
    elif beta == 1.0:
        for c in range(d.size):
            d[c] = one / d[c]
    else:
        exponent = d.dtype.type(-beta)
        for c in range(d.size):
            d[c] = d[c] ** exponent


@jit.exact
def _window_sum(total, padded, width):
    """``total[c] = sum_k padded[c + k]`` over ``width`` neighbours."""
    for c in range(total.size):
        total[c] = padded[c]
    for k in range(1, width):
        shifted = padded[k : k + total.size]
        for c in range(total.size):
            total[c] += shifted[c]


@jit.exact
def _energy(d, squares, row, before, after, bias, alpha):
    """``d = bias + alpha sum x^2``; ``squares`` is zero outside the channels."""
    inside = squares[before : before + row.size]
    for c in range(row.size):
        inside[c] = row[c] * row[c]
    _window_sum(d, squares, before + after + 1)
    base, weight = d.dtype.type(bias), d.dtype.type(alpha)
    for c in range(d.size):
        d[c] = base + weight * d[c]


@jit.exact
def _forward(y, x, channels, before, after, bias, alpha, beta):
    squares = np.zeros(channels + before + after, x.dtype)
    d = np.empty(channels, x.dtype)
    for start in range(0, x.size, channels):
        row, out = x[start : start + channels], y[start : start + channels]
        _energy(d, squares, row, before, after, bias, alpha)
        _raise(d, beta)
        for c in range(channels):
            out[c] = row[c] * d[c]


@jit.parallel
def _forward_parallel(y, x, channels, before, after, bias, alpha, beta):
    for p in jit.prange(pieces(x.size, channels)):
        _forward(
            *(cut_rows(y, channels, p), cut_rows(x, channels, p), channels),
            *(before, after, bias, alpha, beta),
        )


@jit.exact
def _gradient(dx, dy, x, channels, before, after, bias, alpha, beta):
    squares = np.zeros(channels + before + after, x.dtype)
    shares = np.zeros(channels + before + after, x.dtype)  # dy x d ** (-beta - 1)
    d, power = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    through = np.empty(channels, x.dtype)
    factor = x.dtype.type(2 * alpha * beta)
    for start in range(0, x.size, channels):
        end = start + channels
        row, arriving, out = x[start:end], dy[start:end], dx[start:end]
        _energy(d, squares, row, before, after, bias, alpha)
        for c in range(channels):
            power[c] = d[c]
        _raise(power, beta)
        inside = shares[after : after + channels]
        for c in range(channels):
            inside[c] = arriving[c] * row[c] * power[c] / d[c]
        _window_sum(through, shares, before + after + 1)
        for c in range(channels):
            out[c] = arriving[c] * power[c] - factor * row[c] * through[c]


@jit.parallel
def _gradient_parallel(dx, dy, x, channels, before, after, bias, alpha, beta):
    for p in jit.prange(pieces(x.size, channels)):
        _gradient(
            *(cut_rows(dx, channels, p), cut_rows(dy, channels, p), cut_rows(x, channels, p)),
            *(channels, before, after, bias, alpha, beta),
        )
