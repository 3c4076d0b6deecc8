"""The micro-kernel that convolution, its gradients and dense layers share: a product in tiles.

``y[p, f] (+)= sum_{r, k} x[p, r, k] * w[r, k, f]`` where a table says where each row ``p`` of
``x`` and of ``y`` begins, and the sum runs over ``runs`` stretches of ``length`` equally spaced
elements. A tile of ``rows x vectors`` sums stays in registers until it is complete; rows come
from ``x`` one number at a time, columns from ``w`` a vector at a time.

Because the tables hold any offsets, strides, dilation, borders and groups are the caller's matter.
"""

from typing import NamedTuple

import numpy as np
from numba import literally

from ..jit import inner
from . import simd
from .rectifier import rectify

ROWS, VECTORS = simd.ROWS, simd.VECTORS
FEW_ROWS = 4  # for what is left of the rows: four independent sums keep the multiplier busy
FETCH = 16  # numbers of a row, at most a line, that are fetched at once
LEAD = FEW_ROWS - 1  # copies of the first row before it, so that a tile fits one row too


def table(offsets):
    """The offsets of rows as ``product`` wants them: the first one repeated in front."""
    return np.concatenate([offsets[:1]] * LEAD + [offsets])


class Out(NamedTuple):
    """Where sums go: row ``p`` to ``array[rows[p] + offset :][:count]``; ``rows`` as ``table``.

    ``stream``: past the caches, if they fill whole vectors; every row begins at a multiple of one.
    """

    array: np.ndarray
    rows: np.ndarray
    offset: int
    count: int
    add: bool
    stream: bool


class Left(NamedTuple):
    """The numbers to broadcast: ``array[rows[p] + offset + runs[r] + k * step]``, ``k < length``.

    Only the runs ``first <= r < last`` count. ``fetch``: the numbers of a row follow one another,
    and it pays to have those of the next tile brought near meanwhile.
    """

    array: np.ndarray
    rows: np.ndarray
    offset: int
    step: int
    runs: np.ndarray
    first: int
    last: int
    length: int
    fetch: bool


class Right(NamedTuple):
    """The vectors: ``array[offset + r * run_step + k * step :]``, whole vectors readable."""

    array: np.ndarray
    offset: int
    run_step: int
    step: int


class Finish(NamedTuple):
    """On top: start from ``bias[offset :]`` if ``biased``, else zero; end by ``rectify``."""

    bias: np.ndarray
    offset: int
    biased: bool
    activation: int


@inner
def _tiles(rows, vectors, first, last, out, left, right, finish, ahead):
    """Rows ``first .. last``; the last tile may begin earlier and skips what is not its own."""
    stretch = FETCH if left.fetch or ahead is not None else max(left.length, 1)
    for position in range(first, last, rows):
        start = min(position, last - rows)
        following = min(position + rows, last - rows)
        tile = simd.zeros(literally(rows), literally(vectors), out.array)
        if out.add:  # by the time the sum is complete, what it is added to has come near
            simd.prefetch_rows(tile, out.array, out.rows, start, out.offset)
            last_column = out.offset + out.count - 1
            simd.prefetch_rows(tile, out.array, out.rows, start, last_column)
        if finish.biased:
            tile = simd.add_row(tile, finish.bias, finish.offset, out.count)
        for r in range(left.first, left.last):
            x_offset = left.offset + left.runs[r]
            w_offset = right.offset + r * right.run_step
            for k in range(0, left.length, stretch):
                if left.fetch:
                    simd.prefetch_rows(tile, left.array, left.rows, following, x_offset)
                if ahead is not None and ahead > 0 and position < first + VECTORS * rows:
                    # One vector of each row for each of the first tiles: all at once is slower.
                    vector = (position - first) // rows * simd.width(out.array)
                    for i in range(FETCH):
                        simd.prefetch(right.array, w_offset + ahead + vector + i * right.step)
                for _ in range(k, min(k + stretch, left.length)):
                    tile = simd.multiply_add(
                        tile, left.array, left.rows, start, x_offset, right.array, w_offset
                    )
                    x_offset += left.step
                    w_offset += right.step
        if out.add:
            tile = simd.add_rows(tile, out.array, out.rows, start, out.offset, out.count)
        tile = rectify(tile, finish.activation)
        if out.stream and out.count == vectors * simd.width(out.array):
            simd.stream(out.array, out.rows, start, out.offset, position - start, tile)
        else:
            simd.store(out.array, out.rows, start, out.offset, out.count, position - start, tile)


@inner
def product(first, last, out, left, right, finish, ahead=None):
    """The sums of rows ``first .. last`` and of ``out.count`` columns, at most two vectors.

    Vectors that lie so far ``ahead`` of those of ``right`` are fetched meanwhile, for a later call.
    """
    rest = (last - first) % ROWS
    small_tiles = -(-rest // FEW_ROWS)
    if small_tiles * FEW_ROWS > ROWS - FEW_ROWS and last - first >= ROWS:
        rest = 0  # one more large tile, though it overlaps, is as quick
    first += LEAD
    last += LEAD
    if out.count * out.array.itemsize > simd.VECTOR_BYTES:
        _tiles(ROWS, VECTORS, first, last - rest, out, left, right, finish, ahead)
        _tiles(FEW_ROWS, VECTORS, last - rest, last, out, left, right, finish, ahead)
    else:
        _tiles(ROWS, 1, first, last - rest, out, left, right, finish, ahead)
        _tiles(FEW_ROWS, 1, last - rest, last, out, left, right, finish, ahead)
