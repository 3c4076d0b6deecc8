"""Convolution of 3x3 or 5x5 and stride one by Winograd's minimal filtering, and its input gradient.

``Y = A^T [ sum_c (G g_c G^T) * (B^T d_c B) ] A``: the image is cut into tiles of ``m x m`` outputs
(see :mod:`winograd_matrices`). What each needs of the input, ``(m + r - 1)^2`` pixels for ``r x r``
taps, is transformed into as many numbers a channel; the sum over channels is then one matrix
product for each of these *planes*, and a third transform gives the outputs.

A task is a block of tiles, so small that its transformed input and output stay in the cache, and
a part of the filters. Where one block holds all tiles, no weight is used twice: then every part
transforms its own weights just before it needs them, and they never leave the cache.
"""

from functools import lru_cache
from math import isqrt, prod
from typing import NamedTuple

import numpy as np

from .. import memory
from ..capture import launch
from ..contracts.conv import ACTIVATIONS
from ..jit import driver, inner, threads
from . import plan, simd
from .panels import Weights, pack, vectors_of
from .team import share
from .tiles import Finish, Left, Out, Right, product, table
from .winograd_transforms import cut, transform_input, transform_output, transform_weights

BLOCK_BYTES = 5 << 18  # of a block's transformed input: it shares the second-level cache
OWN_CHANNELS = 128  # whose transformed weights stay in the second-level cache until used
PART_BYTES = 1 << 19  # of a part's products
SMALLEST_BLOCK = 32  # tiles; fewer would wait for the weights
FULL_BLOCK = 64  # tiles, however many channels: the weights are read once a block


class Work(NamedTuple):
    """Beside ``Tiles``, in elements: ``*_plane`` from plane to plane, ``*_row`` from tile to tile.

    ``v`` is the transformed input, ``u`` the transformed weights, ``p`` their products.
    """

    block: int
    blocks: int
    parts: int
    own_weights: bool
    chunk: int
    v_plane: int
    p_row: int
    p_plane: int
    u_size: int
    biased: bool
    activation: int
    transformed: bool = False


class Tables(NamedTuple):
    """Offsets: of tiles in a plane of the transformed input and of the products, see ``tiles``."""

    taps: np.ndarray
    columns: np.ndarray
    v_rows: np.ndarray
    p_rows: np.ndarray
    runs: np.ndarray


class Plan(NamedTuple):
    """All integers of one convolution; ``weights`` and ``work`` as records."""

    tables: Tables
    weights: np.ndarray
    work: np.ndarray
    tasks: int
    own_weights: bool
    constant: bool
    panel_size: int
    v_size: int
    p_size: int
    u_size: int


