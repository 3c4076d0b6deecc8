"""Weights in panels: at most two vectors of columns, sum after sum, as the micro-kernel reads them.

Columns that leave lanes empty get zeros there. The same code packs the weights of a forward pass,
whose columns lie side by side in ``w``, and of an input gradient, whose columns lie apart.
"""

from typing import NamedTuple

from ..jit import inner
from . import simd, simd_rows
from .simd_planes import ALL, split
from .tiles import VECTORS, Right

AHEAD = 4  # vectors of a row that are fetched before they are turned; or times as many rows
TOGETHER = 8  # rows that are copied at once


class Weights(NamedTuple):
    """How to read ``w``: element steps from tap to tap, sum to sum, column to column.

    ``in_place``: ``w`` is as its panels would be, so whole vectors may be read from it directly.
    """

    inner: int
    tap_step: int
    inner_step: int
    column_step: int
    group_step: int
    in_place: bool = False


@inner
def pack(panels, w, taps, columns, g, worker, workers):
    """Write this worker's share of the panels: some taps of some blocks of columns."""
    units = len(columns) * taps.size
    for unit in range(worker * units // workers, (worker + 1) * units // workers):
        block, tap = unit // taps.size, unit % taps.size
        _pack_tap(panels, columns[block][3] * taps.size * g.inner, w, taps, tap, columns[block], g)


@inner
def pack_block(panel, w, taps, columns, g, block):
    """Write the panel of one block of columns, at the beginning of ``panel``."""
    for tap in range(taps.size):
        _pack_tap(panel, 0, w, taps, tap, columns[block], g)


@inner
def _pack_tap(panels, start, w, taps, tap, block, g):
    lanes = simd.width(w)
    column, count, group, _ = block
    width = -(-count // lanes) * lanes
    if g.in_place != 0 and count == width:
        return
    to = start + tap * width * g.inner
    at = taps[tap] * g.tap_step + group * g.group_step + column * g.column_step
    if g.column_step != 1:
        _pack_turned(panels, to, width, count, w, at, g)
        return
    if count == VECTORS * lanes:
        copy_whole(panels, to, w, at, g.inner_step, g.inner)
        return
    for k in range(g.inner):
        simd.copy(panels, to + k * width, w, at + k * g.inner_step, count)
        simd.clear(panels, to + k * width + count, width - count)


@inner
def copy_whole(panel, to, source, at, step, count):
    """``count`` rows of whole vectors, ``step`` apart, side by side in a panel.

    Through registers, since for two vectors a call takes longer.
    """
    width = VECTORS * simd.width(source)
    together = count - count % TOGETHER
    for k in range(0, together, TOGETHER):
        for row in range(k + AHEAD * TOGETHER, k + (AHEAD + 1) * TOGETHER):
            simd_rows.prefetch(VECTORS, source, at + row * step)
        rows = simd_rows.load_rows(TOGETHER, VECTORS, source, at + k * step, step, None)
        simd_rows.store_rows(panel, to + k * width, width, None, rows)
    for k in range(together, count):
        row = simd_rows.load_rows(1, VECTORS, source, at + k * step, step, None)
        simd_rows.store_rows(panel, to + k * width, width, None, row)


@inner
def _pack_turned(panels, to, width, count, w, at, g):
    """A panel whose columns lie apart in ``w`` and whose sums side by side."""
    lanes = simd.width(w)
    whole_columns = count - count % lanes
    whole_inner = g.inner - g.inner % lanes
    for k in range(0, whole_inner, lanes):
        for lane in range(0, whole_columns, lanes):
            source = at + k + lane * g.column_step
            for column in range(lanes):
                simd.prefetch(w, source + column * g.column_step + AHEAD * lanes)
            split(ALL, panels, to + k * width + lane, width, w, source, g.column_step)
    for k in range(g.inner):
        for lane in range(whole_columns if k < whole_inner else 0, count):
            panels[to + k * width + lane] = w[at + k + lane * g.column_step]
        simd.clear(panels, to + k * width + count, width - count)


@inner
def pack_rows(panel, w, g, first, last, column, end, step):
    """Rows ``first .. last`` of ``w``, columns ``column .. end``, now ``step`` apart."""
    for row in range(first, last):
        to = (row - first) * step
        simd.copy(panel, to, w, row * g.inner_step + column, end - column)
        simd.clear(panel, to + end - column, step - (end - column))


@inner
def vectors_of(w, panels, columns, g, runs, length, c, alone=False):
    """The weights of one block of columns: in their panel or, whole vectors, in ``w`` itself.

    ``alone``: ``panels`` holds the panel of this block only.
    """
    column, count, _, panel = columns[c]
    lanes = simd.width(w)
    width = -(-count // lanes) * lanes
    if g.in_place != 0 and count == width:
        return Right(w, column, length * g.inner_step, g.inner_step)
    return Right(panels, 0 if alone else panel * runs * length, length * width, width)
