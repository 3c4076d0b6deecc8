"""The input gradient where channels are few: every output hands its share to the inputs it saw.

``z[n, i, (t, c)] = sum_f dy[n, i, f] * w[t, c, f]``, then ``dx[n, i * stride + start + t, c] += z``

As a correlation (``correlation.py``) the gradient's columns would be the channels, and one or
three of them leave most lanes of a vector empty; here taps and channels together are the columns.
A task owns some rows of one image's ``dx`` and goes through all outputs that reach them.
"""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from .. import memory
from ..capture import launch
from ..jit import driver, inlined, inner, threads
from . import plan, simd, simd_rows
from .panels import Weights, pack
from .team import share
from .tiles import Finish, Left, Out, Right, product, table

LEAST_ROWS = 16  # rows of dx a task owns: fewer, and neighbours compute too much twice
RUN_STEPS = 16  # what adding one run to memory costs, in steps of the product
Z_BYTES = 128 * 1024


class Work(NamedTuple):
    """Sizes of one scatter; ``z_rows`` rows of the output are multiplied at a time."""

    batch: int
    size0: int
    size1: int
    size2: int
    channels: int
    out0: int
    out1: int
    out2: int
    filters: int
    stride0: int
    stride1: int
    stride2: int
    start0: int
    start1: int
    start2: int
    extent1: int
    row_parts: int
    z_rows: int
    z_width: int


class Tables(NamedTuple):
    """Offsets.

    ``runs`` holds, for each stretch of taps whose inputs lie side by side: its offset along the
    three axes, its number of taps, and where its columns begin.
    """

    dy_rows: np.ndarray
    z_rows: np.ndarray
    runs: np.ndarray
    columns: np.ndarray
    zero: np.ndarray


class Plan(NamedTuple):
    """All integers of one scatter; ``weights`` and ``work`` as records."""

    tables: Tables
    weights: np.ndarray
    work: np.ndarray
    panel_size: int
    z_size: int
    tasks: int
    flops: int


