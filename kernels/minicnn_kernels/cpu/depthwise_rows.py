"""Depthwise 3x3 convolutions row by row: a window of registers slides along each row.

A vector of channels at a time, the window's three columns stay in registers: every input is read
once a row of outputs, however channels lie in the cache. (Tiles of several pixels read it nine
times, and where channels are a power of two those pixels push one another out of the cache.) The
gradient of the input is the same loop with the kernel turned round; while ``dy`` is in registers
for it, the products with ``x`` that make the weights' gradient cost no further reading.

Columns outside of the input are zeros, rows outside are left out.
"""

from functools import lru_cache
from typing import NamedTuple

from numba import literally

from ..jit import driver, inlined, inner
from . import simd, simd_rows
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
def slide(y, x, w, b, activation, p, workers, past):
    """All outputs: ``b`` (if it is not empty) plus the products of window and weights.

    They are stored ``past`` the caches if that is asked for: ``streaming.worth`` tells when.
    """
    share(_outputs, workers, (y, x, w, b, activation, p[0], past))


@inner
def _outputs(y, x, w, b, activation, p, past, worker, workers):
    """This worker's share of the rows of outputs."""
    finish = b, activation, past
    for row in range(p.rows * worker // workers, p.rows * (worker + 1) // workers):
        output_row(y, x, w, row, p, finish)


@inner
def output_row(y, x, w, row, p, finish):
    """All channels of one row of outputs."""
    rows, x_at, taps = _window(row, p)
    y_at, full = row * p.out_width * p.channels, p.channels - p.channels % simd.width(y)
    for c in range(0, full, simd.width(y)):
        if rows == 3:
            _output_row(3, None, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish)
        else:
            _output_row(2, None, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish)
    left, c = p.channels - full, full
    if left > 0 and rows == 3:
        _output_row(3, left, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish)
    elif left > 0:
        _output_row(2, left, y, y_at + c, x, x_at + c, w, taps + c, c, p, finish)


@inlined
def _window(row, p):
    """How many rows of a window lie inside, where the first one and its weights begin."""
    image, i = row // p.out_height, row % p.out_height
    top = i * p.down - p.top
    first, end = max(top, 0), min(top + 3, p.height)
    at = (image * p.height + first) * p.width * p.channels
    return end - first, at, p.origin + (first - top) * p.tap_row


@inlined
def _column(rows, count, x, x_at, j, p):
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
def _output_row(rows, count, y, y_at, x, x_at, w, taps, c, p, finish):
    """One vector of channels of one row of outputs."""
    b, activation, past = finish
    w_0, w_1, w_2 = weights_of(rows, count, w, taps, p)
    bias = simd.zeros(1, 1, y)
    if b.size > 0:
        bias = simd_rows.load_rows(1, 1, b, c, 0, count)
    x_0 = _column(rows, count, x, x_at, -p.left, p)
    x_1 = _column(rows, count, x, x_at, 1 - p.left, p)
    ahead = c * p.out_width  # within the rows to come, which are fetched as they lie in memory
    x_ahead = x_at - c + rows * p.width * p.channels + ahead * p.down * p.across
    y_ahead = y_at - c + p.out_width * p.channels + ahead
    for j in range(p.out_width):
        for _ in range(p.down * p.across):
            simd_rows.prefetch(1, x, x_ahead)
            x_ahead += simd.width(x)
        if not past:
            simd_rows.prefetch(1, y, y_ahead + j * simd.width(x))
        x_2 = _column(rows, count, x, x_at, j * p.across + 2 - p.left, p)
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
            x_0, x_1 = x_2, _column(rows, count, x, x_at, j * p.across + 3 - p.left, p)


@driver
def slide_gradients(dx, parts, x, dy, w, p, workers):
    """``dx`` (unless it is empty) and partial sums of the weights' gradient, one a chunk."""
    share(_chunks, workers, (dx, parts, x, dy, w, p[0]))


@inner
def _chunks(dx, parts, x, dy, w, p, worker, workers):
    """This worker's share of the chunks."""
    chunks = len(parts)
    for k in range(chunks * worker // workers, chunks * (worker + 1) // workers):
        _gradients(dx, parts[k], x, dy, w, p, k, chunks)


@inner
def _gradients(dx, part, x, dy, w, p, chunk, chunks):
    """One of the chunks of the rows of inputs, whatever the number of threads."""
    part[:] = 0
    for row in range(p.rows * chunk // chunks, p.rows * (chunk + 1) // chunks):
        rows, dy_at, taps = _window(row, p)
        x_at, full = row * p.out_width * p.channels, p.channels - p.channels % simd.width(x)
        for c in range(0, full, simd.width(x)):
            if rows == 3:
                _gradient_row(3, None, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)
            else:
                _gradient_row(2, None, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)
        left, c = p.channels - full, full
        if left > 0 and rows == 3:
            _gradient_row(3, left, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)
        elif left > 0:
            _gradient_row(2, left, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)


@inlined
def _gradient_row(rows, count, dx, part, x, x_at, dy, dy_at, w, taps, c, p):
    """One vector of channels of one row of inputs: its ``dx`` and its share of the weights'."""
    w_0, w_1, w_2 = weights_of(rows, count, w, taps, p)
    s_0 = s_1 = s_2 = simd.zeros(literally(rows), 1, x)
    zero = simd.zeros(1, 1, x)
    dy_0 = _column(rows, count, dy, dy_at, -p.left, p)
    dy_1 = _column(rows, count, dy, dy_at, 1 - p.left, p)
    ahead = c * (p.out_width - 1) + p.out_width * p.channels
    dy_ahead = dy_at + c * (p.width - 1) + rows * p.width * p.channels
    for j in range(p.out_width):
        dy_2 = _column(rows, count, dy, dy_at, j + 2 - p.left, p)
        at, near = x_at + j * p.channels, x_at + ahead + j * simd.width(x)
        simd_rows.prefetch(1, x, near)
        simd_rows.prefetch(1, dy, dy_ahead + j * simd.width(x))
        pixel = simd_rows.load_rows(1, 1, x, at, 0, count)
        s_0 = simd_rows.multiply_then_add(dy_0, pixel, s_0)
        s_1 = simd_rows.multiply_then_add(dy_1, pixel, s_1)
        s_2 = simd_rows.multiply_then_add(dy_2, pixel, s_2)
        if dx.size > 0:
            simd_rows.prefetch(1, dx, near)
            tile = simd_rows.sum_products(zero, dy_0, w_0)
            tile = simd_rows.sum_products(tile, dy_1, w_1)
            tile = simd_rows.sum_products(tile, dy_2, w_2)
            simd_rows.store_rows(dx, at, 0, count, tile)
        dy_0, dy_1 = dy_1, dy_2
    t_0, t_1, t_2 = weights_of(rows, count, part, taps, p)
    simd_rows.store_rows(part, taps, p.tap_row, count, simd_rows.add(t_0, s_0))
    simd_rows.store_rows(part, taps + p.tap_column, p.tap_row, count, simd_rows.add(t_1, s_1))
    simd_rows.store_rows(part, taps + 2 * p.tap_column, p.tap_row, count, simd_rows.add(t_2, s_2))
