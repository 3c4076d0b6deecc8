"""Depthwise 3x3 convolutions row by row: a window of registers slides along each row.

A vector of channels at a time, the window's three columns stay in registers: every input is read
once a row of outputs, however channels lie in the cache. (Tiles of several pixels read it nine
times, and where channels are a power of two those pixels push one another out of the cache.) The
gradient of the input is the same loop with the kernel turned round.

Columns outside of the input are zeros, rows outside are left out.
"""

from functools import lru_cache
from typing import NamedTuple

from numba import literally

from ..jit import driver, inlined, inner
from . import simd, simd_rows
from .leaving import leave, leave_all, leaving, nothing
from .plan import record
from .rectifier import rectify
from .team import share


class Slide(NamedTuple):
    """Where windows lie: output ``(i, j)`` begins at input ``(i down - top, j across - left)``.

    The weights of its cell ``(u, v)`` begin at ``origin + u tap_row + v tap_column``.
    """

    rows: int
    out_height: int
    out_width: int
    height: int
    width: int
    channels: int
    down: int
    across: int
    top: int
    left: int
    origin: int
    tap_row: int
    tap_column: int


@lru_cache(maxsize=1024)
def forward_slide(g):
    """The :class:`Slide` of the outputs of ``g`` over its inputs; ``None`` if it has to be tables.

    At most one row of a window may lie outside.
    """
    (top, bottom), (left, _) = g.padding
    slides = g.kernel == (3, 3) and g.dilations == (1, 1) and g.strides[1] <= 2
    if not slides or top > 1 or bottom > 1 or g.size[0] < 2:
        return None
    c = g.filters
    sizes = g.batch * g.out[0], *g.out, *g.size, c, *g.strides
    return record(Slide(*sizes, top, left, 0, 3 * c, c))


@lru_cache(maxsize=1024)
def backward_slide(g):
    """The :class:`Slide` of the inputs of ``g`` over ``dy``, for strides of one; else ``None``."""
    (top, bottom), (left, _) = g.padding
    slides = g.kernel == (3, 3) and g.dilations == g.strides == (1, 1)
    if not slides or top != 1 or bottom != 1 or g.out[0] < 2:
        return None
    c = g.filters
    sizes = g.batch * g.size[0], *g.size, *g.out, c, 1, 1
    return record(Slide(*sizes, 2 - top, 2 - left, 8 * c, -3 * c, -c))


@driver
def slide(y, x, w, b, activation, p, lines, past):
    """All outputs: ``b`` (if it is not empty) plus the products of window and weights.

    A worker for each of ``lines``. Stored ``past`` the caches if ``streaming.worth`` says that
    they may; or by way of the lines, if these are not empty, for any number of channels.
    """
    share(_outputs, len(lines), (y, x, w, b, activation, p[0], lines, past))


@inner
def _outputs(y, x, w, b, activation, p, lines, past, worker, workers):
    """This worker's share of the rows of outputs."""
    finish, size = (b, activation, past), p.out_width * p.channels
    first, end = p.rows * worker // workers, p.rows * (worker + 1) // workers
    line, lanes = lines[worker], simd.width(y)
    made = 0
    for row in range(first, end):
        if line.size == 0:
            output_row(y, row * size, x, w, row, p, finish, nothing(y))
            continue
        gone = leaving(y, (row - 1) * size, line, made, size if row > first else 0)
        made = (row - first) % 2 * (line.size // 2) + row * size % lanes
        output_row(line, made, x, w, row, p, finish, gone)
    if line.size > 0 and end > first:
        leave_all(leaving(y, (end - 1) * size, line, made, size))


@inner
def output_row(y, y_at, x, w, row, p, finish, gone):
    """All channels of one row of outputs, in ``y`` from ``y_at`` on, while row ``gone`` leaves."""
    rows, x_at, taps = window_of(row, p)
    full = p.channels - p.channels % simd.width(y)
    for c in range(0, full, simd.width(y)):
        if rows == 3:
            _output_row(3, None, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish, gone)
        else:
            _output_row(2, None, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish, gone)
    left, c = p.channels - full, full
    if left > 0 and rows == 3:
        _output_row(3, left, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish, gone)
    elif left > 0:
        _output_row(2, left, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish, gone)


@inlined
def window_of(row, p):
    """How many rows of a window lie inside, where the first one and its weights begin."""
    image, i = row // p.out_height, row % p.out_height
    top = i * p.down - p.top
    first, end = max(top, 0), min(top + 3, p.height)
    at = (image * p.height + first) * p.width * p.channels
    return end - first, at, p.origin + (first - top) * p.tap_row


@inlined
def column(rows, count, x, x_at, j, p):
    """Column ``j`` of the window."""
    if 0 <= j < p.width:
        at, step = x_at + j * p.channels, p.width * p.channels
        return simd_rows.load_rows(literally(rows), 1, x, at, step, count)
    return simd.zeros(literally(rows), 1, x)


@inlined
def weights_of(rows, count, w, at, p):
    """The weights of the window's three columns."""
    return (
        simd_rows.load_rows(literally(rows), 1, w, at, p.tap_row, count),
        simd_rows.load_rows(literally(rows), 1, w, at + p.tap_column, p.tap_row, count),
        simd_rows.load_rows(literally(rows), 1, w, at + 2 * p.tap_column, p.tap_row, count),
    )


@inlined
def _output_row(rows, count, y, y_at, x, x_at, w, taps, c, p, finish, gone):
    """One vector of channels of one row of outputs."""
    b, activation, past = finish
    w_0, w_1, w_2 = weights_of(rows, count, w, taps, p)
    bias = simd.zeros(1, 1, y)
    if b.size > 0:
        bias = simd_rows.load_rows(1, 1, b, c, 0, count)
    x_0 = column(rows, count, x, x_at, -p.left, p)
    x_1 = column(rows, count, x, x_at, 1 - p.left, p)
    ahead = c * p.out_width  # within the rows to come, which are fetched as they lie in memory
    x_ahead = x_at - c + rows * p.width * p.channels + ahead * p.down * p.across
    y_ahead = y_at - c + p.out_width * p.channels + ahead
    departing = c // simd.width(y) * p.out_width
    for j in range(p.out_width):
        leave(gone, departing + j)
        for _ in range(p.down * p.across):
            simd_rows.prefetch(1, x, x_ahead)
            x_ahead += simd.width(x)
        if not past and gone.vectors == 0:
            simd_rows.prefetch(1, y, y_ahead + j * simd.width(x))
        x_2 = column(rows, count, x, x_at, j * p.across + 2 - p.left, p)
        at = y_at + j * p.channels
        tile = simd_rows.sum_products(bias, x_0, w_0)
        tile = simd_rows.sum_products(tile, x_1, w_1)
        tile = simd_rows.sum_products(tile, x_2, w_2)
        tile = rectify(tile, activation)
        if past:
            simd_rows.stream_row(y, at, tile)
        else:
            simd_rows.store_rows(y, at, 0, count, tile)
        if p.across == 1:
            x_0, x_1 = x_1, x_2
        else:
            x_0, x_1 = x_2, column(rows, count, x, x_at, j * p.across + 3 - p.left, p)
