"""Which cells the taps of every window meet: tables of offsets, made once for a geometry.

Pooling and depthwise convolution go through the same loops in both directions. A *target* sums
over its *sources*: an output over the cells of its window, or an input's gradient over the
outputs whose windows cover it. Only the tables tell the two apart.

An axis is cut into runs of targets, over which the list of sources only shifts: the whole
interior of a row is one run, each border cell another. A table has a row for each run: the offset
of its first target, the number of targets, the number of sources, then every source's offset
and its tap. Offsets count elements, channels included.
"""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from ..jit import inlined
from .plan import record

FIRST, TARGETS, SOURCES, LISTS = 0, 1, 2, 3  # columns of a table

SMALL = 1 << 17  # sources read below which starting threads costs more than it saves
PIECE = 4096  # numbers of a row whose phases are written together, within the first cache
TILE = 4  # vectors a tile holds: as many sums as hide the wait for an addition
WIDE = 48  # channels from which they are all of one target, not of several


class Axis(NamedTuple):
    """One spatial axis: ``cell = window * stride + tap * dilation - before``."""

    size: int
    out: int
    kernel: int
    stride: int
    dilation: int
    before: int


class Shape(NamedTuple):
    """The numbers that the loops need beside the tables; ``taps`` is the longest list.

    Steps in elements: ``target_image``, ``source_image`` from image to image, ``ahead`` from one
    row of sources to the next.
    """

    rows: int
    channels: int
    target_image: int
    source_image: int
    taps: int
    ahead: int


class Taps(NamedTuple):
    """Tables of the three axes, offsets of a run's targets and sources, and the numbers."""

    depth: np.ndarray
    height: np.ndarray
    width: np.ndarray
    targets: np.ndarray
    sources: np.ndarray
    shape: np.ndarray


@lru_cache(maxsize=1024)
def of_pooling(g, backward):
    """The :class:`Taps` of a pooling; its inputs are the targets if ``backward``."""
    return make_taps(g, g.pool, (1,) * len(g.pool), g.channels, backward)


@lru_cache(maxsize=1024)
def of_depthwise(g, backward):
    """The :class:`Taps` of a depthwise convolution; a channel here is a channel of ``y``."""
    return make_taps(g, g.kernel, g.dilations, g.filters, backward)


def make_taps(g, kernel, dilations, channels, backward):
    """The :class:`Taps` of two or three axes."""
    before = [pair[0] for pair in g.padding]
    axes = [Axis(*a) for a in zip(g.size, g.out, kernel, g.strides, dilations, before)]
    axes = [Axis(1, 1, 1, 1, 1, 0)] * (3 - len(axes)) + axes
    inputs, outputs, kernel = ([axis[i] for axis in axes] for i in range(3))
    target, source = (inputs, outputs) if backward else (outputs, inputs)
    steps = [(prod(target[i + 1 :]) * channels, prod(source[i + 1 :]) * channels) for i in range(3)]
    tables = [
        _table(
            axis,
            backward,
            i == 2,
            PIECE // channels if channels >= WIDE else axis.size,
            *steps[i],
            prod(kernel[i + 1 :]),
        )
        for i, axis in enumerate(axes)
    ]
    width = axes[2]
    step, shift = (width.stride, 1) if backward else (1, width.stride)
    longest = np.arange(tables[2][:, TARGETS].max(initial=0)) * channels
    shape = Shape(
        rows=g.batch * target[0] * target[1],
        channels=channels,
        target_image=prod(target) * channels,
        source_image=prod(source) * channels,
        taps=max(1, prod(table[:, SOURCES].max(initial=0) for table in tables)),
        ahead=source[2] * channels,
    )
    return Taps(*tables, longest * step, longest * shift, record(shape))


def _table(axis, backward, runs, piece, target_step, source_step, tap_step):
    """The table of one axis; unless ``runs``, every target has a row of its own."""
    window, tap = np.divmod(np.arange(axis.out * axis.kernel), axis.kernel)
    cell = window * axis.stride + tap * axis.dilation - axis.before
    inside = (cell >= 0) & (cell < axis.size)
    window, tap, cell = window[inside], tap[inside], cell[inside]
    target, source, count = (cell, window, axis.size) if backward else (window, cell, axis.out)
    order = np.lexsort((source, target))
    target, source, tap = target[order], source[order], tap[order]
    lengths = np.bincount(target, minlength=count)
    place = np.arange(target.size) - (np.cumsum(lengths) - lengths)[target]
    most = lengths.max(initial=0)
    taps, sources = np.full((count, most), -1), np.zeros((count, most), int)
    taps[target, place], sources[target, place] = tap, source
    # Lists shift from input to input of one phase of the stride. Wide rows are cut into pieces
    # whose phases stay together, so that memory is written almost in order.
    step = axis.stride if backward and runs else 1
    places = np.arange(count)
    piece = max(piece // step, TILE) * step if step > 1 else max(count, 1)
    targets = np.lexsort((places, places % step, places // piece))
    fresh = np.ones(count, bool)
    if runs:
        same = (taps[targets[1:]] == taps[targets[:-1]]).all(axis=1)
        fresh[1:] = ~same | (np.diff(targets) != step) | (np.diff(targets // piece) != 0)
    starts = np.flatnonzero(fresh)
    table = np.empty((starts.size, LISTS + 2 * most), np.int64)
    first = targets[starts]
    table[:, FIRST] = first * target_step
    table[:, TARGETS] = np.diff(starts, append=count)
    table[:, SOURCES] = lengths[first]
    table[:, LISTS::2] = sources[first] * source_step
    table[:, LISTS + 1 :: 2] = taps[first] * tap_step
    return table


@inlined
def list_sources(sources, taps, row, run, p):
    """List the sources of a run of a row, as they lie in memory, and their taps.

    Returns how many, the offset of the run's first target, and how many targets it has.
    """
    shape, depth, height, width = p.shape[0], p.depth, p.height, p.width
    plane, h = row // len(height), row % len(height)
    image, d = plane // len(depth), plane % len(depth)
    count = 0
    for i in range(LISTS, LISTS + 2 * depth[d, SOURCES], 2):
        deep = image * shape.source_image + depth[d, i]
        for j in range(LISTS, LISTS + 2 * height[h, SOURCES], 2):
            high, tap = deep + height[h, j], depth[d, i + 1] + height[h, j + 1]
            for k in range(LISTS, LISTS + 2 * width[run, SOURCES], 2):
                sources[count] = high + width[run, k]
                taps[count] = tap + width[run, k + 1]
                count += 1
    target = image * shape.target_image + depth[d, FIRST] + height[h, FIRST] + width[run, FIRST]
    return count, target, width[run, TARGETS]
