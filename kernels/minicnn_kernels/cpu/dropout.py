"""Inverted dropout whose mask is a hash of seed and index: one pass, nothing stored.

SplitMix64, as :mod:`minicnn_kernels.reference.dropout` tells it, drawn at any place.
"""

import numpy as np

from .. import jit
from ..contracts import dropout as contract
from .chunks import CHUNK, SMALL, count, cut

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _30, _31, _40 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(40)


def dropout_forward(y, x, rate, seed):
    """``y = x / (1 - rate)`` where an element stays, else 0.

    Parameters
    ----------
    y : array or None
        Result, shaped as ``x``; overwritten.
    x : array of any shape, float16 (computed in float32), float32 or float64
    rate : float in [0, 1)
        Probability of an element to be dropped.
    seed : int in 0..2**64 - 1
        With the element's index it decides which elements stay.

    Returns
    -------
    y
    """
    return _mask(*contract.checked("dropout_forward", "y", y, "x", x, rate, seed))


def dropout_backward(dx, dy, rate, seed):
    """``dx = dy / (1 - rate)`` where forward kept the element, else 0.

    Parameters
    ----------
    dx : array or None
        Gradient of the input; overwritten.
    dy : array
        Gradient of the output.
    rate, seed
        As in the forward pass.

    Returns
    -------
    dx
    """
    return _mask(*contract.checked("dropout_backward", "dx", dx, "dy", dy, rate, seed))


def _mask(out, x, threshold, scale, seed):
    run = _drop if x.size < SMALL else _drop_parallel
    run(out.reshape(-1), x.reshape(-1), threshold, scale, np.uint64(seed))
    return out


@jit.serial
def _drop(out, x, threshold, scale, counter):
    """Element 0 of this piece draws the number that follows ``counter``."""
    factor, zero, limit = x.dtype.type(scale), x.dtype.type(0), np.uint64(threshold)
    for i in range(x.size):
        z = counter + np.uint64(i + 1) * _STEP
        z = (z ^ (z >> _30)) * _MIX_1
        z = (z ^ (z >> _27)) * _MIX_2
        z = (z ^ (z >> _31)) >> _40
        out[i] = x[i] * factor if z < limit else zero


@jit.parallel
def _drop_parallel(out, x, threshold, scale, counter):
    for piece in jit.prange(count(x.size)):
        start = counter + np.uint64(piece * CHUNK) * _STEP
        _drop(cut(out, piece), cut(x, piece), threshold, scale, start)
