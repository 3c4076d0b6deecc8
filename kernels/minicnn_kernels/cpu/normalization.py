"""Batch normalization's passes over a flat ``[rows, channels]``: sums over pieces, then a map.

A worker maps its pieces from the last to the first, because the end is what the sums have just left
in its cache. The sums go through a few rows at once, all channels of them, so that what belongs to
the channels is read once for all these rows; the rows after them are fetched meanwhile. The map
goes row by row: memory takes one long run of numbers faster than several short ones.
"""

import numpy as np
from numba import literally

from .. import jit
from . import simd, simd_rows
from .columns import fold, widen

DEPTH = 64  # wide rows whose sums may round as the array does; they are added up in float64
ROWS, VECTORS = 4, 2  # of a tile
LINES = ROWS * VECTORS
RUN = 4  # vectors of a row that are mapped at once
LEAST_ROWS = 64  # of a piece, whose sums are few beside them
LEAST_SIZE = 1 << 14
MOST_PIECES = 64


@jit.serial
def piece_count(size, channels):
    """Number of pieces of a flat ``[rows, channels]``: by the shape alone, a power of two."""
    most = min(size // channels // LEAST_ROWS, size // LEAST_SIZE, MOST_PIECES)
    count = 1
    while 2 * count <= most:
        count *= 2
    return count


@jit.inner
def bounds(p, count, size, channels):
    """``(start, end)`` of piece ``p`` of a flat array, whole rows."""
    rows = size // channels
    return rows * p // count * channels, rows * (p + 1) // count * channels


@jit.inner
def share(worker, workers, count):
    """``(first, last + 1)`` of the pieces of a worker."""
    return count * worker // workers, count * (worker + 1) // workers


@jit.parallel
def statistics(mean, variance, sums, x, workers):
    """Mean and biased variance of every channel, shifted by the first row.

    The shift makes ``E[d^2] - E[d]^2`` harmless where the mean is far from 0. ``sums`` is scratch
    ``[pieces, 2, channels]``.
    """
    c, count = mean.size, len(sums)
    shift = x[:c].copy()
    wide = widen(shift)
    if workers == 1:
        _moments(sums, x, wide, 0, count)
    else:
        for worker in jit.prange(workers):
            _moments(sums, x, wide, *share(worker, workers, count))
    add_pieces(sums, workers)
    rows = x.size // c
    for i in range(c):
        d = sums[0, 0, i] / rows
        spread = sums[0, 1, i] / rows - d * d
        mean[i] = shift[i] + d
        variance[i] = 0.0 if spread < 0.0 else spread


@jit.inner
def add_own_pieces(sums, first, last):
    """What :func:`add_pieces` adds within the pieces of one worker, while they are in its cache."""
    step = 1
    while step < last - first:
        for p in range(0, last - step, 2 * step):
            if p >= first and p + 2 * step <= last:
                _add(sums[p], sums[p + step])
        step *= 2


@jit.inner
def add_pieces(sums, workers):
    """``sums[0] = sum_p sums[p]``: neighbours first, then pairs of them, and so on.

    So the order does not tell who adds: here what no worker had both summands of.
    """
    count, step = len(sums), 1
    while step < count:
        for p in range(0, count, 2 * step):
            owner = ((p + 1) * workers - 1) // count
            if p + 2 * step > count * (owner + 1) // workers:
                _add(sums[p], sums[p + step])
        step *= 2


@jit.inner
def _add(sums, others):
    for k in range(2):
        total, more = sums[k], others[k]
        for i in range(total.size):
            total[i] += more[i]


@jit.allocating
def _moments(sums, x, shift, first, last):
    """``sums[p, 0, c] = sum_m d``, ``sums[p, 1, c] = sum_m d^2``, ``d = x[m, c] - shift[c]``."""
    count, _, channels = sums.shape
    width = shift.size
    few, total = np.zeros((2, width), x.dtype), np.zeros((2, width))
    for p in range(first, last):
        start, end = bounds(p, count, x.size, channels)
        for top in range(start, end, DEPTH * width):
            bottom, row = min(end, top + DEPTH * width), top
            while bottom - row >= ROWS * width:
                _add_moments(ROWS, few[0], few[1], x, row, width, shift)
                row += ROWS * width
            for tail in range(row, bottom, width):  # the last may be shorter
                _add_moments(1, few[0], few[1], x, tail, min(width, bottom - tail), shift)
            move(total, few)
        fold_sums(sums[p], total)
    add_own_pieces(sums, first, last)


@jit.inlined
def _add_moments(rows, sums, squares, x, start, length, shift):
    """The same of a few wide rows, of which the first ``length`` columns count."""
    lanes = VECTORS * simd.width(x)
    left = length % lanes
    for c in range(0, length - left, lanes):
        _add_columns(rows, sums, squares, x, start, c, None, shift)
    if left:
        _add_columns(rows, sums, squares, x, start, length - left, left, shift)


@jit.inlined
def _add_columns(rows, sums, squares, x, start, c, left, shift):
    width, count = shift.size, literally(rows)
    d = simd_rows.load_rows(count, VECTORS, x, start + c, width, left)
    d = simd_rows.subtract(d, simd_rows.load_rows(1, VECTORS, shift, c, 0, left))
    simd_rows.prefetch(LINES, x, start + rows * (width + c))
    total = simd_rows.sum_rows(simd_rows.load_rows(1, VECTORS, sums, c, 0, left), d)
    simd_rows.store_rows(sums, c, 0, left, total)
    total = simd_rows.sum_products(simd_rows.load_rows(1, VECTORS, squares, c, 0, left), d, d)
    simd_rows.store_rows(squares, c, 0, left, total)


@jit.inner
def move(total, few):
    """Add the sums of a few rows to ``total`` and begin them anew."""
    for k in range(2):
        sums, part = total[k], few[k]
        for j in range(part.size):
            sums[j] += part[j]
            part[j] = 0


@jit.inner
def fold_sums(sums, total):
    """The sums of every channel from those of the wide row, which begin anew."""
    for k in range(2):
        fold(sums[k], total[k])
        total[k] = 0


@jit.exact
def widened(mean, variance, gamma, beta, epsilon):
    """Mean, ``gamma / sqrt(variance + epsilon)`` and ``beta``, repeated to a wide row."""
    scale = np.empty_like(variance)
    for i in range(scale.size):
        scale[i] = gamma[i] * (1.0 / np.sqrt(np.float64(variance[i]) + epsilon))
    return widen(mean), widen(scale), widen(beta)


@jit.parallel
def normalize(y, x, residual, channels, factors, limits, workers, past):
    """``y = (x - mean) scale + beta + residual``, kept between ``limits``.

    ``factors`` are those of :func:`widened`. ``residual`` may be ``None``; limits whose first entry
    is false are none. ``past``: ``y`` is stored past the caches.
    """
    count = piece_count(x.size, channels)
    if workers == 1:
        _normalize(y, x, residual, factors, limits, (count, channels, 0, count), past)
    else:
        for worker in jit.prange(workers):
            first, last = share(worker, workers, count)
            _normalize(y, x, residual, factors, limits, (count, channels, first, last), past)


@jit.inner
def _normalize(y, x, residual, factors, limits, place, past):
    """The pieces of one worker."""
    count, channels, first, last = place
    width, step = factors[0].size, RUN * simd.width(x)
    for p in range(last - 1, first - 1, -1):
        start, end = bounds(p, count, x.size, channels)
        for row in range(start, end, width):
            length = min(width, end - row)
            left = length % step
            for c in range(0, length - left, step):
                _normalize_columns(y, x, residual, row + c, c, None, factors, limits, past)
            if left:
                c = length - left
                _normalize_columns(y, x, residual, row + c, c, left, factors, limits, past)


@jit.inlined
def _normalize_columns(y, x, residual, at, c, left, factors, limits, past):
    """The same from channel ``c`` on, which lies at ``at``."""
    bounded, low, high = limits
    z = normalized(RUN, simd_rows.load_rows(1, RUN, x, at, 0, left), factors, c, left)
    if residual is not None:
        z = simd_rows.add(z, simd_rows.load_rows(1, RUN, residual, at, 0, left))
    if bounded:
        z = simd_rows.clamp(z, low, high)
    put(y, at, left, z, past)


@jit.inlined
def put(y, at, left, row, past):
    """Store a row, a whole one ``past`` the caches if that is asked for."""
    if past and left is None:
        simd_rows.stream_row(y, at, row)
    else:
        simd_rows.store_rows(y, at, 0, left, row)


@jit.inlined
def normalized(vectors, x, factors, c, left):
    """``(x - mean) scale + offset`` of a tile; ``factors`` are the last three, widened."""
    (mean, scale, offset), v = factors, literally(vectors)
    d = simd_rows.subtract(x, simd_rows.load_rows(1, v, mean, c, 0, left))
    factor = simd_rows.load_rows(1, v, scale, c, 0, left)
    return simd_rows.multiply_then_add(d, factor, simd_rows.load_rows(1, v, offset, c, 0, left))
