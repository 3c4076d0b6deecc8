"""Sums of two arrays of one shape, in one parallel pass."""

from .. import jit
from ..capture import launch
from ..contracts import add as contract
from .chunks import SMALL, copy, count, cut


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
    if y is b:
        a, b = b, a
    run = _add if y.size < SMALL else _add_parallel
    launch(run, y.reshape(-1), a.reshape(-1), b.reshape(-1))
    return y


@jit.serial
def _add(y, a, b):
    copy(y, a)
    for i in range(y.size):
        y[i] += b[i]


@jit.parallel
def _add_parallel(y, a, b):
    for piece in jit.prange(count(y.size)):
        _add(cut(y, piece), cut(a, piece), cut(b, piece))