def make_plan(
    m, batch, axes, channels, filters, dtype, taps, weights, biased, activation, constant=False
):
    """Plan a correlation over the last two ``axes`` by ``F(m x m, r x r)``.

    ``constant`` weights are transformed once for all passes of a capture.
    """
    tiles = cut(m, isqrt(len(taps)), batch, axes, channels, filters, dtype)
    lanes, planes = simd.lanes(dtype), tiles.points**2
    panels = plan.columns(filters, 1, dtype)
    block = _block(tiles.tiles, planes * tiles.v_row * dtype.itemsize, len(panels.table))
    blocks = max(-(-tiles.tiles // block), 1)
    own = blocks == 1 and not constant
    panel_bytes = planes * block * simd.VECTORS * simd.VECTOR_BYTES
    part_panels = 1 if blocks == 1 else max(PART_BYTES // panel_bytes, 1)
    wanted = max(-(-len(panels.table) // part_panels), -(-plan.TASKS // blocks))
    parts = min(len(panels.table), wanted)
    part_panels = -(-len(panels.table) // parts)
    chunk = min(channels, OWN_CHANNELS) if own else channels
    p_row = min(part_panels * simd.VECTORS * lanes, panels.width)
    # One vector more than a plane: powers of two apart, they would share few sets of the cache.
    v_plane, p_plane = block * tiles.v_row + lanes, block * p_row + lanes
    work = Work(
        block=block,
        blocks=blocks,
        parts=parts,
        own_weights=own,
        chunk=chunk,
        v_plane=v_plane,
        p_row=p_row,
        p_plane=p_plane,
        u_size=planes * (chunk * simd.VECTORS * lanes + lanes),
        biased=biased,
        activation=ACTIVATIONS.index(activation),
    )
    tables = Tables(
        taps=np.array(taps, np.int64),
        columns=panels.table,
        v_rows=table(np.arange(block, dtype=np.int64) * tiles.v_row),
        p_rows=table(np.arange(block, dtype=np.int64) * p_row),
        runs=np.zeros(1, np.int64),
    )
    return Plan(
        tables=tables,
        weights=plan.record(weights),
        work=plan.record(tiles, work),
        tasks=blocks * parts if tiles.tiles else 0,
        own_weights=own,
        constant=constant,
        panel_size=len(taps) * channels * panels.width,
        v_size=planes * v_plane,
        p_size=planes * p_plane,
        u_size=work.u_size * (part_panels if own else len(panels.table)),
    )


def _block(tiles, tile_bytes, panels):
    """Tiles of one block: as few rows of product tiles in all, in an even number of blocks."""
    # Threads that share one block need parts of the filters to work on.
    whole = FULL_BLOCK + 1 if panels >= plan.LEAST_TASKS else 2 * SMALLEST_BLOCK
    if tiles < whole:
        return max(tiles, 1)
    # Small channels fit by the hundred, but every thread should get some.
    most = max(min(BLOCK_BYTES // tile_bytes, 2 * tiles // plan.TASKS), FULL_BLOCK)

    def rows(block):
        blocks = -(-tiles // block)
        return (blocks + blocks % 2) * plan.tile_rows(block)

    return min(range(SMALLEST_BLOCK, min(most, tiles) + 1), key=rows)


@lru_cache(maxsize=1024)
def forward_plan(g, dtype, m, biased, activation, constant=False):
    """The plan of the convolution ``g``."""
    weights = Weights(g.channels, g.channels * g.filters, g.filters, 1, 0, in_place=True)
    axes = plan.forward_axes(g)
    taps = range(prod(g.kernel))
    sizes = m, g.batch, axes, g.channels, g.filters, dtype
    return make_plan(*sizes, taps, weights, biased, activation, constant)


@lru_cache(maxsize=1024)
def input_gradient_plan(g, dtype, m):
    """The plan of the input gradient of ``g``: a correlation of ``dy`` with the taps reversed."""
    weights = Weights(g.filters, g.channels * g.filters, 1, g.filters, 0)
    ((axes, taps),) = plan.gradient_axes(g)
    return make_plan(m, g.batch, axes, g.filters, g.channels, dtype, taps, weights, False, "linear")


def convolve(y, x, w, b, p):
    """Run plan ``p``: overwrite ``y``."""
    if p.tasks == 0:
        return
    workers = min(threads(), p.tasks)
    u_shape = workers if p.own_weights else 1, p.u_size
    shapes = (p.panel_size,), (workers, p.v_size), (workers, p.p_size)
    if p.constant:
        u = memory.empty(u_shape, x.dtype, lasting=True)
        panels, v, products = memory.scratch(x.dtype, *shapes)
    else:
        panels, v, products, u = memory.scratch(x.dtype, *shapes, u_shape)
    bias = panels if b is None else b
    y, x, w = y.reshape(-1), x.reshape(-1), w.reshape(-1)
    rest = u, v, products, p.tables, p.weights
    again = None
    if p.constant:
        work = p.work.copy()
        work["transformed"] = 1
        again = y, x, u[0], bias, u[0], *rest, work
    launch(_run, y, x, w, bias, panels, *rest, p.work, again=again)


@driver
def _run(y, x, w, b, panels, u, v, products, tables, weights, work):
    workers = len(v)
    if work[0].transformed == 0:
        share(pack, workers, (panels, w, tables.taps, tables.columns, weights[0]))
    if work[0].own_weights == 0 and work[0].transformed == 0:
        share(_transform_share, workers, (u[0], w, panels, tables, weights[0], work[0]))
    arguments = y, x, w, b, panels, u, v, products, tables, weights[0], work[0]
    share(_tasks, workers, arguments)


@inner
def _transform_share(u, w, panels, tables, weights, work, worker, workers):
    """This worker's share of the transformed weights: a range of channels of all columns."""
    first, last = worker * work.channels // workers, (worker + 1) * work.channels // workers
    for c in range(len(tables.columns)):
        right = vectors_of(w, panels, tables.columns, weights, work.taps**2, work.channels, c)
        transform_weights(u, c * work.u_size, right, tables.columns[c][1], 0, first, last, work)


@inner
def _tasks(y, x, w, b, panels, u, v, products, tables, weights, work, worker, workers):
    """This worker's share of the tasks: a block of tiles and a part of the columns each."""
    tasks = work.blocks * work.parts
    columns = len(tables.columns)
    v, products = v[worker], products[worker]
    own = u[worker] if work.own_weights else u[0]
    before = -1
    for task in range(worker * tasks // workers, (worker + 1) * tasks // workers):
        block, part = task // work.parts, task % work.parts
        first = block * work.block
        count = min(work.block, work.tiles - first)
        if block != before:
            transform_input(v, x, first, count, work)
            before = block
        c_first, c_last = part * columns // work.parts, (part + 1) * columns // work.parts
        if work.own_weights:
            right = vectors_of(
                w, panels, tables.columns, weights, work.taps**2, work.channels, c_first
            )
            for k in range(0, work.channels, work.chunk):
                end = min(k + work.chunk, work.channels)
                transform_weights(own, 0, right, tables.columns[c_first][1], k, k, end, work)
                _multiply(products, v, own, 0, c_first, c_last, count, k, end, tables, work)
        else:
            at = c_first * work.u_size
            _multiply(products, v, own, at, c_first, c_last, count, 0, work.channels, tables, work)
        f_first = tables.columns[c_first][0]
        f_last = tables.columns[c_last - 1][0] + tables.columns[c_last - 1][1]
        transform_output(y, products, b, first, count, f_first, f_last, work)


@inner
def _multiply(products, v, u, u_start, c_first, c_last, count, k, end, tables, work):
    """The sum over channels ``k .. end``, plane by plane; those before are summed already."""
    lanes = simd.width(v)
    for plane in range(work.points * work.points):
        at = plane * work.v_plane + k
        left = Left(v, tables.v_rows, at, 1, tables.runs, 0, 1, end - k, False)
        to = plane * work.p_plane
        for c in range(c_first, c_last):
            width = -(-tables.columns[c][1] // lanes) * lanes
            at = u_start + (c - c_first) * work.u_size + plane * (work.chunk * width + lanes)
            right = Right(u, at, 0, width)
            out = Out(products, tables.p_rows, to, width, k > 0, False)
            product(0, count, out, left, right, Finish(u, 0, False, 0))
            to += width
