"""Sums of two arrays of one shape."""

import numpy as np

from ..contracts import add as contract


def add_forward(y, a, b):
    """``y = a + b``.

    Parameters
    ----------
    y : array or None
        Result; overwritten. May be ``a`` or ``b`` itself.
    a, b : array of any one shape, float16 (computed in float32), float32 or float64

    Returns
    -------
    y
    """
    y, a, b = contract.forward("add_forward", y, a, b)
    return np.add(a, b, out=y)
