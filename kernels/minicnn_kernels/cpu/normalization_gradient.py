"""Gradients of batch normalization over a flat ``[rows, channels]``: sums over pieces, then a map.

The order of the loops is that of :mod:`.normalization`. Where an activation follows, whether it let
a number through is told from ``x`` anew, by the very arithmetic of the forward pass: the output
need not be read, nor kept.
"""

import numpy as np
from numba import literally

from .. import jit
from . import simd, simd_rows
from .columns import widen
from .normalization import (
    DEPTH,
    LINES,
    ROWS,
    RUN,
    VECTORS,
    add_own_pieces,
    add_pieces,
    bounds,
    fold_sums,
    move,
    normalized,
    piece_count,
    put,
    share,
)


@jit.parallel
def gradient_sums(sums, dy, x, factors, limits, workers):
    """``sums[0, 0] = sum g`` and ``sums[0, 1] = sum g (x - mean)`` for every channel, in float64.

    ``g`` is ``dy`` where the activation let the output through: where
    ``limits[1] < (x - mean) scale + beta <= limits[2]``, or everywhere if ``limits[0]`` is false.
    There is one entry of ``sums`` for each piece; all but the first are scratch.
    """
    count = len(sums)
    if workers == 1:
        _moments(sums, dy, x, factors, limits, 0, count)
    else:
        for worker in jit.prange(workers):
            _moments(sums, dy, x, factors, limits, *share(worker, workers, count))
    add_pieces(sums, workers)


@jit.allocating
def _moments(sums, dy, x, factors, limits, first, last):
    """The pieces of one worker."""
    count, _, channels = sums.shape
    width = factors[0].size
    few, total = np.zeros((2, width), x.dtype), np.zeros((2, width))
    for p in range(first, last):
        start, end = bounds(p, count, x.size, channels)
        for top in range(start, end, DEPTH * width):
            bottom, row = min(end, top + DEPTH * width), top
            while bottom - row >= ROWS * width:
                _add_moments(ROWS, few[0], few[1], dy, x, row, width, factors, limits)
                row += ROWS * width
            for tail in range(row, bottom, width):  # the last may be shorter
                length = min(width, bottom - tail)
                _add_moments(1, few[0], few[1], dy, x, tail, length, factors, limits)
            move(total, few)
        fold_sums(sums[p], total)
    add_own_pieces(sums, first, last)


@jit.inlined
def _add_moments(rows, sums, products, dy, x, start, length, factors, limits):
    """The same of a few wide rows, of which the first ``length`` columns count."""
    lanes = VECTORS * simd.width(x)
    left = length % lanes
    for c in range(0, length - left, lanes):
        _add_columns(rows, sums, products, dy, x, start, c, None, factors, limits)
    if left:
        _add_columns(rows, sums, products, dy, x, start, length - left, left, factors, limits)


@jit.inlined
def _add_columns(rows, sums, products, dy, x, start, c, left, factors, limits):
    """The same from channel ``c`` on."""
    place = start + c, factors[0].size
    simd_rows.prefetch(LINES, x, start + rows * (place[1] + c))
    simd_rows.prefetch(LINES, dy, start + rows * (place[1] + c))
    g, d = _arriving(rows, VECTORS, dy, x, place, c, left, factors, limits)
    total = simd_rows.sum_rows(simd_rows.load_rows(1, VECTORS, sums, c, 0, left), g)
    simd_rows.store_rows(sums, c, 0, left, total)
    total = simd_rows.load_rows(1, VECTORS, products, c, 0, left)
    simd_rows.store_rows(products, c, 0, left, simd_rows.sum_products(total, g, d))


@jit.inlined
def _arriving(rows, vectors, dy, x, place, c, left, factors, limits):
    """Tiles of ``dy``, zero where the activation cut the output off, and of ``x - mean``."""
    (at, step), (bounded, low, high) = place, limits
    n, v = literally(rows), literally(vectors)
    g = simd_rows.load_rows(n, v, dy, at, step, left)
    row = simd_rows.load_rows(n, v, x, at, step, left)
    if bounded:
        g = simd_rows.where_between(g, normalized(v, row, factors, c, left), low, high)
    return g, simd_rows.subtract(row, simd_rows.load_rows(1, v, factors[0], c, 0, left))


@jit.exact
def coefficients(dgamma, dbeta, sums, rows, variance, gamma, epsilon):
    """What ``g``, ``x - mean`` and 1 contribute to ``dx``, repeated to a wide row.

    Adds to ``dgamma`` and ``dbeta`` what the sums of :func:`gradient_sums` say.
    """
    of_g, of_x, constant = np.empty_like(gamma), np.empty_like(gamma), np.empty_like(gamma)
    for i in range(gamma.size):
        inverse = 1.0 / np.sqrt(np.float64(variance[i]) + epsilon)
        scale, along = gamma[i] * inverse, sums[0, 1, i] * inverse
        dgamma[i] += along
        dbeta[i] += sums[0, 0, i]
        of_g[i] = scale
        of_x[i] = -scale * inverse * along / rows
        constant[i] = -scale * sums[0, 0, i] / rows
    return widen(of_g), widen(of_x), widen(constant)


@jit.parallel
def gradient(dx, dy, x, channels, factors, of_g, others, limits, workers, past):
    """``dx = of_g g + of_x (x - mean) + constant`` with the :func:`coefficients`.

    ``others`` are the last two; ``None`` at inference, where ``x`` may even be infinite. ``past``:
    ``dx`` is stored past the caches.
    """
    count = piece_count(x.size, channels)
    if workers == 1:
        place = count, channels, 0, count
        _gradient(dx, dy, x, factors, of_g, others, limits, place, past)
    else:
        for worker in jit.prange(workers):
            first, last = share(worker, workers, count)
            place = count, channels, first, last
            _gradient(dx, dy, x, factors, of_g, others, limits, place, past)


@jit.inner
def _gradient(dx, dy, x, factors, of_g, others, limits, place, past):
    """The pieces of one worker."""
    count, channels, first, last = place
    width, step = factors[0].size, RUN * simd.width(x)
    for p in range(last - 1, first - 1, -1):
        start, end = bounds(p, count, x.size, channels)
        for row in range(start, end, width):
            length = min(width, end - row)
            left = length % step
            for c in range(0, length - left, step):
                columns = row + c, c, None
                _gradient_columns(dx, dy, x, *columns, factors, of_g, others, limits, past)
            if left:
                c = length - left
                columns = row + c, c, left
                _gradient_columns(dx, dy, x, *columns, factors, of_g, others, limits, past)


@jit.inlined
def _gradient_columns(dx, dy, x, at, c, left, factors, of_g, others, limits, past):
    """The same from channel ``c`` on, which lies at ``at``."""
    g, d = _arriving(1, RUN, dy, x, (at, 0), c, left, factors, limits)
    rest = simd.zeros(1, RUN, x)
    if others is not None:
        of_x, constant = others
        rest = simd_rows.load_rows(1, RUN, constant, c, 0, left)
        factor = simd_rows.load_rows(1, RUN, of_x, c, 0, left)
        rest = simd_rows.multiply_then_add(d, factor, rest)
    factor = simd_rows.load_rows(1, RUN, of_g, c, 0, left)
    put(dx, at, left, simd_rows.multiply_then_add(g, factor, rest), past)
