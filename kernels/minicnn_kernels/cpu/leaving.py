"""Rows that go past the caches while the next ones are made.

A store past the caches has to fill whole lines of memory, one right after the other; the rows of
an image do so by themselves only if a pixel's channels are whole vectors and all made at once.
"""

from typing import NamedTuple

import numpy as np

from ..jit import inlined
from . import simd, simd_rows


class Leaving(NamedTuple):
    """So many ``vectors`` of ``line`` from ``start`` on, bound for ``y`` from ``at`` on."""

    y: np.ndarray
    at: int
    line: np.ndarray
    start: int
    vectors: int


@inlined
def nothing(y):
    """No row."""
    return Leaving(y, 0, y, 0, 0)


@inlined
def leaving(y, at, line, start, count):
    """``line[start :][:count]``, bound for ``y[at :]``: what is no whole line is copied at once.

    ``y`` and ``line`` begin at a multiple of a vector's size, ``start`` lies as far into a vector
    as ``at``.
    """
    lanes = simd.width(y)
    head = min(-at % lanes, count)
    tail = (count - head) % lanes
    simd.copy(y, at, line, start, head)
    simd.copy(y, at + count - tail, line, start + count - tail, tail)
    return Leaving(y, at + head, line, start + head, (count - head) // lanes)


@inlined
def leave(row, k):
    """Send off vector ``k``, if there is one."""
    if k < row.vectors:
        lanes = simd.width(row.y)
        vector = simd_rows.load_rows(1, 1, row.line, row.start + k * lanes, 0, None)
        simd_rows.stream_row(row.y, row.at + k * lanes, vector)


@inlined
def leave_all(row):
    """Send off what is left when no further row is made."""
    for k in range(row.vectors):
        leave(row, k)


def line_size(count, dtype):
    """Numbers of a line that has room for two rows of ``count``, one leaving, one being made."""
    lanes = simd.lanes(dtype)
    return 2 * (-(-count // lanes) + 1) * lanes
