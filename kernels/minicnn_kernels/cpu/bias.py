"""Bias: one pass over wide rows; the gradient's sums run in float64."""

import numpy as np

from .. import jit
from ..capture import launch
from ..contracts import bias as contract
from .chunks import SMALL, copy
from .columns import add_sums, cut_rows, pieces, sum_columns, widen


def bias_forward(y, x, b):
    """``y = x + b`` on the last axis.

    Parameters
    ----------
    y : array or None
        Result, shaped as ``x``; overwritten. May be ``x`` itself.
    x : array [..., C], float16 (computed in float32), float32 or float64
    b : array [C]

    Returns
    -------
    y
    """
    y, x, b = contract.forward("bias_forward", y, x, b)
    add = _add if x.size < SMALL else _add_parallel
    launch(add, y.reshape(-1), x.reshape(-1), b)
    return y


def bias_backward(db, dy, add=True):
    """``db += sum of dy over all axes but the last``, or ``=`` if not ``add``.

    Parameters
    ----------
    db : array [C] or None
        Gradient of the bias; added to, or overwritten. ``None`` starts from zeros.
    dy : array [..., C]
    add : bool
        Whether to add to what ``db`` holds.

    Returns
    -------
    db
    """
    db, dy = contract.backward("bias_backward", db, dy)
    sums = _sum if dy.size < SMALL else _sum_parallel
    if dy.size:
        launch(sums, db, dy.reshape(-1), add)
    elif not add:
        db.fill(0)
    return db


@jit.serial
def _add(y, x, b):
    copy(y, x)
    wide = widen(b)
    for start in range(0, y.size, wide.size):
        row = y[start : start + wide.size]  # the last may be shorter
        for j in range(row.size):
            row[j] += wide[j]


@jit.parallel
def _add_parallel(y, x, b):
    for piece in jit.prange(pieces(x.size, b.size)):
        _add(cut_rows(y, b.size, piece), cut_rows(x, b.size, piece), b)


@jit.serial
def _sum(db, dy, add):
    sums = np.empty((pieces(dy.size, db.size), db.size), np.float64)
    for piece in range(sums.shape[0]):
        sum_columns(sums[piece], cut_rows(dy, db.size, piece))
    if not add:
        db[:] = 0
    add_sums(db, sums)


@jit.parallel
def _sum_parallel(db, dy, add):
    sums = np.empty((pieces(dy.size, db.size), db.size), np.float64)
    for piece in jit.prange(sums.shape[0]):
        sum_columns(sums[piece], cut_rows(dy, db.size, piece))
    if not add:
        db[:] = 0
    add_sums(db, sums)
