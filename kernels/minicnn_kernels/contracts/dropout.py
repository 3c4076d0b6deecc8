"""Dropout's contract: which elements stay is a function of seed and index alone."""

import math
import operator

from . import arrays


def checked(op, out_name, out, x_name, x, rate, seed):
    """Checked ``(out, x, threshold, scale, seed)``.

    An element stays where the top 24 bits of its hash are below ``threshold``, so the probability
    to stay is ``1 - rate`` to within 2**-25; what stays is multiplied by ``scale``.
    """
    if isinstance(rate, float) and not math.isfinite(rate):
        raise ValueError(f"{op}: rate must lie in [0, 1), got {rate}")
    rate = arrays.number(op, "rate", rate)
    if not 0 <= rate < 1:
        raise ValueError(f"{op}: rate must lie in [0, 1), got {rate}")
    seed = _seed(op, seed)
    x = arrays.floats(op, x_name, x)
    out = arrays.output(op, out_name, out, x.shape, x.dtype, x)
    return out, x, round((1 - rate) * 2**24), 1 / (1 - rate), seed


def _seed(op, seed):
    try:
        number = operator.index(seed)
    except TypeError:
        raise TypeError(f"{op}: seed must be an integer, got {seed!r}") from None
    if not 0 <= number < 2**64:
        raise ValueError(f"{op}: seed must lie in 0..2**64 - 1, got {number}")
    return number
