"""Weight gradient of a convolution of few filters, in planes.

``dw[u, v, c, f] += sum_{n, i, j} x[n, i + u - top, j + v - left, c] * dy[n, i, j, f]``

A few taps meet a few filters: each pair has a vector of sums in registers, over a vector of places
at a time. After each block of rows they are added to sums in memory; lanes are added up after the
last one. A number of chunks that depends on the shape only have their own sums, which are then
added in order. See :mod:`planes`; between two rows ``dy`` is zero.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import memory
from ..capture import launch
from ..jit import driver, inlined, inner, threads
from . import plan, simd, simd_rows
from .chunks import clear
from .planes import FILTERS, block_of, cut, round_up, sizes_of, split_inputs, split_row, taps_of
from .team import share

TAPS = 4 if simd.REGISTERS >= 32 else 2  # that meet ``FILTERS`` filters in registers
PAIRS = TAPS * FILTERS


class Plan(NamedTuple):
    """All integers of one weight gradient; ``planar`` as a record.

    ``taps``: where each meets the planes, the last group filled up with the last tap, whose sums
    then go nowhere. ``pairs``: places of a group's sums in a line.
    """

    taps: np.ndarray
    pairs: np.ndarray
    planar: np.ndarray
    chunks: int
    sizes: tuple
    flops: int


@lru_cache(maxsize=1024)
def weight_gradient_plan(g, dtype):
    """The plan of the weight gradient of ``g``, which ``planes.fits``."""
    p = cut(g, dtype)
    taps = taps_of(p)
    spare = np.repeat(taps[-1:], -len(taps) % TAPS)
    groups = (len(taps) + len(spare)) // TAPS * (round_up(g.filters, FILTERS) // FILTERS)
    return Plan(
        taps=np.concatenate([taps, spare]),
        pairs=np.arange(PAIRS, dtype=np.int64),
        planar=plan.record(p),
        chunks=min(plan.TASKS, p.batch * p.row_blocks),
        sizes=(*sizes_of(p, dtype), groups * PAIRS * simd.lanes(dtype)),
        flops=2 * g.batch * g.out[0] * g.out[1] * len(taps) * g.filters,
    )


def add_weight_gradient(dw, x, dy, p, add):
    """Run plan ``p``: add to ``dw``, or overwrite it."""
    if not add:
        launch(clear, dw.reshape(-1))
    if dy.size == 0:
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(threads(), p.chunks)
    shapes = ((workers, size) for size in p.sizes)
    *scratch, parts = memory.scratch(x.dtype, *shapes, (p.chunks, dw.size))
    flat = dw.reshape(-1), x.reshape(-1), dy.reshape(-1)
    launch(_run, *flat, parts, *scratch, p.taps, p.pairs, p.planar)


@driver
def _run(dw, x, dy, parts, inputs, outputs, lines, sums, taps, pairs, planar):
    arguments = parts, x, dy, inputs, outputs, lines, sums, taps, pairs, planar[0]
    share(_chunks, len(inputs), arguments)
    for k in range(len(parts)):
        for i in range(dw.size):
            dw[i] += parts[k, i]


@inner
def _chunks(parts, x, dy, inputs, outputs, lines, sums, taps, pairs, p, worker, workers):
    """This worker's share of the chunks of blocks."""
    chunks, tasks = len(parts), p.batch * p.row_blocks
    scratch = inputs[worker], outputs[worker], lines[worker]
    for array in scratch:  # what is met beyond a block counts for nothing, but may be no NaN
        simd.clear(array, 0, array.size)
    for k in range(chunks * worker // workers, chunks * (worker + 1) // workers):
        simd.clear(sums[worker], 0, sums[worker].size)
        for task in range(tasks * k // chunks, tasks * (k + 1) // chunks):
            _block(sums[worker], x, dy, scratch, taps, task, p)
        _add_lanes(parts[k], sums[worker], lines[worker], taps.size, pairs, p)


@inner
def _block(sums, x, dy, scratch, taps, task, p):
    """Add the products of one block of rows to the sums of all taps and filters."""
    planes, dy_planes, line = scratch
    image, first, rows = block_of(task, p)
    split_inputs(planes, line, x, image, first, rows, p)
    for i in range(rows):
        at = (image * p.out_height + first + i) * p.out_width * p.filters
        to, width = i * p.row, p.out_width
        split_row(dy_planes, to, p.plane, line, dy, at, 0, width, p.row, p.filters)
    places = rows * p.row
    end = places + -places % simd.width(x)  # whole vectors
    for f in range(p.filters):
        simd.clear(dy_planes, f * p.plane + places, end - places)
    at = 0
    for tap in range(0, taps.size, TAPS):
        for f in range(0, p.filters, FILTERS):
            _pairs(sums, at, planes, taps, tap, dy_planes, f * p.plane, end, p)
            at += PAIRS * simd.width(x)


@inlined
def _pairs(sums, at, planes, taps, tap, dy_planes, dy_at, end, p):
    """Some taps and some filters, over all places."""
    lanes = simd.width(sums)
    tile = simd_rows.load_rows(PAIRS, 1, sums, at, lanes, None)
    for place in range(0, end, lanes):
        ours = simd_rows.load_table(TAPS, planes, taps, tap, place)
        theirs = simd_rows.load_rows(FILTERS, 1, dy_planes, dy_at + place, p.plane, None)
        tile = simd_rows.add_pairs(tile, ours, theirs)
    simd_rows.store_rows(sums, at, lanes, None, tile)


@inner
def _add_lanes(part, sums, line, taps, pairs, p):
    """The sums of one chunk, the lanes of each together, in the order of ``dw``."""
    lanes, at = simd.width(part), 0
    for tap in range(0, taps, TAPS):
        for f in range(0, p.filters, FILTERS):
            tile = simd_rows.load_rows(PAIRS, 1, sums, at, lanes, None)
            simd_rows.store_sums(line, pairs, 0, tile)
            at += PAIRS * lanes
            for pair in range(PAIRS):
                to, column = (tap + pair // FILTERS) * p.filters, f + pair % FILTERS
                if to < part.size and column < p.filters:
                    part[to + column] = line[pair]
