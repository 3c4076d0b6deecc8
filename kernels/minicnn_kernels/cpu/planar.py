"""Convolution of few filters, in planes: vectors of places instead of vectors of filters.

``y[f, i, j] = b[f] + sum_{u, v, c} w[u, v, c, f] * x[c, i + u - top, j + v - left]``

Some filters meet some vectors of places: weights are broadcast, and each tap's vectors are read
from the planes of the input as far from the places as the tap lies. See :mod:`planes`.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import memory
from ..capture import launch
from ..contracts.conv import ACTIVATIONS
from ..jit import driver, inlined, inner, threads
from . import plan, simd, simd_rows
from .planes import (
    FILTERS,
    VECTORS,
    block_of,
    cut,
    join_row,
    round_up,
    sizes_of,
    split_inputs,
    taps_of,
)
from .rectifier import rectify
from .team import share


class Plan(NamedTuple):
    """All integers of one convolution; ``planar`` as a record.

    ``filters``: where each has its weights, and its plane of sums; the last group is filled up
    with the last filter, whose sums then go to planes that nobody reads.
    """

    taps: np.ndarray
    filters: tuple
    planar: np.ndarray
    activation: int
    sizes: tuple
    tasks: int
    flops: int


@lru_cache(maxsize=1024)
def forward_plan(g, dtype, activation):
    """The plan of the convolution ``g``, which ``planes.fits``."""
    p = cut(g, dtype)
    taps, sizes = taps_of(p), sizes_of(p, dtype)
    groups = np.arange(round_up(g.filters, FILTERS), dtype=np.int64)
    return Plan(
        taps=taps,
        filters=(np.minimum(groups, g.filters - 1), groups * p.plane),
        planar=plan.record(p),
        activation=ACTIVATIONS.index(activation),
        sizes=(*sizes, sizes.line),
        tasks=p.batch * p.row_blocks,
        flops=2 * g.batch * g.out[0] * g.out[1] * len(taps) * g.filters,
    )


def convolve(y, x, w, b, p):
    """Run plan ``p``: overwrite ``y``."""
    if y.size == 0:
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(threads(), p.tasks)
    scratch = memory.scratch(x.dtype, *((workers, size) for size in p.sizes))
    flat = y.reshape(-1), x.reshape(-1), w.reshape(-1), np.empty(0, x.dtype) if b is None else b
    launch(_run, *flat, *scratch, p.taps, p.filters, p.planar, p.activation)


@driver
def _run(y, x, w, b, inputs, sums, lines, biases, taps, filters, planar, activation):
    arguments = y, x, w, b, inputs, sums, lines, biases, taps, filters, planar[0], activation
    share(_tasks, len(inputs), arguments)


@inner
def _tasks(y, x, w, b, inputs, sums, lines, biases, taps, filters, p, activation, worker, workers):
    """This worker's share of the blocks of rows."""
    planes, sums, line, bias = inputs[worker], sums[worker], lines[worker], biases[worker]
    tasks, size = p.batch * p.row_blocks, p.out_width * p.filters
    simd.clear(bias, 0, bias.size)
    for place in range(p.out_width if b.size > 0 else 0):
        simd.copy(bias, place * p.filters, b, 0, p.filters)
    for task in range(worker * tasks // workers, (worker + 1) * tasks // workers):
        image, first, rows = block_of(task, p)
        split_inputs(planes, line, x, image, first, rows, p)
        for place in range(0, rows * p.row, VECTORS * simd.width(x)):
            for f in range(0, filters[0].size, FILTERS):
                _products(sums, w, planes, taps, filters, f, place, p)
        for i in range(rows):
            join_row(line, sums, i * p.row, p.plane, p.out_width, p.filters)
            at = (image * p.out_height + first + i) * size
            _finish_row(y, at, line, bias, size, activation)


@inlined
def _products(sums, w, planes, taps, filters, f, place, p):
    """Some vectors of places of some filters."""
    weights, targets = filters
    tile = simd.zeros(FILTERS, VECTORS, sums)
    for tap in range(taps.size):
        at = place + taps[tap]
        tile = simd.multiply_add(tile, w, weights, f, tap * p.filters, planes, at)
    simd.store(sums, targets, f, place, VECTORS * simd.width(sums), 0, tile)


@inner
def _finish_row(y, at, line, bias, size, activation):
    """Store a row of outputs, the bias added."""
    lanes = simd.width(y)
    for i in range(0, size, lanes):
        tile = simd_rows.load_rows(1, 1, line, i, 0, None)
        tile = simd_rows.add(tile, simd_rows.load_rows(1, 1, bias, i, 0, None))
        tile = rectify(tile, activation)
        if i + lanes <= size:
            simd_rows.store_rows(y, at + i, 0, None, tile)
        else:
            simd_rows.store_rows(y, at + i, 0, size - i, tile)
