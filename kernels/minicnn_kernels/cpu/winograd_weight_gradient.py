"""The weight gradient of a 3x3 convolution of stride one, in Winograd's planes.

The transposed algorithm: ``dw += G^T [ sum_tiles (B^T d B) * (A dY A^T) ] G``. For each plane the
sum over tiles is a matrix product of the transformed input, turned, with the transformed ``dy``.

With many tiles, a unit of work is a split of them and a part of the filters. Each split sums block
after block into planes of its own; in the end they are added in order and transformed. Where those
planes would be large beside the work, all tiles are transformed at once, and a unit is one block
of filters: its sums are complete for some channels before the next, and never leave the cache.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import memory
from ..capture import launch
from ..jit import driver, inner, threads
from . import plan, simd
from .chunks import clear
from .team import share
from .tiles import ROWS, Finish, Left, Out, Right, product, table
from .winograd_transforms import (
    add_weights_gradient,
    cut,
    transform_input,
    transform_output_gradient,
)

BLOCK_BYTES = 2 << 20  # of a block's transformed input
SMALLEST_BLOCK = 98  # tiles; fewer would load and store the sums too often
SPLITS = 4
LONGEST_SUM, SHORTEST_SUM = 32, 8  # tiles
WHOLE_BYTES = 16 << 20  # of the transformed input, where it is made at once
WHOLE_CHANNELS = 4 * ROWS  # whose sums stay in the second-level cache


class Work(NamedTuple):
    """Sizes and steps in elements, as ``winograd.Work``; ``s_*`` of the sums, ``z_*`` of ``dy``."""

    longest: int  # of the sums in registers, in tiles
    block: int
    blocks: int
    splits: int
    parts: int
    whole: bool
    v_plane: int
    z_row: int
    z_plane: int
    s_row: int
    s_plane: int


class Tables(NamedTuple):
    """Blocks of columns, offsets of the channels in a plane and of their sums, see ``tiles``."""

    columns: np.ndarray
    v_rows: np.ndarray
    s_rows: np.ndarray
    runs: np.ndarray


class Plan(NamedTuple):
    """All integers of one weight gradient; ``work`` as a record."""

    tables: Tables
    work: np.ndarray
    units: int
    splits: int
    whole: bool
    v_size: int
    z_size: int
    s_size: int


@lru_cache(maxsize=1024)
def weight_gradient_plan(g, dtype, m, threads):
    """The plan of the weight gradient of the convolution ``g`` by ``F(m x m, 3 x 3)``.

    How many parts share the filters is up to ``threads``; no sum depends on it.
    """
    axes = plan.forward_axes(g)
    tiles = cut(m, 3, g.batch, axes, g.channels, g.filters, dtype)
    lanes, planes, count = simd.lanes(dtype), tiles.points**2, tiles.tiles
    panels = plan.columns(g.filters, 1, dtype)
    tile_bytes = planes * tiles.v_row * dtype.itemsize
    splits, whole = _splits(count, g), count * tile_bytes <= WHOLE_BYTES
    if whole and splits == 1:
        block, blocks, parts = max(count, 1), 1, len(panels.table)
    else:
        whole = False
        even = g.channels * g.filters // (g.channels + g.filters)  # sums as large as what they sum
        most = max(BLOCK_BYTES // tile_bytes, SMALLEST_BLOCK, even)
        blocks = splits * -(-count // (splits * most))
        block = max(-(-count // max(blocks, 1)), 1)
        parts = 1 if splits % threads == 0 else min(len(panels.table), threads)
    z_row = -(-len(panels.table) // parts) * simd.VECTORS * lanes
    # One vector more than a plane: powers of two apart, they would share few sets of the cache.
    v_plane, z_plane = block * tiles.v_row + lanes, block * z_row + lanes
    s_row = z_row if whole else panels.width
    s_rows = min(WHOLE_CHANNELS, g.channels) if whole else g.channels
    work = Work(
        longest=max(min(count // 2, LONGEST_SUM), SHORTEST_SUM),
        block=block,
        blocks=blocks,
        splits=splits,
        parts=parts,
        whole=whole,
        v_plane=v_plane,
        z_row=z_row,
        z_plane=z_plane,
        s_row=s_row,
        s_plane=s_rows * s_row + lanes,
    )
    channels = np.arange(g.channels, dtype=np.int64)
    tables = Tables(
        columns=panels.table,
        v_rows=table(channels),
        s_rows=table(channels * s_row),
        runs=np.zeros(1, np.int64),
    )
    return Plan(
        tables=tables,
        work=plan.record(tiles, work),
        units=splits * parts if count else 0,
        splits=splits,
        whole=whole,
        v_size=planes * v_plane,
        z_size=planes * z_plane,
        s_size=planes * work.s_plane,
    )


def _splits(tiles, g):
    """As many as pay: a split costs its sums, and saves transforming the input once more."""
    transformed, sums = tiles * (g.channels + g.filters), g.channels * g.filters
    return max(min(SPLITS, transformed // (4 * sums)), 1)


def add_weight_gradient(dw, x, dy, p, add):
    """Run plan ``p``: add to ``dw``, or overwrite it."""
    if not add:
        launch(clear, dw.reshape(-1))
    if p.units == 0:
        return
    workers = min(threads(), p.units)
    shapes = (
        (1 if p.whole else workers, p.v_size),
        (workers, p.z_size),
        (workers if p.whole else p.splits, p.s_size),
    )
    v, z, sums = memory.scratch(x.dtype, *shapes)
    launch(_run, dw.reshape(-1), x.reshape(-1), dy.reshape(-1), v, z, sums, p.tables, p.work)


@driver
def _run(dw, x, dy, v, z, sums, tables, work):
    workers = len(z)
    if work[0].whole:
        share(_transform_share, workers, (v[0], x, work[0]))
        share(_parts, workers, (dw, sums, dy, v[0], z, tables, work[0]))
    else:
        share(_units, workers, (sums, x, dy, v, z, tables, work[0]))
        share(_add_share, workers, (dw, sums, work[0]))


@inner
def _transform_share(v, x, work, worker, workers):
    """This worker's share of the tiles, transformed."""
    first, last = worker * work.tiles // workers, (worker + 1) * work.tiles // workers
    transform_input(v[first * work.v_row :], x, first, last - first, work)


