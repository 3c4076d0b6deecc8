"""Maximum of every window: a vector of channels of several windows at a time.

The formula, shapes and errors: :mod:`minicnn_kernels.reference.max_pool`. Both passes gather. An
output reads its window's cells; an input's gradient reads the windows that cover it, so rows never
race and every sum has one order.
"""

import numpy as np
from numba import literally

from ..capture import launch
from ..contracts import arrays
from ..contracts import pool as contract
from ..jit import allocating, driver, inlined, threads
from . import simd, simd_pool, simd_rows, streaming
from .argmax import find_stray
from .taps import SMALL, TILE, WIDE, list_sources, of_pooling
from .team import share

# Inputs that are far are fetched ahead, but for those that the processor fetches by itself: of
# windows that hardly overlap, of pixels that are small.
FEW_TAPS = 4
NARROW_BYTES = 512
FAR_BYTES = 16 << 20


def max_pool_forward(y, argmax, x, pool, strides, padding, keep_argmax=True):
    """Maximum of every window and where it was found: ``(y, argmax)``, both overwritten."""
    op = "max_pool_forward"
    y, x, g = contract.forward(op, y, x, pool, strides, padding)
    if keep_argmax or argmax is not None:
        argmax = arrays.output(op, "argmax", argmax, g.y_shape, g.argmax_dtype, x, y)
        places = argmax.reshape(-1)
    else:
        places = np.empty(0, g.argmax_dtype)  # for the kernel: none
    workers = 1 if y.size * g.taps < SMALL else threads()
    wide = g.taps > FEW_TAPS and g.channels * x.itemsize > NARROW_BYTES
    fetched = wide and x.nbytes >= FAR_BYTES
    launch(_forward, y.reshape(-1), places, x.reshape(-1), of_pooling(g, False), workers, fetched)
    return y, argmax if keep_argmax else None


def max_pool_backward(dx, dy, argmax, input_size, pool, strides, padding):
    """Gradient of the input, ``dx`` overwritten: each window's ``dy`` goes to its winner."""
    op = "max_pool_backward"
    dy, g = contract.backward(op, dy, input_size, pool, strides, padding)
    argmax = contract.winners(op, argmax, g.y_shape, g.argmax_dtype)
    place = find_stray(argmax, g)
    if place is not None:
        raise contract.stray(op, argmax, place)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy, argmax)
    workers = 1 if dy.size * g.taps < SMALL else threads()
    past = g.channels >= WIDE and streaming.worth(dx, g.channels, TILE)
    flat = dx.reshape(-1), dy.reshape(-1), argmax.reshape(-1)
    launch(_backward, *flat, of_pooling(g, True), workers, past)
    return dx


@driver
def _forward(y, argmax, x, p, workers, fetched):
    share(_forward_rows, workers, (y, argmax, x, p, fetched))


@allocating
def _forward_rows(y, argmax, x, p, fetched, worker, workers):
    """This worker's share of the rows of outputs; ``fetched``: the next row's inputs meanwhile."""
    shape = p.shape[0]
    lists = p.targets, p.sources, shape.channels, shape.ahead if fetched else 0
    cells, taps = np.empty(shape.taps, np.int64), np.empty(shape.taps, np.int64)
    for row in range(shape.rows * worker // workers, shape.rows * (worker + 1) // workers):
        for run in range(len(p.width)):
            count, o, n = list_sources(cells, taps, row, run, p)
            if n >= TILE and shape.channels < WIDE:
                _maxima(TILE, 1, y, argmax, o, n, x, lists, cells, taps, count)
            else:
                _maxima(1, TILE, y, argmax, o, n, x, lists, cells, taps, count)


@inlined
def _maxima(rows, vectors, y, argmax, o, n, x, lists, cells, taps, count):
    """A run of ``n`` windows; the last tile may begin earlier and skips what is not its own."""
    targets, steps, channels, ahead = lists
    lowest = y.dtype.type(-np.inf)
    for i in range(0, n, rows):
        first = min(i, n - rows)
        for c in range(0, channels, vectors * simd.width(y)):
            left = channels - c
            if rows == 1 and ahead > 0:  # two rows further, two cells: windows mostly step by two
                at = cells[count - 1] + steps[first] + c + ahead
                simd_rows.prefetch(literally(vectors), x, at)
                simd_rows.prefetch(literally(vectors), x, at - channels)
                simd_rows.prefetch(literally(vectors), x, at + ahead)
                simd_rows.prefetch(literally(vectors), x, at + ahead - channels)
            best = simd_pool.fill(literally(rows), literally(vectors), y, lowest)
            where = simd_pool.fill(literally(rows), literally(vectors), y, taps[0])
            for k in range(count):
                best, where = simd_pool.keep_larger(
                    best, where, x, steps, first, cells[k] + c, left, taps[k]
                )
            simd.store(y, targets, first, o + c, left, i - first, best)
            if argmax.size > 0:
                simd_pool.store_taps(argmax, targets, first, o + c, left, i - first, where)


@driver
def _backward(dx, dy, argmax, p, workers, past):
    share(_backward_rows, workers, (dx, dy, argmax, p, past))


@allocating
def _backward_rows(dx, dy, argmax, p, past, worker, workers):
    """This worker's share of the rows of inputs; ``past``: stored past the caches."""
    shape = p.shape[0]
    lists = p.targets, p.sources, shape.channels
    windows, taps = np.empty(shape.taps, np.int64), np.empty(shape.taps, np.int64)
    for row in range(shape.rows * worker // workers, shape.rows * (worker + 1) // workers):
        for run in range(len(p.width)):
            count, o, n = list_sources(windows, taps, row, run, p)
            if n >= TILE and shape.channels < WIDE:
                _shares(TILE, 1, dx, o, n, dy, argmax, lists, windows, taps, count, False)
            else:
                _shares(1, TILE, dx, o, n, dy, argmax, lists, windows, taps, count, past)


@inlined
def _shares(rows, vectors, dx, o, n, dy, argmax, lists, windows, taps, count, past):
    """A run of ``n`` cells: each sums the ``dy`` of the windows it won."""
    targets, steps, channels = lists
    for i in range(0, n, rows):
        first = min(i, n - rows)
        for c in range(0, channels, vectors * simd.width(dx)):
            left = channels - c
            tile = simd.zeros(literally(rows), literally(vectors), dx)
            for k in range(count):
                tile = simd_pool.add_rows_won(
                    tile, dy, argmax, steps, first, windows[k] + c, left, taps[k]
                )
            if past:
                simd.stream(dx, targets, first, o + c, i - first, tile)
            else:
                simd.store(dx, targets, first, o + c, left, i - first, tile)
