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

import numba
import numpy as np

from .. import memory
from ..jit import parallel, prange, serial
from . import plan, simd
from .gather import Input, block_of, gather
from .tiles import ROWS, Finish, Left, Out, Right, product


class Work(NamedTuple):
    """Sizes and steps, in elements; a unit is one split, row part and block of columns.

    ``clipped``: every tap sums over the places that it meets inside the input; otherwise the
    block's input comes with its border's zeros and all taps sum over all places.
    """

    filters: int
    group_channels: int
    clipped: bool
    x_step: int
    stride2: int
    run_length: int  # places in one run; 0 where all of a block's places make one
    splits: int
    row_parts: int
    part_rows: int
    y_image: int
    y_plane: int
    y_row: int


class Plan(NamedTuple):
    """All integers of one weight gradient; the tables are those of :mod:`plan`."""

    taps: np.ndarray
    rows: np.ndarray
    dw_rows: np.ndarray
    runs: np.ndarray
    columns: np.ndarray
    source: Input
    work: Work
    scratch_size: int
    block_places: int
    units: int
    flops: int


def make_plan(batch, axes, channels, groups, filters, dtype):
    """Plan the weight gradient of the correlation over ``axes``."""
    outputs = [axis.count for axis in axes]
    if all(axis.pointwise for axis in axes):  # every pixel of every image is like the other
        batch *= prod(outputs)
        outputs = [1, 1, 1]
        axes = [plan.POINT] * 3
    group_channels = channels // groups
    border = not all(axis.inside for axis in axes)
    clipped = border and group_channels >= 2 * ROWS  # else the tiles would be cut up
    cut = plan.layout(batch, axes, channels, dtype.itemsize, clipped)
    rows = np.add.outer(plan.tap_offsets(axes, cut.strides), np.arange(group_channels)).ravel()
    x_step = axes[2].stride * channels
    one_run = not clipped and bool(np.all(np.diff(cut.x_rows) == x_step))
    columns = plan.columns(filters, groups, dtype)
    row_parts = min(-(-len(rows) // ROWS), -(-plan.TASKS // len(columns.table)))
    part_rows = -(-len(rows) // (row_parts * ROWS)) * ROWS
    row_parts = -(-len(rows) // part_rows)
    parts = row_parts * len(columns.table)
    blocks = prod(cut.blocks)
    splits = min(blocks, -(-plan.TASKS // parts))
    y = plan.strides_of(outputs, filters)
    work = Work(
        filters=filters,
        group_channels=group_channels,
        clipped=clipped,
        x_step=x_step,
        stride2=axes[2].stride,
        run_length=0 if one_run else axes[2].count,
        splits=splits,
        row_parts=row_parts,
        part_rows=part_rows,
        y_image=y[0],
        y_plane=y[1],
        y_row=y[2],
    )
    return Plan(
        taps=np.array(list(product_of(*(axis.taps for axis in axes))), np.int64),
        rows=rows,
        dw_rows=np.arange(len(rows), dtype=np.int64) * filters,
        runs=cut.x_rows[:1] if one_run else np.ascontiguousarray(cut.x_rows[:: axes[2].count]),
        columns=columns.table,
        source=plan.source(batch, axes, channels, cut),
        work=work,
        scratch_size=cut.scratch,
        block_places=len(cut.x_rows),
        units=splits * parts,
        flops=2 * batch * prod(outputs) * len(rows) * filters,
    )


@lru_cache(maxsize=1024)
def weight_gradient_plan(g, dtype):
    """The plan of the weight gradient of the convolution ``g``."""
    return make_plan(g.batch, plan.forward_axes(g), g.channels, g.groups, g.filters, dtype)


@lru_cache(maxsize=1024)
def dense_weight_gradient_plan(rows, inner, columns, dtype):
    """The plan of ``[rows, inner].T @ [rows, columns]``."""
    return make_plan(rows, [plan.POINT] * 3, inner, 1, columns, dtype)


def add_weight_gradient(dw, x, dy, p):
    """Run plan ``p``: add to ``dw``."""
    if p.units == 0:
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(numba.get_num_threads(), p.units)
    lanes = simd.lanes(x.dtype)
    scratch = memory.empty((workers, p.scratch_size), x.dtype)
    panels = memory.empty((workers, p.block_places * simd.VECTORS * lanes), x.dtype)
    splits = p.work.splits
    sums = dw.reshape(1, -1) if splits == 1 else memory.empty((splits, dw.size), x.dtype)
    run = _serially if workers == 1 else _in_parallel
    run(
        dw.reshape(-1),
        sums,
        x.reshape(-1),
        dy.reshape(-1),
        scratch,
        panels,
        p.taps,
        p.rows,
        p.dw_rows,
        p.runs,
        p.columns,
        p.source,
        p.work,
    )


@serial
def _pack_columns(panel, dy, at, places, filters, count, width):
    """Columns that do not fill their vectors, filled up with zeros."""
    for place in range(places):
        simd.copy(panel, place * width, dy, at + place * filters, count)
        simd.clear(panel, place * width + count, width - count)


@serial
def _units(sums, x, dy, scratch, panel, taps, rows, dw_rows, runs, columns, g, work, first, last):
    parts = work.row_parts * len(columns)
    blocks = g.image_blocks * g.planes * g.row_blocks
    for split in range(first // parts, -(-last // parts)):
        first_part = max(first - split * parts, 0)
        last_part = min(last - split * parts, parts)
        first_block = split * blocks // work.splits
        last_block = (split + 1) * blocks // work.splits
        for index in range(first_block, last_block):
            block = block_of(g, index)
            x_start = gather(scratch, x, g, block)
            add = work.splits == 1 or index > first_block
            for part in range(first_part, last_part):
                _unit(
                    sums[split], x, dy, scratch, panel, taps, rows, dw_rows, runs, columns, g, work,
                    block, x_start, add, part,
                )  # fmt: skip


@serial
def _unit(
    sums,
    x,
    dy,
    scratch,
    panel,
    taps,
    rows,
    dw_rows,
    runs,
    columns,
    g,
    work,
    block,
    x_start,
    add,
    part,
):
    lanes = simd.VECTOR_BYTES // x.itemsize
    image, images, plane, row, block_rows = block
    places = images * block_rows * g.columns
    column, count, group, _ = columns[part // work.row_parts]
    first_row = part % work.row_parts * work.part_rows
    last_row = min(first_row + work.part_rows, rows.size)
    y_start = image * work.y_image + plane * work.y_plane + row * work.y_row + column
    source = scratch if g.gathered else x
    step = work.filters
    vectors = dy
    if count % lanes != 0:
        step = -(-count // lanes) * lanes
        _pack_columns(panel, dy, y_start, places, work.filters, count, step)
        vectors = panel
        y_start = 0
    out = Out(sums, dw_rows, column, count, add)
    finish = Finish(dy, 0, False, False)
    x_offset = x_start + group * work.group_channels
    if not work.clipped:
        length = work.run_length if work.run_length > 0 else places
        left = Left(source, rows, x_offset, work.x_step, runs, 0, places // length, length)
        right = Right(vectors, y_start, length * step, step)
        product(first_row, last_row, out, left, right, finish)
        return
    while first_row < last_row:
        tap = first_row // work.group_channels
        end = min((tap + 1) * work.group_channels, last_row)
        t0, t1, t2 = taps[tap]
        top, bottom = _inside(row * g.stride1 + g.start1 + t1, g.stride1, block_rows, g.size1)
        start, stop = _inside(g.start2 + t2, work.stride2, g.columns, g.size2)
        if not 0 <= plane * g.stride0 + g.start0 + t0 < g.size0:
            bottom = top
        at = x_offset + start * work.x_step
        left = Left(source, rows, at, work.x_step, runs, top, bottom, stop - start)
        right = Right(vectors, y_start + start * step, g.columns * step, step)
        product(first_row, end, out, left, right, finish)
        first_row = end


@serial
def _inside(position, stride, count, size):
    """First and last of the ``count`` places whose input ``position + i * stride`` exists."""
    first = min(max(-(position // stride), 0), count)
    return first, max(min((size - 1 - position) // stride + 1, count), first)


@serial
def _serially(dw, sums, x, dy, scratch, panels, taps, rows, dw_rows, runs, columns, g, work):
    units = work.splits * work.row_parts * len(columns)
    _units(
        sums, x, dy, scratch[0], panels[0], taps, rows, dw_rows, runs, columns, g, work, 0, units
    )
    if work.splits > 1:
        _add_splits(dw, sums, 0, dw.size)


@serial
def _add_splits(dw, sums, first, last):
    for split in range(len(sums)):
        for i in range(first, last):
            dw[i] += sums[split, i]


@parallel
def _in_parallel(dw, sums, x, dy, scratch, panels, taps, rows, dw_rows, runs, columns, g, work):
    workers = len(scratch)
    units = work.splits * work.row_parts * len(columns)
    for worker in prange(workers):
        first, last = worker * units // workers, (worker + 1) * units // workers
        _units(
            sums, x, dy, scratch[worker], panels[worker], taps, rows, dw_rows, runs, columns, g,
            work, first, last,
        )  # fmt: skip
    if work.splits > 1:
        _add_splits(dw, sums, 0, dw.size)
