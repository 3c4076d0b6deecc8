"""Concatenation of matrices along their columns, and its gradient: copies of runs, in parallel."""

from .. import jit
from ..capture import launch
from ..contracts import concatenate as contract
from . import simd
from .chunks import CHUNK, SMALL


def concatenate_forward(y, xs):
    """``y = [xs[0], xs[1], ...]``, side by side.

    Parameters
    ----------
    y : array [M, C_0 + C_1 + ...] or None
        Result; overwritten.
    xs : list of array [M, C_i], float16 (computed in float32), float32 or float64

    Returns
    -------
    y
    """
    y, xs = contract.forward("concatenate_forward", y, xs)
    first = 0
    for x in xs:
        _copy(y, first, x, 0, x.shape[1])
        first += x.shape[1]
    return y


def concatenate_backward(dxs, dy, columns):
    """Cut ``dy`` into the gradients of what was put side by side.

    Parameters
    ----------
    dxs : sequence of (array [M, C_i] or None), or None
        Gradients of the inputs; overwritten.
    dy : array [M, C_0 + C_1 + ...]
    columns : sequence of int
        ``C_0, C_1, ...``

    Returns
    -------
    dxs : tuple
    """
    dxs, dy = contract.backward("concatenate_backward", dxs, dy, columns)
    first = 0
    for dx in dxs:
        _copy(dx, 0, dy, first, dx.shape[1])
        first += dx.shape[1]
    return dxs


def _copy(target, to, source, first, count):
    """``target[:, to :][:, :count] = source[:, first :][:, :count]``."""
    run = _copy_rows if len(source) * count < SMALL else _copy_rows_parallel
    widths = target.shape[1], source.shape[1]
    flat = target.reshape(-1), to, source.reshape(-1), first
    launch(run, *flat, count, widths, 0, len(source))


@jit.serial
def _copy_rows(target, to, source, first, count, widths, top, bottom):
    for row in range(top, bottom):
        simd.copy(target, row * widths[0] + to, source, row * widths[1] + first, count)


@jit.parallel
def _copy_rows_parallel(target, to, source, first, count, widths, top, bottom):
    deep = CHUNK // count + 1  # rows at once
    for piece in jit.prange((bottom - top + deep - 1) // deep):
        start = top + piece * deep
        end = min(start + deep, bottom)
        _copy_rows(target, to, source, first, count, widths, start, end)
