"""The driver of convolution, of its input gradient and of dense layers.

``y[n, i, f] = b[f] + sum_{taps t, channels c} x[n, i * stride + start + t, c] * w[t, c, f]``

Weights are packed into panels of at most two vectors of filters, so that the micro-kernel reads
them in order. Every task takes one block of places (gathered with its border's zeros, or read in
place) and a part of the filters, and writes its results once. See :mod:`correlation_plan`.
"""

from .. import memory
from ..capture import launch
from ..jit import driver, inner, threads
from . import plan, simd
from .gather import block_of, gather
from .panels import pack, pack_block, pack_rows, vectors_of
from .team import share
from .tiles import Finish, Left, Out, Right, product

SMALL_PANELS = 1 << 14  # numbers that one thread copies before another has woken up


def correlate(y, x, w, b, p):
    """Run plan ``p``: overwrite ``y``."""
    if p.tasks == 0:
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(threads(), p.tasks)
    shape = workers if p.alone else 1, p.panel_size
    if p.constant:
        panels = memory.empty(shape, x.dtype, lasting=True)
        (scratch,) = memory.scratch(x.dtype, (workers, p.scratch_size))
    else:
        panels, scratch = memory.scratch(x.dtype, shape, (workers, p.scratch_size))
    bias = panels[0] if b is None else b
    work = p.work
    if p.stream and y.ctypes.data % simd.VECTOR_BYTES:
        work = work.copy()
        work["stream"] = 0
    y, x, w = y.reshape(-1), x.reshape(-1), w.reshape(-1)
    rest = scratch, p.tables, p.source, p.weights
    again = None
    if p.constant:  # the panels are all that is needed of the weights from now on
        again = y, x, panels[0], bias, panels, *rest, _packed(work)
    launch(_run, y, x, w, bias, panels, *rest, work, again=again)


def _packed(work):
    """``work`` for weights that lie in their panels already."""
    work = work.copy()
    work["packed"] = 1
    return work


@driver
def _run(y, x, w, b, panels, scratch, tables, source, weights, work):
    workers = len(scratch)
    if work[0].alone == 0 and work[0].packed == 0:
        packing = 1 if panels.size <= SMALL_PANELS else workers
        share(pack, packing, (panels[0], w, tables.taps, tables.columns, weights[0]))
    arguments = y, x, w, panels, b, scratch, tables, source[0], weights[0], work[0]
    share(_tasks, workers, arguments)


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
        step = 1 if work.by_rows else chunks
        for chunk in range(0, chunks, step):
            if work.by_rows:
                _pack_rows(w, panels, tables, weights, work, c_first, c_last, chunk)
            for c in range(c_first, c_last):
                right = _right(w, panels, tables, weights, work, c_first, c, chunk)
                end = chunk + step
                _columns(y, source, right, b, tables, g, work, block, x_start, c, chunk, end)


@inner
def _pack_rows(w, panels, tables, weights, work, c_first, c_last, chunk):
    """Some rows of the weights of a part of the columns, for few places: read from end to end."""
    run, run_end, k, k_end = tables.chunks[chunk]
    first, last = run * work.length + k, (run_end - 1) * work.length + k_end
    column, end = tables.columns[c_first][0], tables.columns[c_last - 1]
    pack_rows(panels, w, weights, first, last, column, end[0] + end[1], work.row_step)


@inner
def _right(w, panels, tables, weights, work, c_first, c, chunk):
    """The weights of one block of columns, for one chunk (``by_rows``) or for all."""
    if work.by_rows:
        run, _, k, _ = tables.chunks[chunk]
        start = tables.columns[c][0] - tables.columns[c_first][0]
        start -= (run * work.length + k) * work.row_step
        return Right(panels, start, work.length * work.row_step, work.row_step)
    alone = work.alone != 0
    if alone:
        pack_block(panels, w, tables.taps, tables.columns, weights, c)
    runs = tables.runs.size
    return vectors_of(w, panels, tables.columns, weights, runs, work.length, c, alone)


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
                source, tables.x_rows, x_offset + k, 1, tables.runs, run, run_end, k_end - k, True
            )
            at = right.offset + k * right.step
            vectors = Right(right.array, at, right.run_step, right.step)
            biased = work.biased != 0 and chunk == 0
            activation = work.activation if chunk == last_chunk else 0
            product(place, end, out, left, vectors, Finish(b, column, biased, activation))


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
