"""The driver of convolution, of its input gradient and of dense layers.

``y[n, i, f] = b[f] + sum_{taps t, channels c} x[n, i * stride + start + t, c] * w[t, c, f]``

Weights are packed first into panels of at most two vectors of filters, so that the micro-kernel
reads them in order. Then every task takes one block of places (gathered with its border's zeros,
or read in place) and a part of the filters, and writes its results once.
"""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numba
import numpy as np

from .. import memory
from ..jit import inner, parallel, prange
from . import plan, simd
from .gather import block_of, gather
from .panels import Weights, pack, pack_block, pack_rows, vectors_of
from .tiles import ROWS, Finish, Left, Out, Right, product, table

FEW_PLACES_SUM = 128  # rows of weights that a few places take at once
STREAM_BYTES = 12 << 20  # of an output that leaves the caches before its next use
WHOLE_BYTES = 1 << 24  # of a few pixels: taken as one block, they meet every weight once
FEW_PLACES_PARTS = 4  # so that these rows are long
SMALL_PANELS = 1 << 14  # numbers that one thread copies before another has woken up
SAME_SET = 4096  # bytes: see ``plan.layout``
FEW_PLACES = 256  # so few uses of a weight do not repay its copy into a panel


class Work(NamedTuple):
    """What a task needs to know beside its block; steps in elements."""

    length: int
    group_channels: int
    parts: int
    banded: bool
    clear: bool
    y_image: int
    y_plane: int
    y_row: int
    y_start: int
    biased: bool
    relu: bool
    alone: bool
    by_rows: bool
    row_step: int
    stream: bool


class Tables(NamedTuple):
    """Offsets, as :mod:`plan` makes them."""

    taps: np.ndarray
    x_rows: np.ndarray
    y_rows: np.ndarray
    runs: np.ndarray
    run_rows: np.ndarray
    chunks: np.ndarray
    columns: np.ndarray


class Plan(NamedTuple):
    """All integers of one correlation; ``source``, ``weights`` and ``work`` as records."""

    tables: Tables
    source: np.ndarray
    weights: np.ndarray
    work: np.ndarray
    alone: bool
    stream: bool
    panel_size: int
    scratch_size: int
    tasks: int
    flops: int


