"""Dense layers of a few rows and large weights, which pass through the caches once.

With eight rows a number of the weights takes part in eight products: moving it takes longer than
multiplying it, so here every way through the weights follows their rows from end to end. Forward
and input gradient read them in place; :mod:`correlation` would copy them into panels first. They
take four rows of ``x`` or ``dy`` at a time, while the weights that they meet are near.

Each thread has a range of the columns (forward) or of the rows of the weights (gradients). No sum
depends on how many there are.
"""

import numpy as np

from .. import memory
from ..capture import launch
from ..contracts.conv import ACTIVATIONS
from ..jit import driver, inlined, inner, threads
from . import simd, simd_rows, streaming
from .rectifier import rectify
from .team import share

ROWS = 4  # of x or dy that are taken at a time, and of the weights that are read side by side
MOST_ROWS = 2 * ROWS
PAIRS = ROWS * ROWS
WIDE = 4 if simd.REGISTERS >= 32 else 2  # vectors of a tile of ROWS
DEPTH = 8  # rows of the weights whose products are added before the sums go to memory
LONGEST_SUM = 256  # rows
TILES = 16  # whose sums stay in the first-level cache
LEAST_BYTES = 1 << 20  # of the weights


def fits(rows, w):
    """Whether these kernels are the quicker ones for ``w`` and so many rows of ``x``."""
    wide_enough = min(w.shape[0] // ROWS, w.shape[1] // (WIDE * simd.lanes(w.dtype))) > 0
    return 0 < rows <= MOST_ROWS and w.nbytes >= LEAST_BYTES and wide_enough


def forward(y, x, w, b, activation):
    """``y = activation(x w + b)``."""
    tile = ROWS * WIDE * simd.lanes(x.dtype)
    (sums,) = memory.scratch(x.dtype, (threads(), 2, TILES * tile))
    bias = sums[0, 0] if b is None else b
    finish = b is not None, ACTIVATIONS.index(activation)
    flat = y.reshape(-1), x.reshape(-1), w.reshape(-1), bias, sums
    launch(_forward, *flat, w.shape, _starts(*x.shape), _starts(*y.shape), finish)


def backward_input(dx, dy, w):
    """``dx = dy w^T``."""
    starts = _starts(*dx.shape)
    (padded,) = memory.scratch(dy.dtype, (starts.size, w.shape[1]))
    places = np.add.outer(np.arange(ROWS), starts).swapaxes(0, 1).reshape(-1, PAIRS)
    flat = dx.reshape(-1), dy.reshape(-1), w.reshape(-1)
    launch(_backward_input, *flat, padded, places, threads())


def backward_weights(dw, x, dy, add):
    """``dw (+)= x^T dy``."""
    width = WIDE * simd.lanes(x.dtype)
    (padded,) = memory.scratch(dy.dtype, (len(dy), -(-dy.shape[1] // width) * width))
    past = not add and streaming.worth(dw, dw.shape[1], WIDE)
    places = np.arange(ROWS), np.arange(ROWS) * dw.shape[1]
    launch(_backward_weights, dw.reshape(-1), x, dy, padded, places, (add, past), threads())


def _starts(rows, step):
    """Where rows begin, ``ROWS`` to a line: for what is missing the last one stands in."""
    lines = np.arange(-(-rows // ROWS) * ROWS).reshape(-1, ROWS)
    return np.minimum(lines, rows - 1) * step


@driver
def _forward(y, x, w, b, sums, shape, x_rows, y_rows, finish):
    share(_columns, len(sums), (y, x, w, b, sums, shape, x_rows, y_rows, finish))


@inner
def _columns(y, x, w, b, sums, shape, x_rows, y_rows, finish, worker, workers):
    """This worker's share of the tiles of columns, some at a time over all rows of ``w``."""
    (rows, columns), lines, width = shape, len(x_rows), WIDE * simd.width(w)
    tiles, together = -(-columns // width), TILES // lines
    first, last = worker * tiles // workers, (worker + 1) * tiles // workers
    sums = sums[worker]
    for tile in range(first, last, together):
        end = min(tile + together, last)
        for k in range(0, rows, DEPTH):
            k_end = min(k + DEPTH, rows)
            for t in range(tile, end):
                for i in range(lines):
                    at = ((t - tile) * lines + i) * ROWS * width
                    place = min(t * width, columns - width), at
                    starts = x_rows[i], y_rows[i]
                    _add_products(y, x, w, b, sums, shape, starts, finish, place, k, k_end)


@inner
def _add_products(y, x, w, b, sums, shape, starts, finish, place, k, k_end):
    """The products of rows ``k .. k_end`` of ``w`` and of a tile of columns.

    ``place``: where the tile begins among the columns, and where its sums lie.
    """
    (rows, columns), (column, at), (x_rows, y_rows) = shape, place, starts
    (short, total), width = sums, WIDE * simd.width(w)
    if k % LONGEST_SUM == 0:
        tile = simd.zeros(ROWS, WIDE, w)
    else:
        tile = simd_rows.load_rows(ROWS, WIDE, short, at, width, None)
    for row in range(k, k_end):
        start = row * columns + column
        simd_rows.prefetch(WIDE, w, start + DEPTH * columns)
        tile = simd.multiply_add(tile, x, x_rows, 0, row, w, start)
    if k_end < rows and k_end % LONGEST_SUM > 0:
        simd_rows.store_rows(short, at, width, None, tile)
        return
    if k >= LONGEST_SUM:
        tile = simd_rows.add(tile, simd_rows.load_rows(ROWS, WIDE, total, at, width, None))
    if k_end < rows:
        simd_rows.store_rows(total, at, width, None, tile)
        return
    biased, activation = finish
    if biased:
        tile = simd.add_row(tile, b, column, width)
    simd.store(y, y_rows, 0, column, width, 0, rectify(tile, activation))


@driver
def _backward_input(dx, dy, w, padded, places, workers):
    columns = padded.shape[1]
    for i in range(len(padded)):
        simd.copy(padded[i], 0, dy, min(i * columns, dy.size - columns), columns)
    share(_inputs, workers, (dx, padded.reshape(-1), w, places, columns))


@inner
def _inputs(dx, dy, w, places, columns, worker, workers):
    """This worker's share of the rows of ``w``: products of each with all of ``dy``.

    The last rows may be computed twice, to the same bits.
    """
    count = w.size // columns
    groups = -(-count // ROWS)
    for group in range(worker * groups // workers, (worker + 1) * groups // workers):
        row = min(group * ROWS, count - ROWS)
        for i in range(len(places)):
            tile = _meet(w, row * columns, dy, i * ROWS * columns, columns)
            simd_rows.store_sums(dx, places[i], row, tile)


@inlined
def _meet(w, at, dy, start, columns):
    """Products of some rows of ``w`` with as many of ``dy``, whose lanes are to be added."""
    lanes = simd.width(w)
    whole = columns - columns % lanes
    tile = simd.zeros(PAIRS, 1, w)
    for k in range(0, whole, lanes):
        ours = simd_rows.load_rows(ROWS, 1, w, at + k, columns, None)
        theirs = simd_rows.load_rows(ROWS, 1, dy, start + k, columns, None)
        tile = simd_rows.add_pairs(tile, ours, theirs)
    if whole < columns:
        left = columns - whole
        ours = simd_rows.load_rows(ROWS, 1, w, at + whole, columns, left)
        theirs = simd_rows.load_rows(ROWS, 1, dy, start + whole, columns, left)
        tile = simd_rows.add_pairs(tile, ours, theirs)
    return tile


@driver
def _backward_weights(dw, x, dy, padded, places, how, workers):
    for i in range(len(dy)):
        simd.copy(padded[i], 0, dy[i], 0, dy.shape[1])
        simd.clear(padded[i], dy.shape[1], padded.shape[1] - dy.shape[1])
    sizes = x.shape[0], x.shape[1], dy.shape[1], padded.shape[1]
    share(_weights, workers, (dw, x.reshape(-1), padded.reshape(-1), sizes, places, how))


@inner
def _weights(dw, x, dy, sizes, places, how, worker, workers):
    """This worker's share of the rows of ``dw``, some side by side."""
    (rows, count, columns, dy_row), (one_by_one, dw_rows), (add, past) = sizes, places, how
    groups, width = -(-count // ROWS), WIDE * simd.width(dw)
    for group in range(worker * groups // workers, (worker + 1) * groups // workers):
        first = min(group * ROWS, count - ROWS)
        for column in range(0, columns, width):
            tile = simd.zeros(ROWS, WIDE, dw)
            for i in range(rows):
                at = i * count + first
                tile = simd.multiply_add(tile, x, one_by_one, 0, at, dy, i * dy_row + column)
            to, left = first * columns + column, columns - column
            if add:
                tile = simd.add_rows(tile, dw, dw_rows, 0, to, left)
            if past:
                simd.stream(dw, dw_rows, 0, to, group * ROWS - first, tile)
            else:
                simd.store(dw, dw_rows, 0, to, left, group * ROWS - first, tile)
