"""How a weight gradient is cut into units: all its integers, computed once for a shape and kept.

The driver in :mod:`weight_gradient` reads them.
"""

from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from . import plan, simd
from .tiles import ROWS, table

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
    blocks, places = prod(cut.blocks), len(cut.x_rows)
    splits, row_parts = _parts(blocks, steps, len(columns.table), read // sums, places)
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
        ahead=0 if clipped else _ahead(batch * prod(outputs), places, filters, dtype),
    )
    tables = Tables(
        taps=np.array(list(product(*(axis.taps for axis in axes))), np.int64),
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
        panel_size=places * simd.VECTORS * simd.lanes(dtype),
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
