"""Inverted dropout (Srivastava et al. 2014) whose mask is computed, not stored.

Element ``i`` draws the number ``i`` of the generator SplitMix64 (Steele, Lea and Flood 2014)
seeded with ``seed``: a bijective mixing of a counter. So backward draws the same mask again, and
threads can start anywhere. An element stays with probability ``1 - rate``, times
``1 / (1 - rate)``, so that its mean is kept (``tf.nn.dropout``).
"""

import numpy as np

from ..contracts import dropout as contract


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
    z = np.arange(1, x.size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(seed)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    stays = (z >> np.uint64(40)) < threshold
    out[...] = np.where(stays.reshape(x.shape), x * x.dtype.type(scale), 0)
    return out
