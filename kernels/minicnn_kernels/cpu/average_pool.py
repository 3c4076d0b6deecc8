"""Mean of every window: a vector of channels of several windows at a time.

The formula, shapes and errors: :mod:`minicnn_kernels.reference.average_pool`. Both passes are one
loop over different tables: targets sum their sources and scale the sum, so rows never race.
"""

import numpy as np
from numba import literally

from ..capture import launch
from ..contracts import arrays
from ..contracts import pool as contract
from ..jit import allocating, driver, inlined, threads
from . import simd, simd_pool
from .taps import SMALL, TILE, WIDE, list_sources, of_pooling
from .team import share


def average_pool_forward(y, x, pool, strides, padding, count_padding=False):
    """Mean of every window; ``y`` is overwritten, or allocated if ``None``."""
    y, x, g = contract.forward("average_pool_forward", y, x, pool, strides, padding)
    _scaled_sums(y, x, g, False, g.taps if count_padding else 0)
    return y


def average_pool_backward(dx, dy, input_size, pool, strides, padding, count_padding=False):
    """Gradient of the input, ``dx`` overwritten: each window hands equal shares to its cells."""
    op = "average_pool_backward"
    dy, g = contract.backward(op, dy, input_size, pool, strides, padding)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy)
    if count_padding or not any(map(any, g.padding)):
        _scaled_sums(dx, dy, g, True, g.taps)
    else:
        _scaled_sums(dx, dy * _shares(g, dy.dtype), g, True, 1)
    return dx


def _shares(g, dtype):
    """One over the number of cells of every window that lie inside the input, ``[*out, 1]``."""
    cells = np.ones((1,) * len(g.out), dtype)
    for axis, (size, out, pool, stride, (before, _)) in enumerate(
        zip(g.size, g.out, g.pool, g.strides, g.padding)
    ):
        start = np.arange(out) * stride - before
        inside = np.minimum(start + pool, size) - np.maximum(start, 0)
        cells = cells * np.expand_dims(inside, [i for i in range(len(g.out)) if i != axis])
    return (1 / cells[..., None]).astype(dtype)


def _scaled_sums(target, source, g, backward, cells):
    """Sums of ``source`` over one over ``cells``; 0 cells mean as many as were summed."""
    p = of_pooling(g, backward)
    alone = target.size * g.taps < SMALL
    workers = 1 if alone else threads()
    launch(_run, target.reshape(-1), source.reshape(-1), p, cells, workers)


@driver
def _run(y, x, p, cells, workers):
    share(_rows, workers, (y, x, p, cells))


@allocating
def _rows(y, x, p, cells, worker, workers):
    """This worker's share of the rows of targets."""
    shape = p.shape[0]
    lists = p.targets, p.sources, shape.channels
    sources, taps = np.empty(shape.taps, np.int64), np.empty(shape.taps, np.int64)
    for row in range(shape.rows * worker // workers, shape.rows * (worker + 1) // workers):
        for run in range(len(p.width)):
            count, o, n = list_sources(sources, taps, row, run, p)
            one = y.dtype.type(1)
            scale = one / y.dtype.type(cells if cells > 0 else count)
            if n >= TILE and shape.channels < WIDE:
                _tiles(TILE, 1, y, o, n, x, lists, sources, count, scale)
            else:
                _tiles(1, TILE, y, o, n, x, lists, sources, count, scale)


@inlined
def _tiles(rows, vectors, y, o, n, x, lists, sources, count, scale):
    """A run of ``n`` targets; the last tile may begin earlier and skips what is not its own."""
    targets, steps, channels = lists
    for i in range(0, n, rows):
        first = min(i, n - rows)
        for c in range(0, channels, vectors * simd.width(y)):
            left = channels - c
            tile = simd.zeros(literally(rows), literally(vectors), y)
            for k in range(count):
                tile = simd.add_rows(tile, x, steps, first, sources[k] + c, left)
            simd.store(y, targets, first, o + c, left, i - first, simd_pool.scale(tile, scale))
