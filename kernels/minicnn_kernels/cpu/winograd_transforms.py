"""The transforms of Winograd's convolution: from images, filters and gradients to planes and back.

A *plane* holds one of the ``points x points`` numbers of every tile (or filter) and channel. Each
function reads its sizes and steps from a record ``work``: :class:`Tiles`, and ``Work`` in
:mod:`winograd` or :mod:`winograd_weight_gradient`. ``transform`` names the matrices of
:mod:`winograd_matrices`.
"""

from typing import NamedTuple

from numba import literally

from ..jit import inner
from . import simd
from .rectifier import rectify
from .simd_patch import add, load_patch, store_patch, transform

AHEAD = 4  # channels whose weights are fetched before they are needed


class Tiles(NamedTuple):
    """How outputs are cut into tiles of ``m x m``, and what of the input each looks at."""

    m: int
    taps: int  # of a side of the filter
    points: int  # m + taps - 1
    channels: int
    filters: int
    size1: int
    size2: int
    start1: int
    start2: int
    rows: int
    columns: int
    tile_rows: int
    tile_columns: int
    tiles: int
    v_row: int  # step from tile to tile in a plane of the transformed input


def cut(m, taps, batch, axes, channels, filters, dtype):
    """The :class:`Tiles` of a correlation with ``taps x taps`` over the last two ``axes``."""
    _, rows, columns = axes
    lanes = simd.lanes(dtype)
    tile_rows, tile_columns = -(-rows.count // m), -(-columns.count // m)
    return Tiles(
        m=m,
        taps=taps,
        points=m + taps - 1,
        channels=channels,
        filters=filters,
        size1=rows.size,
        size2=columns.size,
        start1=rows.start,
        start2=columns.start,
        rows=rows.count,
        columns=columns.count,
        tile_rows=tile_rows,
        tile_columns=tile_columns,
        tiles=batch * tile_rows * tile_columns,
        v_row=-(-channels // lanes) * lanes,
    )


@inner
def _tile(index, work):
    """``(image, first row, first column)`` of the outputs of tile ``index``."""
    column = index % work.tile_columns
    index //= work.tile_columns
    return index // work.tile_rows, index % work.tile_rows * work.m, column * work.m


@inner
def transform_weights(u, u_start, right, count, base, first, last, work):
    """``G g G^T`` of channels ``first .. last`` of one block of columns; ``base`` comes first."""
    lanes = simd.width(u)
    width = -(-count // lanes) * lanes
    plane = work.chunk * width + lanes
    for channel in range(first, last):
        at = right.offset + channel * right.step
        for tap in range(work.taps**2):
            simd.prefetch(right.array, at + tap * right.run_step + AHEAD * right.step)
            simd.prefetch(right.array, at + tap * right.run_step + AHEAD * right.step + lanes)
        to = u_start + (channel - base) * width
        for lane in range(0, width, lanes):
            if work.points == 4:
                _transform_filter(4, 3, u, to + lane, plane, right, at + lane)
            elif work.taps == 3:
                _transform_filter(6, 3, u, to + lane, plane, right, at + lane)
            else:
                _transform_filter(6, 5, u, to + lane, plane, right, at + lane)


@inner
def _transform_filter(points, taps, u, to, plane, right, at):
    lanes, step, window = simd.width(u), right.run_step, (0, taps, 0, taps)
    n, r, w = literally(points), literally(taps), right.array
    patch = transform("weights", n, r, w, at, taps * step, step, window, lanes)
    store_patch(u, to, points * plane, plane, (0, points, 0, points), lanes, patch)


@inner
def transform_input(v, x, first, count, work):
    """``B^T d B`` of ``count`` tiles, all channels."""
    lanes = simd.width(x)
    row = work.size2 * work.channels
    for t in range(count):
        image, line, column = _tile(first + t, work)
        line += work.start1
        column += work.start2
        window = (-line, work.size1 - line, -column, work.size2 - column)
        at = image * work.size1 * row + line * row + column * work.channels
        for i in range(work.points):
            ahead = at + i * row + work.points * work.channels
            for k in range(0, work.m * work.channels, lanes):
                simd.prefetch(x, ahead + k)
        for channel in range(0, work.channels, lanes):
            to = t * work.v_row + channel
            left = work.channels - channel
            if work.points == 6:
                _transform_patch(6, v, to, x, at + channel, row, window, left, work)
            else:
                _transform_patch(4, v, to, x, at + channel, row, window, left, work)


@inner
def _transform_patch(points, v, to, x, at, row, window, left, work):
    plane = work.v_plane
    n = literally(points)
    patch = transform("input", n, n, x, at, row, work.channels, window, left)
    store_patch(v, to, points * plane, plane, (0, points, 0, points), simd.width(v), patch)


@inner
def transform_output(y, products, b, first, count, f_first, f_last, work):
    """``A^T (.) A`` of ``count`` tiles, with bias and activation."""
    lanes = simd.width(y)
    row = work.columns * work.filters
    for t in range(count):
        image, line, column = _tile(first + t, work)
        window = (0, work.rows - line, 0, work.columns - column)
        to = (image * work.rows + line) * row + column * work.filters
        for f in range(f_first, f_last, lanes):
            at = t * work.p_row + f - f_first
            left = f_last - f
            if work.points == 4:
                _finish(4, 2, y, to + f, row, window, left, products, at, b, f, work)
            elif work.m == 4:
                _finish(6, 4, y, to + f, row, window, left, products, at, b, f, work)
            else:
                _finish(6, 2, y, to + f, row, window, left, products, at, b, f, work)


@inner
def _finish(points, m, y, to, row, window, left, products, at, b, f, work):
    plane, planes, lanes = work.p_plane, (0, points, 0, points), simd.width(y)
    n, size, step = literally(points), literally(m), points * plane
    patch = transform("output", n, size, products, at, step, plane, planes, lanes)
    if work.biased:
        patch = simd.add_row(patch, b, f, left)
    patch = rectify(patch, work.activation)
    store_patch(y, to, row, work.filters, window, left, patch)


@inner
def transform_output_gradient(z, dy, first, count, f_first, f_last, work):
    """``A dY A^T`` of ``count`` tiles of ``dy``, filters ``f_first .. f_last``."""
    lanes = simd.width(dy)
    row = work.columns * work.filters
    for t in range(count):
        image, line, column = _tile(first + t, work)
        window = (0, work.rows - line, 0, work.columns - column)
        at = (image * work.rows + line) * row + column * work.filters
        for f in range(f_first, f_last, lanes):
            to = t * work.z_row + f - f_first
            if work.points == 6:
                _spread(6, 4, z, to, dy, at + f, row, window, f_last - f, work)
            else:
                _spread(4, 2, z, to, dy, at + f, row, window, f_last - f, work)


@inner
def _spread(points, m, z, to, dy, at, row, window, left, work):
    plane, n, size = work.z_plane, literally(points), literally(m)
    patch = transform("output_gradient", n, size, dy, at, row, work.filters, window, left)
    store_patch(z, to, points * plane, plane, (0, points, 0, points), simd.width(z), patch)


@inner
def add_weights_gradient(dw, sums, start, first, last, f_first, f_last, work):
    """``dw += G^T (.) G`` of the summed planes of some channels and filters, which begin there."""
    lanes = simd.width(dw)
    for channel in range(first, last):
        for f in range(f_first, f_last, lanes):
            at = start + (channel - first) * work.s_row + f - f_first
            to = channel * work.filters + f
            if work.points == 6:
                _gather(6, dw, to, f_last - f, sums, at, work)
            else:
                _gather(4, dw, to, f_last - f, sums, at, work)


@inner
def _gather(points, dw, to, left, sums, at, work):
    lanes, plane, planes = simd.width(dw), work.s_plane, (0, points, 0, points)
    tap, window = work.channels * work.filters, (0, 3, 0, 3)
    n, step = literally(points), points * plane
    patch = load_patch(3, dw, to, 3 * tap, tap, window, left)
    for part in sums:
        more = transform("weights_gradient", n, 3, part, at, step, plane, planes, lanes)
        patch = add(patch, more)
    store_patch(dw, to, 3 * tap, tap, window, left, patch)
