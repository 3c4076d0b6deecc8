"""The driver of the weight gradients of convolution and of dense layers.

``dw[t, c, f] += sum_{n, i} x[n, i * stride + start + t, c] * dy[n, i, f]``

The rows of a tile are taps and channels, its columns filters; the sum runs over the places of one
block of images and is then added to memory: short sums in registers keep rounding errors small.
Every unit of work owns a part of ``dw``. Where ``dw`` is too small to share out, the images are
split too, each split sums into a buffer of its own, and the buffers are added in order. See
:mod:`weight_gradient_plan`.
"""

from .. import memory
from ..capture import launch
from ..jit import driver, inner, threads
from . import plan, simd
from .gather import block_of, gather
from .panels import copy_whole
from .team import share
from .tiles import Finish, Left, Out, Right, product


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
    launch(_run, dw, sums, x, dy, scratch, panels, p.tables, p.source, p.work, add)


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
