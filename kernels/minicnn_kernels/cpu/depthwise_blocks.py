"""Gradients of depthwise 3x3 convolutions of stride two, in blocks of two by two inputs.

The windows ``(i, j)``, ``(i, j - 1)``, ``(i - 1, j)`` and ``(i - 1, j - 1)`` are all that meet the
block of inputs from ``(2 i - top, 2 j - left)`` on: with their ``dy`` in registers, nine products
make the block's ``dx`` and nine its share of the weights' gradient. The ``dy`` of windows that do
not exist is zero.
"""

from functools import lru_cache
from typing import NamedTuple

from ..jit import driver, inlined, inner
from . import simd, simd_rows
from .plan import record
from .team import share


class Blocks(NamedTuple):
    """Sizes of the grid of blocks, of inputs and of outputs; where the first block begins."""

    batch: int
    down: int
    across: int
    height: int
    width: int
    out_height: int
    out_width: int
    channels: int
    top: int
    left: int


@lru_cache(maxsize=1024)
def block_grid(g):
    """The :class:`Blocks` of ``g``; ``None`` if it is no 3x3 convolution of stride two."""
    if (g.kernel, g.strides, g.dilations) != ((3, 3), (2, 2), (1, 1)):
        return None
    (top, _), (left, _) = g.padding
    down, across = (g.size[0] + top + 1) // 2, (g.size[1] + left + 1) // 2
    return record(Blocks(g.batch, down, across, *g.size, *g.out, g.filters, top, left))


@driver
def block_gradients(dx, parts, x, dy, w, p, workers):
    """``dx`` (unless it is empty) and partial sums of the weights' gradient, one a chunk."""
    share(_chunks, workers, (dx, parts, x, dy, w, p[0]))


@inner
def _chunks(dx, parts, x, dy, w, p, worker, workers):
    """This worker's share of the chunks."""
    chunks = len(parts)
    for k in range(chunks * worker // workers, chunks * (worker + 1) // workers):
        _chunk(dx, parts[k], x, dy, w, p, k, chunks)


@inner
def _chunk(dx, part, x, dy, w, p, chunk, chunks):
    """One of the chunks of the rows of blocks, whatever the number of threads."""
    part[:] = 0
    rows, full = p.batch * p.down, p.channels - p.channels % simd.width(x)
    for row in range(rows * chunk // chunks, rows * (chunk + 1) // chunks):
        for c in range(0, full, simd.width(x)):
            _block_row(None, dx, part, x, dy, w, c, row, p)
        if full < p.channels:
            _block_row(p.channels - full, dx, part, x, dy, w, full, row, p)


@inlined
def _load(x, at, count):
    return simd_rows.load_rows(1, 1, x, at, 0, count)


@inlined
def _load_if(exists, x, at, count):
    if exists:
        return simd_rows.load_rows(1, 1, x, at, 0, count)
    return simd.zeros(1, 1, x)


@inlined
def _load_taps(w, c, channels, count):
    """The vectors of three taps side by side."""
    return (
        _load(w, c, count),
        _load(w, c + channels, count),
        _load(w, c + 2 * channels, count),
    )


@inlined
def _add_taps(part, c, channels, count, sums):
    """Add the sums of three taps side by side to those in memory."""
    for tap in range(3):
        at = c + tap * channels
        simd_rows.store_rows(part, at, 0, count, simd_rows.add(_load(part, at, count), sums[tap]))


@inlined
def _block_row(count, dx, part, x, dy, w, c, row, p):
    """One vector of channels of a row of blocks."""
    image, i = row // p.down, row % p.down
    add, channels, top = simd_rows.multiply_then_add, p.channels, 2 * i - p.top
    w_00, w_01, w_02 = _load_taps(w, c, channels, count)
    w_10, w_11, w_12 = _load_taps(w, c + 3 * channels, channels, count)
    w_20, w_21, w_22 = _load_taps(w, c + 6 * channels, channels, count)
    zero = simd.zeros(1, 1, x)
    s_00 = s_01 = s_02 = s_10 = s_11 = s_12 = s_20 = s_21 = s_22 = zero
    step = p.width * channels
    first = (image * p.height + top) * step  # of the block row's inputs
    here = (image * p.out_height + i) * p.out_width * channels + c  # in dy
    above = here - p.out_width * channels
    d_left = d_above_left = zero
    for j in range(p.across):
        _fetch(dx, x, dy, first + 2 * step, here - c, c * p.across // simd.width(x) + j, p)
        inside = j < p.out_width
        d = _load_if(inside and i < p.out_height, dy, here + j * channels, count)
        d_above = _load_if(inside and 0 < i <= p.out_height, dy, above + j * channels, count)
        left = 2 * j - p.left
        at = first + left * channels + c
        if 0 <= top < p.height and 0 <= left < p.width:
            pixel = _load(x, at, count)
            s_00, s_02 = add(d, pixel, s_00), add(d_left, pixel, s_02)
            s_20, s_22 = add(d_above, pixel, s_20), add(d_above_left, pixel, s_22)
            if dx.size > 0:
                tile = add(d_above, w_20, add(d_above_left, w_22, zero))
                simd_rows.store_rows(dx, at, 0, count, add(d, w_00, add(d_left, w_02, tile)))
        if 0 <= top < p.height and 0 <= left + 1 < p.width:
            pixel = _load(x, at + channels, count)
            s_01, s_21 = add(d, pixel, s_01), add(d_above, pixel, s_21)
            if dx.size > 0:
                tile = add(d, w_01, add(d_above, w_21, zero))
                simd_rows.store_rows(dx, at + channels, 0, count, tile)
        if 0 <= top + 1 < p.height and 0 <= left < p.width:
            pixel = _load(x, at + step, count)
            s_10, s_12 = add(d, pixel, s_10), add(d_left, pixel, s_12)
            if dx.size > 0:
                tile = add(d, w_10, add(d_left, w_12, zero))
                simd_rows.store_rows(dx, at + step, 0, count, tile)
        if 0 <= top + 1 < p.height and 0 <= left + 1 < p.width:
            s_11 = add(d, _load(x, at + step + channels, count), s_11)
            if dx.size > 0:
                tile = add(d, w_11, zero)
                simd_rows.store_rows(dx, at + step + channels, 0, count, tile)
        d_left, d_above_left = d, d_above
    _add_taps(part, c, channels, count, (s_00, s_01, s_02))
    _add_taps(part, c + 3 * channels, channels, count, (s_10, s_11, s_12))
    _add_taps(part, c + 6 * channels, channels, count, (s_20, s_21, s_22))


@inlined
def _fetch(dx, x, dy, next_row, here, k, p):
    """Have step ``k``'s share of the next row of blocks brought near, as it lies in memory."""
    lanes = simd.width(x)
    for line in range(4):
        simd_rows.prefetch(1, x, next_row + (4 * k + line) * lanes)
        if dx.size > 0:
            simd_rows.prefetch(1, dx, next_row + (4 * k + line) * lanes)
    simd_rows.prefetch(1, dy, here + p.out_width * p.channels + k * lanes)