@inner
def _add_share(dw, sums, work, worker, workers):
    """This worker's share of the channels of ``dw``, from the sums of all splits."""
    first, last = worker * work.channels // workers, (worker + 1) * work.channels // workers
    start = first * work.s_row
    add_weights_gradient(dw, sums, start, first, last, 0, work.filters, work)


@inner
def _parts(dw, sums, dy, v, z, tables, work, worker, workers):
    """This worker's share of the filters, block by block, over all tiles."""
    sums, z = sums[worker : worker + 1], z[worker]
    for c in range(worker * work.parts // workers, (worker + 1) * work.parts // workers):
        start, end = tables.columns[c][0], tables.columns[c][0] + tables.columns[c][1]
        transform_output_gradient(z, dy, 0, work.tiles, start, end, work)
        for first in range(0, work.channels, WHOLE_CHANNELS):
            last = min(first + WHOLE_CHANNELS, work.channels)
            _multiply(sums[0], v, z, c, c + 1, first, last, work.tiles, False, tables, work)
            add_weights_gradient(dw, sums, 0, first, last, start, end, work)


@inner
def _units(sums, x, dy, v, z, tables, work, worker, workers):
    """This worker's share of the units: for each of its splits, block by block, all its parts."""
    v, z = v[worker], z[worker]
    units, columns = work.splits * work.parts, len(tables.columns)
    first, last = worker * units // workers, (worker + 1) * units // workers
    for split in range(first // work.parts, -(-last // work.parts)):
        first_part = max(first - split * work.parts, 0)
        last_part = min(last - split * work.parts, work.parts)
        first_block = split * work.blocks // work.splits
        for block in range(first_block, (split + 1) * work.blocks // work.splits):
            tile = block * work.block
            count = min(work.block, work.tiles - tile)
            transform_input(v, x, tile, count, work)
            for part in range(first_part, last_part):
                c_first = part * columns // work.parts
                c_last = (part + 1) * columns // work.parts
                start, end = tables.columns[c_first][0], tables.columns[c_last - 1]
                transform_output_gradient(z, dy, tile, count, start, end[0] + end[1], work)
                add = block > first_block
                own, channels = sums[split], work.channels
                _multiply(own, v, z, c_first, c_last, 0, channels, count, add, tables, work)


@inner
def _multiply(sums, v, z, c_first, c_last, first, last, count, add, tables, work):
    """The sum over a block's tiles, plane by plane, for the channels ``first .. last``.

    Short sums in registers, two at least, added to memory, keep rounding errors small.
    """
    lanes = simd.width(v)
    base = tables.columns[c_first][3]
    for plane in range(work.points * work.points):
        to = plane * work.s_plane - first * work.s_row
        for tile in range(0, count, work.longest):
            at = plane * work.v_plane + tile * work.v_row
            tiles = min(work.longest, count - tile)
            left = Left(v, tables.v_rows, at, work.v_row, tables.runs, 0, 1, tiles, False)
            for c in range(c_first, c_last):
                column, filters, _, start = tables.columns[c]
                width = -(-filters // lanes) * lanes
                at = plane * work.z_plane + tile * work.z_row + start - base
                right = Right(z, at, 0, work.z_row)
                s_column = 0 if work.whole else column
                out = Out(sums, tables.s_rows, to + s_column, width, add or tile > 0, False)
                product(first, last, out, left, right, Finish(z, 0, False, 0))
