"""Parametric ReLU: one pass over wide rows; the slopes' gradient sums in float64."""

import numpy as np

from .. import jit
from ..capture import launch
from ..contracts import prelu as contract
from .chunks import SMALL
from .columns import WIDE, add_sums, cut_rows, fold, pieces, widen


def prelu_forward(y, x, alpha):
    """``y = x`` where ``x > 0``, else ``alpha x``.

    Parameters
    ----------
    y : array [M, K] or None
        Result; overwritten.
    x : array [M, K], float16 (computed in float32), float32 or float64
    alpha : array [K]

    Returns
    -------
    y
    """
    y, x, alpha = contract.forward("prelu_forward", y, x, alpha)
    run = _forward if x.size < SMALL else _forward_parallel
    launch(run, y.reshape(-1), x.reshape(-1), alpha)
    return y


def prelu_backward_input(dx, dy, x, alpha):
    """``dx = dy`` where ``x > 0``, else ``alpha dy``.

    Parameters
    ----------
    dx : array [M, K] or None
        Gradient of the input; overwritten.
    dy, x : array [M, K]
        Gradient of the output, and the input of the forward pass.
    alpha : array [K]

    Returns
    -------
    dx
    """
    dx, dy, x, alpha = contract.backward_input("prelu_backward_input", dx, dy, x, alpha)
    run = _gradient if x.size < SMALL else _gradient_parallel
    launch(run, dx.reshape(-1), dy.reshape(-1), x.reshape(-1), alpha)
    return dx


def prelu_backward_weights(dalpha, x, dy):
    """``dalpha += sum over rows of x dy`` where ``x`` is not above 0.

    Parameters
    ----------
    dalpha : array [K] or None
        Gradient of the slopes; added to. ``None`` starts from zeros.
    x, dy : array [M, K]
        Input of the forward pass, and gradient of the output.

    Returns
    -------
    dalpha
    """
    dalpha, x, dy = contract.backward_weights("prelu_backward_weights", dalpha, x, dy)
    if x.size:
        run = _slopes if x.size < SMALL else _slopes_parallel
        launch(run, dalpha, x.reshape(-1), dy.reshape(-1))
    return dalpha


@jit.serial
def _forward(y, x, alpha):
    slopes, zero = widen(alpha), x.dtype.type(0)
    for start in range(0, x.size, slopes.size):
        row, out = x[start : start + slopes.size], y[start : start + slopes.size]
        for j in range(row.size):
            out[j] = row[j] if row[j] > zero else slopes[j] * row[j]


@jit.parallel
def _forward_parallel(y, x, alpha):
    k = alpha.size
    for piece in jit.prange(pieces(x.size, k)):
        _forward(cut_rows(y, k, piece), cut_rows(x, k, piece), alpha)


@jit.serial
def _gradient(dx, dy, x, alpha):
    slopes, zero = widen(alpha), x.dtype.type(0)
    for start in range(0, x.size, slopes.size):
        end = start + slopes.size
        row, arriving, out = x[start:end], dy[start:end], dx[start:end]
        for j in range(row.size):
            out[j] = arriving[j] if row[j] > zero else slopes[j] * arriving[j]


@jit.parallel
def _gradient_parallel(dx, dy, x, alpha):
    k = alpha.size
    for piece in jit.prange(pieces(x.size, k)):
        _gradient(cut_rows(dx, k, piece), cut_rows(dy, k, piece), cut_rows(x, k, piece), alpha)


@jit.serial
def _sum_slopes(total, x, dy):
    sums = np.zeros(total.size * max(1, WIDE // total.size), np.float64)
    for start in range(0, x.size, sums.size):
        row, arriving = x[start : start + sums.size], dy[start : start + sums.size]
        for j in range(row.size):
            product = np.float64(row[j]) * arriving[j]
            sums[j] += 0.0 if row[j] > 0 else product
    fold(total, sums)


@jit.serial
def _slopes(dalpha, x, dy):
    k = dalpha.size
    sums = np.empty((pieces(x.size, k), k), np.float64)
    for piece in range(sums.shape[0]):
        _sum_slopes(sums[piece], cut_rows(x, k, piece), cut_rows(dy, k, piece))
    add_sums(dalpha, sums)


@jit.parallel
def _slopes_parallel(dalpha, x, dy):
    k = dalpha.size
    sums = np.empty((pieces(x.size, k), k), np.float64)
    for piece in jit.prange(sums.shape[0]):
        _sum_slopes(sums[piece], cut_rows(x, k, piece), cut_rows(dy, k, piece))
    add_sums(dalpha, sums)
