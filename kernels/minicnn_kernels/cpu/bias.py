"""Bias: one pass over wide rows; the gradient's sums run in float64."""

import numpy as np

from .. import jit
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
    add(y.reshape(-1), x.reshape(-1), b)
    return y


def bias_backward(db, dy):
    """``db += sum of dy over all axes but the last``.

    Parameters
    ----------
    db : array [C] or None
        Gradient of the bias; added to. ``None`` starts from zeros.
    dy : array [..., C]

    Returns
    -------
    db
    """
    db, dy = contract.backward("bias_backward", db, dy)
    if dy.size:
        sums = _sum if dy.size < SMALL else _sum_parallel
        sums(db, dy.reshape(-1))
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
def _sum(db, dy):
    sums = np.empty((pieces(dy.size, db.size), db.size), np.float64)
    for piece in range(sums.shape[0]):
        sum_columns(sums[piece], cut_rows(dy, db.size, piece))
    add_sums(db, sums)


@jit.parallel
def _sum_parallel(db, dy):
    sums = np.empty((pieces(dy.size, db.size), db.size), np.float64)
    for piece in jit.prange(sums.shape[0]):
        sum_columns(sums[piece], cut_rows(dy, db.size, piece))
    add_sums(db, sums)
