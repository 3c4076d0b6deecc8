"""The driver of the weight gradients of convolution and of dense layers.

``dw[t, c, f] += sum_{n, i} x[n, i * stride + start + t, c] * dy[n, i, f]``

The rows of a tile are taps and channels, its columns filters; the sum runs over the places of one
block of images and is then added to memory: short sums in registers keep rounding errors small.
Every unit of work owns a part of ``dw``. Where ``dw`` is too small to share out, the images are
split too, each split sums into a buffer of its own, and the buffers are added in order.
"""

from functools import lru_cache
from itertools import product as product_of
from math import prod
from typing import NamedTuple

import numpy as np

from .. import memory
from ..jit import driver, inner, threads
from . import plan, simd
from .gather import block_of, gather
from .panels import copy_whole
from .team import share
from .tiles import ROWS, Finish, Left, Out, Right, product, table

FEW_PLACES = 128
LEAST_PLACES = 256  # of a block of single pixels: with every block all of dw is read and written
MOST_BYTES = 8 << 20  # that these places may take
FAR_BYTES = 24 << 20  # of dy: it comes from memory
NEAR_BYTES = 128 << 10  # of its blocks: the next one has room in the cache beside this one
SAME_SET = 2048  # bytes: see ``plan.layout``


class Work(NamedTuple):
    """Sizes and steps, in elements; a unit is one split, row part and block of columns.

    ``clipped``: every tap sums over the places that it meets inside the input; otherwise the
    block's input comes with its border's zeros and all taps sum over all places. ``joined``: rows
    of places follow one another in the input as if they were one. ``ahead``: see ``product``.
    """

    filters: int
    group_channels: int
    clipped: bool
    joined: bool
    x_step: int
    stride2: int
    run_length: int  # places in one run; 0 where all of a block's places make one
    splits: int
    rows: int
    row_parts: int
    step: int
    y_image: int
    y_plane: int
    y_row: int
    ahead: int


class Tables(NamedTuple):
    """Offsets, as :mod:`plan` makes them; ``rows`` and ``dw_rows`` run over taps and channels."""

    taps: np.ndarray
    rows: np.ndarray
    dw_rows: np.ndarray
    runs: np.ndarray
    columns: np.ndarray


class Plan(NamedTuple):
    """All integers of one weight gradient; ``source`` and ``work`` as records."""

    tables: Tables
    source: np.ndarray
    work: np.ndarray
    splits: int
    scratch_size: int
    panel_size: int
    units: int
    flops: int


