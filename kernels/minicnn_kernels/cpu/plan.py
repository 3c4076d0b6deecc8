"""Where things lie: a convolution's places, taps and blocks as tables of offsets.

Everything here is integers computed once for a shape and kept; the drivers in ``correlation.py``
and ``weight_gradient.py`` only add offsets. One spatial axis of a correlation is an :class:`Axis`:
place ``i`` of the output looks at the input from ``start + i * stride`` on, at its ``taps``.
Three axes always; a 2-D convolution has a first axis of length one.
"""

from functools import cache
from itertools import pairwise, product
from math import prod
from typing import NamedTuple

import numpy as np

from . import simd
from .gather import Input

BLOCK_BYTES = 384 * 1024  # input of one block: it shares the second-level cache with weights
BLOCK_PLACES = 14 * 32
LEAST_TASKS = 4  # of one convolution: small images are not put together into fewer
BLOCK_START = 8  # rows of places that beginning a block costs
SMALL_TILE = 4  # rows of the tiles that take what large ones leave (``tiles.FEW_ROWS``)
LINE_BYTES = 64
TASKS = 16  # enough to keep many threads busy; a constant, so that results depend on no machine
LONGEST_SUM = 2560  # steps: their weights stay in the cache, and rounding errors small
SERIAL_FLOPS = 600_000  # below this, waking other threads costs more than it saves


@cache
def _record_type(names):
    return np.dtype((np.record, [(name, np.int64) for name in names]))


def record(*parts):
    """Named tuples of integers as an array of one record that has all their fields.

    Compiled code reads its fields by name too, and takes it from Python in a tenth of the time.
    """
    names = sum((part._fields for part in parts), ())
    return np.array([sum(map(tuple, parts), ())], _record_type(names))


class Axis(NamedTuple):
    """One axis of a correlation; offsets in elements of that axis."""

    size: int
    count: int
    stride: int
    start: int
    taps: tuple
    out_size: int
    out_start: int
    out_step: int

    @property
    def extent(self):
        return self.taps[-1] + 1 if self.taps else 1

    @property
    def inside(self):
        """Whether no tap of any place falls outside the input."""
        last = self.start + (self.count - 1) * self.stride + self.extent
        return not self.taps or (self.start >= 0 and last <= self.size)

    @property
    def single(self):
        """Whether every output looks at one input position."""
        return self.taps == (0,) and self.out_start == 0 and self.count == self.out_size

    @property
    def pointwise(self):
        """Whether every input position meets exactly the output at the same position."""
        return self.single and (self.stride, self.start) == (1, 0) and self.size == self.count


POINT = Axis(1, 1, 1, 0, (0,), 1, 0, 1)
POINTS = [POINT] * 3


def as_points(batch, axes):
    """``(batch, axes, picked from)``: where every place looks at one pixel, a batch of pixels.

    ``picked from`` are the axes of the images that hold these; ``None`` if all pixels are met in
    their order, or if there are more to a place.
    """
    whole = all(axis.single and axis.inside for axis in axes)
    if not whole or axes == POINTS:
        return batch, axes, None
    picked_from = None if all(axis.pointwise for axis in axes) else axes
    return batch * prod(axis.count for axis in axes), POINTS, picked_from


def forward_axes(g):
    """The axes of the convolution ``g`` itself, made three."""
    axes = [
        Axis(n, o, s, -before, tuple(range(0, k * d, d)), o, 0, 1)
        for n, o, s, (before, _), k, d in zip(
            g.size, g.out, g.strides, g.padding, g.kernel, g.dilations
        )
    ]
    return [POINT] * (3 - len(axes)) + axes


def gradient_axes(g):
    """The axes of every correlation of ``dy`` that together make ``dx``, with their taps' places.

    With stride ``s`` the inputs of one residue modulo ``s`` meet the same taps, those of the same
    residue: each residue is a correlation of stride one, with the taps in reverse order.
    """
    choices = [
        _residues(*sizes)
        for sizes in zip(g.size, g.out, g.strides, g.padding, g.kernel, g.dilations)
    ]
    for chosen in product(*choices):
        axes, taps = zip(*chosen)
        places = [0]
        for tap, size in zip(taps, g.kernel):
            places = [place * size + t for place in places for t in tap]
        yield [POINT] * (3 - len(axes)) + list(axes), places


