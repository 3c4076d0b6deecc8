"""Images as planes: one channel's places side by side, to be taken a vector at a time.

The direct form keeps a vector of filters; of few filters most lanes would be empty. A convolution
in planes keeps a vector of places instead: see :mod:`planar` and :mod:`planar_weight_gradient`.

A block is some rows of outputs of one image. Its planes have the border's zeros on both sides, so
that row after row all places follow one another, whatever the width: a tap lies equally far from
each of them. The few places of the border between two rows are computed for nothing.
"""

from functools import lru_cache
from math import prod
from typing import NamedTuple

from ..jit import inner
from . import simd
from .plan import grid_offsets
from .simd_planes import ALL, join, split

FILTERS, VECTORS = (6, 4) if simd.REGISTERS >= 32 else (4, 2)  # of a tile of sums
BLOCK_BYTES = 96 * 1024  # of the planes of one block: the second cache has room for more
LEAST_VECTORS = 4  # of places of an image


class Planar(NamedTuple):
    """Sizes of a convolution and of its blocks.

    Planes of the input have ``in_plane`` numbers, those of outputs ``plane``, in rows of ``row``.
    """

    batch: int
    height: int
    width: int
    channels: int
    out_height: int
    out_width: int
    filters: int
    kernel_height: int
    kernel_width: int
    top: int
    left: int
    rows: int
    row_blocks: int
    row: int
    plane: int
    in_plane: int


class Sizes(NamedTuple):
    """Numbers of one worker's memory: planes of inputs and of outputs, and a row of either."""

    inputs: int
    outputs: int
    line: int


@lru_cache(maxsize=4096)
def fits(g, dtype):
    """Whether vectors of places are fuller than vectors of filters, for the convolution ``g``."""
    lanes = simd.lanes(dtype)
    even = g.groups == 1 and g.strides == g.dilations == (1, 1) and g.kernel != (1, 1)
    few = g.filters <= lanes // 2 and g.channels <= lanes
    wide = 2 * (g.kernel[1] - 1) <= g.out[1]  # else the border between rows is too much of them
    return even and few and wide and prod(g.out) >= LEAST_VECTORS * lanes


@lru_cache(maxsize=1024)
def cut(g, dtype):
    """The :class:`Planar` of ``g``."""
    (top, _), (left, _) = g.padding
    lanes, row = simd.lanes(dtype), g.out[1] + g.kernel[1] - 1
    bytes_of_row = row * (g.channels + g.filters) * dtype.itemsize
    rows = max(min(BLOCK_BYTES // bytes_of_row, g.out[0]), 1)
    plane = round_up((rows - 1) * row + round_up(row, lanes), VECTORS * lanes)
    in_plane = round_up(plane + (g.kernel[0] - 1) * row + g.kernel[1] - 1, lanes) + lanes
    sizes = g.batch, *g.size, g.channels, *g.out, g.filters, *g.kernel, top, left
    return Planar(*sizes, rows, -(-g.out[0] // rows), row, plane, in_plane)


def sizes_of(p, dtype):
    """The :class:`Sizes`, with what is read and written beyond the last plane or pixel."""
    lanes = simd.lanes(dtype)
    outputs = max(round_up(p.filters, FILTERS), lanes) * p.plane
    pixel = max(p.channels, p.filters)
    return Sizes(max(p.channels, lanes) * p.in_plane, outputs, (p.row + 2 * lanes) * pixel + lanes)


def taps_of(p):
    """Where each weight of a filter meets the planes of the input, counted from a place."""
    taps = (p.kernel_height, p.row), (p.kernel_width, 1), (p.channels, p.in_plane)
    return grid_offsets(*taps)


def round_up(count, step):
    """The next multiple of ``step``."""
    return -(-count // step) * step


@inner
def block_of(task, p):
    """``(image, first row of outputs, rows)`` of a task."""
    first = task % p.row_blocks * p.rows
    return task // p.row_blocks, first, min(p.rows, p.out_height - first)


@inner
def split_inputs(planes, line, x, image, first, rows, p):
    """The planes of all inputs that ``rows`` rows of outputs from ``first`` on meet."""
    width = min(p.width, p.row - p.left)
    for r in range(rows + p.kernel_height - 1):
        y, count = first + r - p.top, width if 0 <= first + r - p.top < p.height else 0
        at = (image * p.height + y) * p.width * p.channels
        split_row(planes, r * p.row, p.in_plane, line, x, at, p.left, count, p.row, p.channels)


@inner
def split_row(planes, to, plane, line, x, at, before, count, row, channels):
    """A row of each plane: zeros ``before`` it, ``count`` pixels from ``x[at]`` on, more zeros.

    ``line`` is for use meanwhile. Some numbers behind the row become zero too.
    """
    lanes = simd.width(x)
    if channels == 1:
        simd.clear(planes, to, before)
        simd.copy(planes, to + before, x, at, count)
        simd.clear(planes, to + before + count, row - before - count)
        return
    end = (before + count) * channels
    simd.clear(line, 0, before * channels)
    simd.copy(line, before * channels, x, at, count * channels)
    simd.clear(line, end, line.size - end)
    for place in range(0, row, lanes):
        if channels <= 4:
            split(4, planes, to + place, plane, line, place * channels, channels)
        elif channels <= 8:
            split(8, planes, to + place, plane, line, place * channels, channels)
        else:
            split(ALL, planes, to + place, plane, line, place * channels, channels)


@inner
def join_row(line, planes, at, plane, count, filters):
    """The first ``count`` pixels (and more) of a row of all planes, at the front of ``line``."""
    for place in range(0, count, simd.width(line)):
        if filters <= 4:
            join(4, line, place * filters, filters, planes, at + place, plane)
        elif filters <= 8:
            join(8, line, place * filters, filters, planes, at + place, plane)
        else:
            join(ALL, line, place * filters, filters, planes, at + place, plane)