def make_plan(
    batch, axes, channels, groups, filters, dtype, taps, weights, biased, relu, clear=False
):
    """Plan a correlation over ``axes``; ``taps`` are the places of its taps in the kernel.

    ``clear`` says that it writes zeros to all places of a two-dimensional ``y`` but its own.
    """
    outputs = [axis.out_size for axis in axes]
    if all(axis.pointwise for axis in axes):  # every pixel of every image is like the other
        batch *= prod(outputs)
        outputs = [1, 1, 1]
        axes = [plan.POINT] * 3
    places = batch * prod(axis.count for axis in axes)
    few = places <= FEW_PLACES
    weights = weights._replace(in_place=weights.in_place and few)
    most = WHOLE_BYTES if few and axes == [plan.POINT] * 3 else plan.BLOCK_BYTES
    cut = plan.layout(batch, axes, channels, dtype.itemsize, same_set=SAME_SET, block_bytes=most)
    runs, run_rows, length = plan.runs(axes, cut.strides, groups, channels)
    columns = plan.columns(filters, groups, dtype)
    y = plan.strides_of(outputs, filters)
    steps = [axis.out_step * step for axis, step in zip(axes, y[1:])]
    y_rows = plan.grid_offsets((cut.images, y[0]), (cut.rows, steps[1]), (axes[2].count, steps[2]))
    blocks = prod(cut.blocks)
    alone = blocks == 1  # no weight is used twice: its panel need not outlive its use
    by_rows = alone and weights.in_place and groups == 1
    longest = FEW_PLACES_SUM if by_rows else plan.LONGEST_SUM
    tasks = FEW_PLACES_PARTS if by_rows else plan.TASKS
    parts = 1 if clear else min(len(columns.table), -(-tasks // max(blocks, 1)))
    sums = len(runs) * length
    chunks = plan.chunks(len(runs), length, longest)
    panel_size, row_step = sums * columns.width, 0
    if alone:
        panel = simd.VECTORS * simd.lanes(dtype)
        panel_size = sums * panel
        if by_rows:  # a line more than a row: powers of two apart, they would share few sets
            row_step = -(-len(columns.table) // parts) * panel + plan.LINE_BYTES // dtype.itemsize
            panel_size = plan.longest_chunk(chunks, length) * row_step
    lines = all(step * dtype.itemsize % simd.VECTOR_BYTES == 0 for step in (*y, filters // groups))
    large = prod(outputs) * batch * filters * dtype.itemsize >= STREAM_BYTES
    stream = large and lines and len(chunks) == 1
    work = Work(
        length=length,
        group_channels=channels // groups,
        parts=parts,
        banded=cut.gathered and cut.images == axes[0].extent == 1 and axes[2].count >= ROWS,
        clear=clear,
        y_image=y[0],
        y_plane=steps[0],
        y_row=steps[1],
        y_start=sum(axis.out_start * step for axis, step in zip(axes, y[1:])),
        biased=biased,
        relu=relu,
        alone=alone,
        by_rows=by_rows,
        row_step=row_step,
        stream=stream,
    )
    tables = Tables(
        taps=np.array(taps, np.int64),
        x_rows=table(cut.x_rows),
        y_rows=table(y_rows),
        runs=runs,
        run_rows=run_rows,
        chunks=chunks,
        columns=columns.table,
    )
    return Plan(
        tables=tables,
        source=plan.record(plan.source(batch, axes, channels, cut)),
        weights=plan.record(weights),
        work=plan.record(work),
        alone=alone,
        stream=stream,
        panel_size=panel_size,
        scratch_size=cut.scratch,
        tasks=blocks * parts,
        flops=2 * places * sums * filters,
    )


@lru_cache(maxsize=1024)
def forward_plan(g, dtype, biased, relu):
    """The plan of the convolution ``g``."""
    channels = g.channels // g.groups
    weights = Weights(channels, channels * g.filters, g.filters, 1, 0, in_place=True)
    axes = plan.forward_axes(g)
    taps = range(prod(g.kernel))
    return make_plan(
        g.batch, axes, g.channels, g.groups, g.filters, dtype, taps, weights, biased, relu
    )


@lru_cache(maxsize=1024)
def dense_plan(rows, inner, columns, dtype, biased, relu):
    """The plan of ``[rows, inner] @ [inner, columns]``: a convolution of single pixels."""
    weights = Weights(inner, inner * columns, columns, 1, 0, in_place=True)
    axes = [plan.POINT] * 3
    return make_plan(rows, axes, inner, 1, columns, dtype, (0,), weights, biased, relu)


@lru_cache(maxsize=1024)
def transposed_dense_plan(rows, inner, columns, dtype):
    """The plan of ``[rows, inner] @ [columns, inner].T``."""
    weights = Weights(inner, inner * columns, 1, inner, 0)
    axes = [plan.POINT] * 3
    return make_plan(rows, axes, inner, 1, columns, dtype, (0,), weights, False, False)


def correlate(y, x, w, b, p):
    """Run plan ``p``: overwrite ``y``."""
    if p.tasks == 0:
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(numba.get_num_threads(), p.tasks)
    panels = memory.empty((workers if p.alone else 1, p.panel_size), x.dtype)
    scratch = memory.empty((workers, p.scratch_size), x.dtype)
    bias = panels[0] if b is None else b
    work = p.work
    if p.stream and y.ctypes.data % simd.VECTOR_BYTES:
        work = work.copy()
        work["stream"] = 0
    y, x, w = y.reshape(-1), x.reshape(-1), w.reshape(-1)
    _run(y, x, w, bias, panels, scratch, p.tables, p.source, p.weights, work)


@parallel
def _run(y, x, w, b, panels, scratch, tables, source, weights, work):
    workers = len(scratch)
    if workers == 1:  # without a word to the other threads
        if work[0].alone == 0:
            pack(panels[0], w, tables.taps, tables.columns, weights[0], 0, 1)
        _tasks(y, x, w, panels, b, scratch, tables, source[0], weights[0], work[0], 0, 1)
        return
    if work[0].alone == 0:
        if panels.size <= SMALL_PANELS:
            pack(panels[0], w, tables.taps, tables.columns, weights[0], 0, 1)
        else:
            for worker in prange(workers):
                pack(panels[0], w, tables.taps, tables.columns, weights[0], worker, workers)
    for worker in prange(workers):
        _tasks(y, x, w, panels, b, scratch, tables, source[0], weights[0], work[0], worker, workers)


@inner
def _tasks(y, x, w, panels, b, scratch, tables, g, weights, work, worker, workers):
    """This worker's share of the tasks: a block of places and a part of the columns each."""
    tasks = g.image_blocks * g.planes * g.row_blocks * work.parts
    columns, chunks = len(tables.columns), len(tables.chunks)
    panels = panels[worker] if work.alone else panels[0]
    before = -1
    x_start = 0
    for task in range(worker * tasks // workers, (worker + 1) * tasks // workers):
        index, part = task // work.parts, task % work.parts
        block = block_of(g, index)
        if index != before:
            x_start = gather(scratch[worker], x, g, block)
            before = index
        if work.clear:
            _clear(y, g, work, block)
        source = scratch[worker] if g.gathered else x
        c_first, c_last = part * columns // work.parts, (part + 1) * columns // work.parts
        if work.by_rows:
            _by_rows(
                y, source, w, panels, b, tables, g, weights, work, block, x_start, c_first, c_last
            )
            continue
        for c in range(c_first, c_last):
            if work.alone:
                pack_block(panels, w, tables.taps, tables.columns, weights, c)
            right = vectors_of(
                w,
                panels,
                tables.columns,
                weights,
                tables.runs.size,
                work.length,
                c,
                work.alone != 0,
            )
            _columns(y, source, right, b, tables, g, work, block, x_start, c, 0, chunks)


@inner
def _by_rows(y, source, w, panels, b, tables, g, weights, work, block, x_start, c_first, c_last):
    """A part of the columns for few places: the weights are read once, from end to end."""
    column, end, step = tables.columns[c_first][0], tables.columns[c_last - 1], work.row_step
    for chunk in range(len(tables.chunks)):
        run, run_end, k, k_end = tables.chunks[chunk]
        first, last = run * work.length + k, (run_end - 1) * work.length + k_end
        pack_rows(panels, w, weights, first, last, column, end[0] + end[1], step)
        for c in range(c_first, c_last):
            start = tables.columns[c][0] - column - first * step
            right = Right(panels, start, work.length * step, step)
            _columns(y, source, right, b, tables, g, work, block, x_start, c, chunk, chunk + 1)


@inner
def _clear(y, g, work, block):
    """Zeros in all rows of ``y`` from the block's first one to the next block's."""
    image, images, _, top, rows = block
    at = top * work.y_row
    end = at + rows * work.y_row if top + rows < g.row_count else work.y_image
    for n in range(image, image + images):
        simd.clear(y, n * work.y_image + at, end - at)


@inner
def _columns(y, source, right, b, tables, g, work, block, x_start, c, first_chunk, end_chunk):
    """All places of a block, one block of columns, some chunks of the sum."""
    image, images, plane, top, rows = block
    column, count, group, _ = tables.columns[c]
    y_start = image * work.y_image + plane * work.y_plane + top * work.y_row + work.y_start
    x_offset = x_start + group * work.group_channels
    last_chunk = len(tables.chunks) - 1
    row = top
    while row < top + rows:
        place = (row - top) * g.columns
        row, first_run, last_run = _band(g, work, tables.run_rows, row, top + rows)
        end = (row - top) * g.columns * images
        for chunk in range(first_chunk, end_chunk):
            run, run_end, k, k_end = tables.chunks[chunk]
            run, run_end = max(run, first_run), min(run_end, last_run)
            out = Out(y, tables.y_rows, y_start + column, count, chunk > 0, work.stream != 0)
            left = Left(
                source, tables.x_rows, x_offset + k, 1, tables.runs, run, run_end, k_end - k
            )
            at = right.offset + k * right.step
            vectors = Right(right.array, at, right.run_step, right.step)
            biased = work.biased != 0 and chunk == 0
            relu = work.relu != 0 and chunk == last_chunk
            product(place, end, out, left, vectors, Finish(b, column, biased, relu))


@inner
def _band(g, work, run_rows, row, end):
    """The rows from ``row`` on that meet the same runs: ``(their end, first run, last run)``."""
    if not work.banded:
        return end, 0, run_rows.size
    first, last = _met(g, run_rows, row)
    row += 1
    while row < end and _met(g, run_rows, row) == (first, last):
        row += 1
    return row, first, last


@inner
def _met(g, run_rows, row):
    """First and last of the runs that row ``row`` of the output meets inside the input."""
    first, last = 0, run_rows.size
    top = row * g.stride1 + g.start1
    while first < last and top + run_rows[first] < 0:
        first += 1
    while last > first and top + run_rows[last - 1] >= g.size1:
        last -= 1
    return first, last