def _residues(size, out, stride, padding, kernel, dilation):
    before, _ = padding
    found = []
    for first in range(min(stride, size)):
        taps = [t for t in reversed(range(kernel)) if (first + before - t * dilation) % stride == 0]
        offsets = [(first + before - t * dilation) // stride for t in taps]
        start = offsets[0] if taps else 0
        count = -(-(size - first) // stride)
        offsets = tuple(offset - start for offset in offsets)
        found.append((Axis(out, count, 1, start, offsets, size, first, stride), taps))
    return found


class Layout(NamedTuple):
    """How places are cut into blocks and where a block's input lies.

    A block is ``images`` images, one place of the first axis and ``rows`` of the second. Its
    input is read from ``x`` itself, or (``gathered``) from a copy with the border's zeros, or
    (``picked``) from a copy of its pixels.
    """

    gathered: bool
    picked: bool
    images: int
    rows: int
    strides: tuple  # of the block's input: image, first, second, third axis
    blocks: tuple  # number of blocks: of images, of places of the first axis, of rows
    x_rows: np.ndarray  # offset of each of the block's places in its input

    @property
    def scratch(self):
        """Elements of the copy of one block."""
        return self.images * self.strides[0] if self.gathered else 0


def layout(
    batch,
    axes,
    channels,
    itemsize,
    picked_from=None,
    clipped=False,
    same_set=0,
    block_bytes=BLOCK_BYTES,
    shares=LEAST_TASKS,
):
    """Cut ``batch`` images into blocks; depends on shapes only, never on the machine's threads.

    ``picked_from``: what :func:`as_points` returned. ``clipped`` says that the driver keeps
    within the borders by itself, one image at a time; ``same_set`` that pixels a multiple of so
    many bytes apart would share too few sets of the first-level cache: then single pixels are
    gathered too, to lie a line further apart. ``shares``: in how many the work on one block can be
    shared out.
    """
    planes, rows, columns = axes
    inside = all(axis.inside for axis in axes)
    single = inside and all(axis.taps == (0,) and axis.stride == 1 for axis in axes)
    spread = single and same_set and channels * itemsize % same_set == 0
    picked = picked_from is not None or (spread and axes == POINTS)
    gathered = picked or spread or not (clipped or inside)
    pixel = channels + (LINE_BYTES // itemsize if spread else 0)
    places = planes.count * rows.count * columns.count
    row_bytes = (columns.count * columns.stride) * rows.stride * channels * itemsize
    most = max(block_bytes // (row_bytes * planes.extent), 1)
    wanted = -(-BLOCK_PLACES // columns.count)
    cut = -(-rows.count // min(most, wanted, rows.count))
    block_rows = -(-rows.count // cut)
    images = 1
    if places < BLOCK_PLACES and planes.count == 1 and not clipped:
        most = min(block_bytes // (row_bytes * rows.count), batch * shares // LEAST_TASKS)
        images = _images(batch, places, max(most, 1))
    if images > 1:
        block_rows = rows.count
    strides = strides_of([axis.size for axis in axes], channels)
    if gathered:
        strides = strides_of(
            [
                planes.extent,
                (block_rows - 1) * rows.stride + rows.extent,
                (columns.count - 1) * columns.stride + columns.extent,
            ],
            pixel,
        )
    blocks = (-(-batch // images), planes.count, -(-rows.count // block_rows))
    x_rows = grid_offsets(
        (images, strides[0]),
        (block_rows, rows.stride * strides[2]),
        (columns.count, columns.stride * strides[3]),
    )
    return Layout(gathered, picked, images, block_rows, strides, blocks, x_rows)


def _images(batch, places, most):
    """How many images make one block, so that their places fill tiles and all tasks are alike."""
    limit = min(-(-BLOCK_PLACES // places), most, max(batch, 1))

    def cost(images):  # as if the last block were as large as all others: somebody else waits
        return -(-batch // images) * (tile_rows(images * places) + BLOCK_START), -images

    return min(range(1, limit + 1), key=cost)


def tile_rows(places):
    """Rows of the tiles that ``places`` take; those of a small tile cost half as much again."""
    rest = places % simd.ROWS
    small = SMALL_TILE * -(-rest // SMALL_TILE)
    if small > simd.ROWS - SMALL_TILE:
        return places - rest + simd.ROWS
    return places - rest + 1.5 * small


def source(batch, axes, channels, cut, picked_from=None):
    """The same facts for the compiled code: a :class:`gather.Input`."""
    planes, rows, columns = axes
    read = picked_from or axes
    return Input(
        batch=batch,
        **{f"size{i}": axis.size for i, axis in enumerate(read)},
        channels=channels,
        gathered=cut.gathered,
        picked=cut.picked,
        images=cut.images,
        rows=cut.rows,
        row_count=rows.count,
        columns=columns.count,
        **{f"stride{i}": axis.stride for i, axis in enumerate(read)},
        **{f"start{i}": axis.start for i, axis in enumerate(read)},
        **{f"places{i}": axis.count for i, axis in enumerate(read)},
        extent0=planes.extent,
        extent1=rows.extent,
        width=(columns.count - 1) * columns.stride + columns.extent,
        image_blocks=cut.blocks[0],
        planes=cut.blocks[1],
        row_blocks=cut.blocks[2],
        image_step=cut.strides[0],
        pixel_step=cut.strides[3],
    )


def tap_offsets(axes, strides):
    """Offset of every tap in a block's input, last axis fastest."""
    taps = [np.array(axis.taps, np.int64) * step for axis, step in zip(axes, strides[1:])]
    return (taps[0][:, None, None] + taps[1][:, None] + taps[2]).ravel()


def strides_of(sizes, channels):
    """Strides in elements of an array ``[images, *sizes, channels]``."""
    return (*(prod(sizes[i:]) * channels for i in range(3)), channels)


def grid_offsets(*axes):
    """``sum of index * step`` over a grid of ``(count, step)`` axes, last axis fastest."""
    total = np.zeros(1, np.int64)
    for count, step in axes:
        total = np.add.outer(total, np.arange(count, dtype=np.int64) * step).ravel()
    return total


class Columns(NamedTuple):
    """Filters in blocks of at most two vectors, group by group.

    ``table`` holds for every block: first filter, number of filters, group, first column of its
    panel (of ``lanes`` columns a vector; a sum's step of weights is its panel's width).
    """

    table: np.ndarray
    width: int


def columns(filters, groups, dtype):
    lanes = simd.lanes(dtype)
    per_group = filters // groups
    table, width = [], 0
    for group in range(groups):
        for first in range(0, per_group, simd.VECTORS * lanes):
            count = min(simd.VECTORS * lanes, per_group - first)
            table.append((group * per_group + first, count, group, width))
            width += -(-count // lanes) * lanes
    return Columns(np.array(table, np.int64), width)


def runs(axes, strides, groups, channels):
    """``(offset of every run, its tap of the second axis, its length)``.

    Taps side by side along the last axis make one run, if there are no groups: only then do the
    channels of neighbouring taps follow one another in memory.
    """
    length = channels // groups
    taps = axes[2].taps
    if groups == 1 and taps == tuple(range(len(taps))):
        length *= len(taps)
        axes = (*axes[:2], axes[2]._replace(taps=(0,)))
    rows = np.array(axes[1].taps, np.int64)
    rows = np.tile(np.repeat(rows, len(axes[2].taps)), len(axes[0].taps))
    return tap_offsets(axes, strides), rows, length


def chunks(runs, length, longest=LONGEST_SUM):
    """Parts ``(first run, last run, first step, last step)`` of a sum, none of them too long."""
    if length <= longest:
        parts = max(-(-runs * length // longest), 1)
        cuts = [runs * i // parts for i in range(parts + 1)]
        return np.array([(a, b, 0, length) for a, b in pairwise(cuts)], np.int64)
    parts = -(-length // longest)
    cuts = [length * i // parts for i in range(parts + 1)]
    return np.array([(r, r + 1, a, b) for r in range(runs) for a, b in pairwise(cuts)], np.int64)


def longest_chunk(chunks, length):
    """Terms of the longest of the sums that ``chunks`` returned."""
    runs, steps = chunks[:, 1] - chunks[:, 0], chunks[:, 3] - chunks[:, 2]
    return int(((runs - 1) * length + steps).max(initial=0))