def make_plan(batch, axes, channels, groups, filters, dtype):
    """Plan the weight gradient of the correlation over ``axes``."""
    outputs = [axis.count for axis in axes]
    batch, axes, picked_from = plan.as_points(batch, axes)
    if axes == plan.POINTS:
        outputs = [1, 1, 1]
    group_channels = channels // groups
    border = not all(axis.inside for axis in axes)
    clipped = border and group_channels >= 2 * ROWS  # else the tiles would be cut up
    pixels = axes == plan.POINTS  # each is read for one tap only: nothing else need stay near
    block_bytes = plan.BLOCK_BYTES
    if pixels:
        wanted = min(LEAST_PLACES * channels * dtype.itemsize, MOST_BYTES)
        block_bytes = max(2 * block_bytes, wanted)
    sizes = batch, axes, channels, dtype.itemsize, picked_from
    cut = plan.layout(*sizes, clipped, SAME_SET, block_bytes)
    rows = np.add.outer(plan.tap_offsets(axes, cut.strides), np.arange(group_channels)).ravel()
    x_step = cut.strides[0] if pixels else axes[2].stride * channels
    one_run = not clipped and bool(np.all(np.diff(cut.x_rows) == x_step))
    columns = plan.columns(filters, groups, dtype)
    step = group_channels if clipped else ROWS  # parts of whole taps or of whole tiles
    steps = -(-len(rows) // step)
    read, sums = batch * prod(outputs) * (channels + filters), len(rows) * filters
    splits, row_parts = _parts(
        prod(cut.blocks), steps, len(columns.table), read // sums, len(cut.x_rows)
    )
    y = plan.strides_of(outputs, filters)
    work = Work(
        filters=filters,
        group_channels=group_channels,
        clipped=clipped,
        joined=axes[1].stride * cut.strides[2] == axes[2].count * x_step,
        x_step=x_step,
        stride2=axes[2].stride,
        run_length=0 if one_run else axes[2].count,
        splits=splits,
        rows=len(rows),
        row_parts=row_parts,
        step=step,
        y_image=y[0],
        y_plane=y[1],
        y_row=y[2],
        ahead=0 if clipped else _ahead(batch * prod(outputs), len(cut.x_rows), filters, dtype),
    )
    tables = Tables(
        taps=np.array(list(product_of(*(axis.taps for axis in axes))), np.int64),
        rows=table(rows),
        dw_rows=table(np.arange(len(rows), dtype=np.int64) * filters),
        runs=cut.x_rows[:1] if one_run else np.ascontiguousarray(cut.x_rows[:: axes[2].count]),
        columns=columns.table,
    )
    return Plan(
        tables=tables,
        source=plan.record(plan.source(batch, axes, channels, cut, picked_from)),
        work=plan.record(work),
        splits=splits,
        scratch_size=cut.scratch,
        panel_size=len(cut.x_rows) * simd.VECTORS * simd.lanes(dtype),
        units=splits * row_parts * len(columns.table),
        flops=2 * batch * prod(outputs) * len(rows) * filters,
    )


def _ahead(places, block_places, filters, dtype):
    """From each vector of a block of ``dy`` to that of the next block, if that is to be fetched."""
    pixel = filters * dtype.itemsize
    far = places * pixel >= FAR_BYTES and block_places * pixel <= NEAR_BYTES
    return block_places * filters if far and pixel % plan.LINE_BYTES == 0 else 0


def _parts(blocks, steps, columns, reuse, places):
    """``(splits, row parts)``: in how many the images and the rows are shared out.

    ``reuse``: numbers read for each sum. A split costs its sums; it saves other threads from
    reading the same images.
    """
    splits = 1 << max(min(blocks, plan.TASKS, reuse // 8).bit_length() - 1, 0)
    row_parts = min(steps, -(-plan.TASKS // (splits * columns)))
    if row_parts < steps and splits * row_parts * columns % 2:
        row_parts += 1  # an odd one out would have all but one thread wait
    if places < FEW_PLACES:  # dw moves more than all else: go through it in order
        row_parts = max(row_parts, -(-steps // 4))
    return max(splits, min(blocks, -(-plan.TASKS // (row_parts * columns)))), row_parts


@lru_cache(maxsize=1024)
def weight_gradient_plan(g, dtype):
    """The plan of the weight gradient of the convolution ``g``."""
    return make_plan(g.batch, plan.forward_axes(g), g.channels, g.groups, g.filters, dtype)


@lru_cache(maxsize=1024)
def dense_weight_gradient_plan(rows, inner, columns, dtype):
    """The plan of ``[rows, inner].T @ [rows, columns]``."""
    return make_plan(rows, plan.POINTS, inner, 1, columns, dtype)


def add_weight_gradient(dw, x, dy, p, add):
    """Run plan ``p``: add to ``dw``, or overwrite it."""
    if p.units == 0 or x.size == 0:
        if not add:
            dw.fill(0)
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(threads(), p.units)
    shapes = (workers, p.scratch_size), (workers, p.panel_size)
    if p.splits == 1:
        (scratch, panels), sums = memory.scratch(x.dtype, *shapes), dw.reshape(1, -1)
    else:
        scratch, panels, sums = memory.scratch(x.dtype, *shapes, (p.splits, dw.size))
    dw, x, dy = dw.reshape(-1), x.reshape(-1), dy.reshape(-1)
    _run(dw, sums, x, dy, scratch, panels, p.tables, p.source, p.work, add)


@driver
def _run(dw, sums, x, dy, scratch, panels, tables, source, work, add):
    arguments = sums, x, dy, scratch, panels, tables, source[0], work[0], add
    share(_units, len(scratch), arguments)
    if work[0].splits > 1:
        _add_splits(dw, sums, add)


@inner
def _add_splits(dw, sums, add):
    for split in range(len(sums)):
        if split == 0 and not add:
            simd.copy(dw, 0, sums[0], 0, dw.size)
            continue
        for i in range(dw.size):
            dw[i] += sums[split, i]


@inner
def _units(sums, x, dy, scratch, panels, tables, g, work, to_dw, worker, workers):
    """This worker's share of the units: for each of its splits, block by block, all its parts.

    ``to_dw``: the sums are added to what ``dw`` holds.
    """
    parts = work.row_parts * len(tables.columns)
    blocks = g.image_blocks * g.planes * g.row_blocks
    units = work.splits * parts
    first, last = worker * units // workers, (worker + 1) * units // workers
    source = scratch[worker] if g.gathered else x
    for split in range(first // parts, -(-last // parts)):
        first_part, last_part = max(first - split * parts, 0), min(last - split * parts, parts)
        first_block = split * blocks // work.splits
        for index in range(first_block, (split + 1) * blocks // work.splits):
            block = block_of(g, index)
            x_start = gather(scratch[worker], x, g, block)
            add = (to_dw and work.splits == 1) or index > first_block
            for part in range(first_part, last_part):
                column = part % len(tables.columns)
                right = _right(dy, panels[worker], tables, g, work, block, column)
                first_row, last_row = _rows(part // len(tables.columns), work)
                start, count, group, _ = tables.columns[column]
                out = Out(sums[split], tables.dw_rows, start, count, add, False)
                at = x_start + group * work.group_channels
                left = Left(source, tables.rows, at, work.x_step, tables.runs, 0, 0, 0, False)
                _sums(first_row, last_row, out, left, right, tables, g, work, block)


@inner
def _rows(part, work):
    """First and last of the rows of one part: as many tiles, or whole taps, in each."""
    steps = -(-work.rows // work.step)
    first = part * steps // work.row_parts * work.step
    return first, min((part + 1) * steps // work.row_parts * work.step, work.rows)


@inner
def _right(dy, panel, tables, g, work, block, column):
    """The vectors of ``dy`` of one block; columns that leave lanes empty get zeros there.

    Rows that begin inside a line are copied too: two lines for every vector would be read.
    """
    image, images, plane, row, rows = block
    start, count, _, _ = tables.columns[column]
    at = image * work.y_image + plane * work.y_plane + row * work.y_row + start
    lanes = simd.VECTOR_BYTES // dy.itemsize
    if count % lanes == 0 and work.filters * dy.itemsize % plan.LINE_BYTES == 0:
        return Right(dy, at, g.columns * work.filters, work.filters)
    width, places = -(-count // lanes) * lanes, images * rows * g.columns
    if count == simd.VECTORS * lanes:
        copy_whole(panel, 0, dy, at, work.filters, places)
    else:
        for place in range(places):
            simd.copy(panel, place * width, dy, at + place * work.filters, count)
            simd.clear(panel, place * width + count, width - count)
    return Right(panel, 0, g.columns * width, width)


@inner
def _sums(first_row, last_row, out, left, right, tables, g, work, block):
    """Some rows of taps and channels, summed over the block's places."""
    while first_row < last_row:
        met, vectors, end = left, right, last_row
        if work.clipped:
            tap = first_row // work.group_channels
            end = min((tap + 1) * work.group_channels, last_row)
            met, vectors = _met(tables.taps[tap], left, right, g, work, block)
        else:
            places = block[1] * block[4] * g.columns
            length = work.run_length if work.run_length > 0 else places
            met = _runs(left, left.offset, 0, places // length, length)
        finish = Finish(right.array, 0, False, 0)
        product(first_row, end, out, met, vectors, finish, work.ahead)
        first_row = end


@inner
def _met(tap, left, right, g, work, block):
    """The places where a tap meets the input, in the input and in ``dy``."""
    _, _, plane, row, rows = block
    t0, t1, t2 = tap
    top, bottom = _inside(row * g.stride1 + g.start1 + t1, g.stride1, rows, g.size1)
    start, stop = _inside(g.start2 + t2, work.stride2, g.columns, g.size2)
    if not 0 <= plane * g.stride0 + g.start0 + t0 < g.size0:
        bottom = top
    length = stop - start
    if work.joined and length == g.columns and top < bottom:  # whole rows make one run
        length *= bottom - top
        bottom = top + 1
    met = _runs(left, left.offset + start * left.step, top, bottom, length)
    at = right.offset + start * right.step
    return met, Right(right.array, at, right.run_step, right.step)


@inner
def _runs(left, offset, first, last, length):
    return Left(left.array, left.rows, offset, left.step, left.runs, first, last, length, False)


@inner
def _inside(position, stride, count, size):
    """First and last of the ``count`` places whose input ``position + i * stride`` exists."""
    first = min(max(-(position // stride), 0), count)
    return first, max(min((size - 1 - position) // stride + 1, count), first)
