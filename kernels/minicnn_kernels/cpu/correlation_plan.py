"""How a correlation is cut into tasks: all its integers, computed once for a shape and kept.

The driver in :mod:`correlation` reads them. Weights are copied into panels before the first task;
where one block holds all places, none is used twice, and each panel is made right before its use,
or (``by_rows``, few places) some rows of all weights at a time, read from end to end. ``constant``
weights, which a captured pass meets every time, are all in their panels before it.
"""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from ..contracts.conv import ACTIVATIONS
from . import plan, simd
from .panels import Weights
from .tiles import ROWS, table

FEW_PLACES = 256  # so few uses of a weight do not repay its copy into a panel
FEW_PLACES_SUM = 128  # rows of weights that a few places take at once
FEW_PLACES_PARTS = 4  # so that these rows are long
WHOLE_BYTES = 1 << 24  # of a few pixels: taken as one block, they meet every weight once
SAME_SET = 4096  # bytes: see ``plan.layout``
STREAM_BYTES = 12 << 20  # of an output that leaves the caches before its next use


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
    activation: int  # its place in ``contracts.conv.ACTIVATIONS``
    alone: bool
    by_rows: bool
    row_step: int
    stream: bool
    packed: bool = False


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
    constant: bool
    panel_size: int
    scratch_size: int
    tasks: int
    flops: int


def make_plan(
    batch,
    axes,
    channels,
    groups,
    filters,
    dtype,
    taps,
    weights,
    biased,
    activation,
    clear=False,
    constant=False,
):
    """Plan a correlation over ``axes``; ``taps`` are the places of its taps in the kernel.

    ``clear`` says that it writes zeros to all places of a two-dimensional ``y`` but its own.
    """
    outputs = [axis.out_size for axis in axes]
    apart = axes[2].stride * channels * dtype.itemsize
    picked_from = None
    if axes[2].stride == 1 or apart % SAME_SET == 0:  # else they are quicker read where they lie
        batch, axes, picked_from = plan.as_points(batch, axes)
    if axes == plan.POINTS:
        outputs = [1, 1, 1]
    places = batch * prod(axis.count for axis in axes)
    few = places <= FEW_PLACES
    weights = weights._replace(in_place=weights.in_place and few and not constant)
    most = WHOLE_BYTES if few and axes == plan.POINTS else plan.BLOCK_BYTES
    sizes = batch, axes, channels, dtype.itemsize, picked_from
    columns = plan.columns(filters, groups, dtype)
    flops = 2 * places * prod(len(axis.taps) for axis in axes) * channels // groups * filters
    shares = _shares(len(columns.table), few, flops)
    cut = plan.layout(*sizes, same_set=SAME_SET, block_bytes=most, shares=shares)
    runs, run_rows, length = plan.runs(axes, cut.strides, groups, channels)
    y = plan.strides_of(outputs, filters)
    steps = [axis.out_step * step for axis, step in zip(axes, y[1:])]
    y_rows = plan.grid_offsets((cut.images, y[0]), (cut.rows, steps[1]), (axes[2].count, steps[2]))
    blocks = prod(cut.blocks)
    by_rows = blocks == 1 and weights.in_place and groups == 1
    alone = blocks == 1 and not constant
    panels = _panels(columns, len(runs), length, blocks, alone, by_rows, dtype)
    parts = 1 if clear else panels.parts
    lines = all(step * dtype.itemsize % simd.VECTOR_BYTES == 0 for step in (*y, filters // groups))
    large = batch * prod(outputs) * filters * dtype.itemsize >= STREAM_BYTES
    stream = large and lines and len(panels.chunks) == 1 and not clear
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
        activation=ACTIVATIONS.index(activation),
        alone=alone,
        by_rows=by_rows,
        row_step=panels.row_step,
        stream=stream,
    )
    tables = Tables(
        taps=np.array(taps, np.int64),
        x_rows=table(cut.x_rows),
        y_rows=table(y_rows),
        runs=runs,
        run_rows=run_rows,
        chunks=panels.chunks,
        columns=columns.table,
    )
    return Plan(
        tables=tables,
        source=plan.record(plan.source(batch, axes, channels, cut, picked_from)),
        weights=plan.record(weights),
        work=plan.record(work),
        alone=alone,
        stream=stream,
        constant=constant,
        panel_size=panels.size,
        scratch_size=cut.scratch,
        tasks=blocks * parts,
        flops=flops,
    )


def _shares(columns, few, flops):
    """In how many the work on one block can be shared out; many, where one block is quickest."""
    in_one = flops < plan.SERIAL_FLOPS or (few and columns > 1)
    return plan.LEAST_TASKS if in_one else columns


class _Panels(NamedTuple):
    """How weights are copied before use: parts of the columns, chunks of the sum, sizes."""

    parts: int
    chunks: np.ndarray
    row_step: int
    size: int


def _panels(columns, runs, length, blocks, alone, by_rows, dtype):
    """All panels at once; or one at a time, if one block of places is all that needs it."""
    longest = FEW_PLACES_SUM if by_rows else plan.LONGEST_SUM
    tasks = FEW_PLACES_PARTS if by_rows else plan.TASKS
    parts = min(len(columns.table), -(-tasks // max(blocks, 1)))
    if blocks * parts % 2 and parts < len(columns.table):
        parts += 1  # an odd one out would have all but one thread wait
    chunks = plan.chunks(runs, length, longest)
    if not alone:
        return _Panels(parts, chunks, 0, runs * length * columns.width)
    panel = simd.VECTORS * simd.lanes(dtype)
    if not by_rows:
        return _Panels(parts, chunks, 0, runs * length * panel)
    # A line more than a row: powers of two apart, rows would share few sets of the cache.
    row_step = -(-len(columns.table) // parts) * panel + plan.LINE_BYTES // dtype.itemsize
    return _Panels(parts, chunks, row_step, plan.longest_chunk(chunks, length) * row_step)


@lru_cache(maxsize=1024)
def forward_plan(g, dtype, biased, activation, constant=False):
    """The plan of the convolution ``g``."""
    channels = g.channels // g.groups
    weights = Weights(channels, channels * g.filters, g.filters, 1, 0, in_place=True)
    axes = plan.forward_axes(g)
    taps = range(prod(g.kernel))
    sizes = g.batch, axes, g.channels, g.groups, g.filters, dtype
    return make_plan(*sizes, taps, weights, biased, activation, constant=constant)


@lru_cache(maxsize=1024)
def dense_plan(rows, inner, columns, dtype, biased, activation, constant=False):
    """The plan of ``[rows, inner] @ [inner, columns]``: a convolution of single pixels."""
    weights = Weights(inner, inner * columns, columns, 1, 0, in_place=True)
    axes = plan.POINTS
    sizes = rows, axes, inner, 1, columns, dtype
    return make_plan(*sizes, (0,), weights, biased, activation, constant=constant)


@lru_cache(maxsize=1024)
def transposed_dense_plan(rows, inner, columns, dtype):
    """The plan of ``[rows, inner] @ [columns, inner].T``."""
    weights = Weights(inner, inner * columns, 1, inner, 0)
    axes = plan.POINTS
    return make_plan(rows, axes, inner, 1, columns, dtype, (0,), weights, False, "linear")