@lru_cache(maxsize=1024)
def scatter_plan(g, dtype):
    """The plan for the input gradient of ``g``, or ``None`` where a correlation is cheaper."""
    axes = plan.forward_axes(g)
    runs = _runs(axes, g.channels)
    lanes = simd.lanes(dtype)
    taps = prod(g.kernel)
    places = prod(g.out)
    met = prod(g.size) * taps / prod(g.strides)
    as_correlation = met * g.filters * -(-g.channels // lanes)
    z_width = -(-taps * g.channels // lanes) * lanes
    as_scatter = places * (g.filters * z_width // lanes + len(runs) * RUN_STEPS)
    if g.groups > 1 or as_scatter >= as_correlation:
        return None
    rows = axes[1]
    most = max(Z_BYTES // (z_width * dtype.itemsize * axes[2].count), 1)
    z_rows = min(most, rows.count)
    row_parts = min(-(-plan.TASKS // max(g.batch, 1)), -(-rows.size // LEAST_ROWS))
    work = Work(
        g.batch,
        *(axis.size for axis in axes),
        g.channels,
        *(axis.count for axis in axes),
        g.filters,
        *(axis.stride for axis in axes),
        *(axis.start for axis in axes),
        rows.extent,
        row_parts,
        z_rows,
        z_width,
    )
    block = np.arange(z_rows * axes[2].count, dtype=np.int64)
    tables = Tables(
        dy_rows=table(block * g.filters),
        z_rows=table(block * z_width),
        runs=runs,
        columns=plan.columns(taps * g.channels, 1, dtype).table,
        zero=np.zeros(1, np.int64),
    )
    return Plan(
        tables=tables,
        weights=plan.record(Weights(g.filters, 0, 1, g.filters, 0)),
        work=plan.record(work),
        panel_size=g.filters * z_width,
        z_size=len(block) * z_width,
        tasks=g.batch * row_parts,
        flops=2 * g.batch * places * taps * g.channels * g.filters,
    )


def _runs(axes, channels):
    planes, rows, columns = (axis.taps for axis in axes)
    width = len(columns) if columns == tuple(range(len(columns))) else 1
    table = [(p, r, c, width) for p in planes for r in rows for c in columns[::width]]
    return np.array([(*run, i * width * channels) for i, run in enumerate(table)], np.int64)


def scatter(dx, dy, w, p):
    """Run plan ``p``: overwrite ``dx``."""
    if p.tasks == 0:
        return
    workers = 1 if p.flops < plan.SERIAL_FLOPS else min(threads(), p.tasks)
    panels, z = memory.scratch(dy.dtype, (p.panel_size,), (workers, p.z_size))
    dx, dy, w = dx.reshape(-1), dy.reshape(-1), w.reshape(-1)
    launch(_run, dx, dy, w, panels, z, p.tables, p.weights, p.work)


@driver
def _run(dx, dy, w, panels, z, tables, weights, work):
    pack(panels, w, tables.zero, tables.columns, weights[0], 0, 1)
    met = np.empty((len(z), 3, len(tables.runs)), np.int64)
    share(_tasks, len(z), (dx, dy, panels, z, tables, met, work[0]))


@inner
def _tasks(dx, dy, panels, z, tables, met, g, worker, workers):
    """This worker's share of the tasks: some rows of one image's ``dx`` each."""
    z, tasks = z[worker], g.batch * g.row_parts
    for task in range(worker * tasks // workers, (worker + 1) * tasks // workers):
        image, part = task // g.row_parts, task % g.row_parts
        first, last = part * g.size1 // g.row_parts, (part + 1) * g.size1 // g.row_parts
        for plane in range(g.size0):
            at = ((image * g.size0 + plane) * g.size1 + first) * g.size2 * g.channels
            simd.clear(dx, at, (last - first) * g.size2 * g.channels)
        # The outputs whose taps can reach rows first .. last.
        lowest = max(-((g.start1 + g.extent1 - 1 - first) // g.stride1), 0)
        highest = min((last - 1 - g.start1) // g.stride1 + 1, g.out1)
        for plane in range(g.out0):
            for row in range(lowest, highest, g.z_rows):
                rows = min(g.z_rows, highest - row)
                start = ((image * g.out0 + plane) * g.out1 + row) * g.out2
                _multiply(z, dy, panels, tables, g.filters, start, rows * g.out2)
                for r in range(rows):
                    at = r * g.out2 * g.z_width
                    place = image, plane, row + r, first, last
                    _add_row(dx, z, at, tables, met[worker], *place, g)


@inner
def _multiply(z, dy, panels, tables, filters, place, places):
    """``z`` of ``places`` outputs from ``place`` on: all taps and channels of each."""
    lanes = simd.VECTOR_BYTES // z.itemsize
    for c in range(len(tables.columns)):
        column, count, _, panel = tables.columns[c]
        width = -(-count // lanes) * lanes
        out = Out(z, tables.z_rows, column, count, False, False)
        left = Left(dy, tables.dy_rows, place * filters, 1, tables.zero, 0, 1, filters, False)
        right = Right(panels, panel * filters, 0, width)
        product(0, places, out, left, right, Finish(dy, 0, False, 0))


@inner
def _add_row(dx, z, z_row, tables, met, image, plane, row, first, last, g):
    """Add one row of outputs to the rows ``first .. last`` of ``dx``.

    ``met`` is scratch: of every run that meets them, where it begins in ``dx`` and in ``z`` for
    the first output of the row, and its place among the columns of ``dx``.
    """
    runs = 0
    for r in range(len(tables.runs)):
        p, u, v, _, column = tables.runs[r]
        to_plane, to_row = plane * g.stride0 + g.start0 + p, row * g.stride1 + g.start1 + u
        if 0 <= to_plane < g.size0 and first <= to_row < last:
            at = (image * g.size0 + to_plane) * g.size1 + to_row
            met[0, runs] = (at * g.size2 + g.start2 + v) * g.channels
            met[1, runs] = z_row + column
            met[2, runs] = g.start2 + v
            runs += 1
    width = tables.runs[0, 3]
    for j in range(g.out2):
        for r in range(runs):
            position = j * g.stride2 + met[2, r]
            at, z_at = met[0, r] + j * g.stride2 * g.channels, met[1, r] + j * g.z_width
            if position >= 0 and position + width <= g.size2:
                _add(dx, at, z, z_at, width * g.channels)
                continue
            left, right = max(-position, 0), min(width, g.size2 - position)
            if left < right:
                skipped = left * g.channels
                _add(dx, at + skipped, z, z_at + skipped, (right - left) * g.channels)


@inlined
def _add(dx, at, z, z_at, count):
    """``dx[at :][:count] += z[z_at :][:count]``, in vectors."""
    whole = count - count % simd.width(z)
    for done in range(0, whole, simd.width(z)):
        more = simd_rows.load_rows(1, 1, z, z_at + done, 0, None)
        sums = simd_rows.add(simd_rows.load_rows(1, 1, dx, at + done, 0, None), more)
        simd_rows.store_rows(dx, at + done, 0, None, sums)
    if whole < count:
        left = count - whole
        more = simd_rows.load_rows(1, 1, z, z_at + whole, 0, left)
        sums = simd_rows.add(simd_rows.load_rows(1, 1, dx, at + whole, 0, left), more)
        simd_rows.store_rows(dx, at + whole, 0, left, sums)
