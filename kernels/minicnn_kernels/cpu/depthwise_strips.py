"""Depthwise 3x3 convolutions of stride one, several rows of outputs at a time.

Alone, each row of outputs reads three rows of inputs; four read six, half as many each. A column
of six inputs is multiplied while it is in registers: into the outputs it completes, into those that
lack one more column after it and into those that lack two.

Rows whose windows reach outside, and what four leave over, are made as in :mod:`depthwise_rows`;
all sums run in the same order.
"""

from numba import literally

from ..jit import driver, inlined, inner
from . import simd, simd_rows
from .depthwise_rows import output_row, weights_of
from .leaving import nothing
from .rectifier import rectify
from .team import share

ROWS = 4 if simd.REGISTERS >= 32 else 2  # of outputs: nine weights are in registers too
READ = ROWS + 2
SMALL_BYTES = 10 << 20  # of outputs: with their inputs they stay in the last cache
MOST_BYTES = 16 << 20  # of outputs: beyond, memory decides, and serves three rows better
NEAR_BYTES = 512 << 10  # of rows read and written at once, that stay in the second cache


def fits(g, y):
    """Whether four rows at a time are quicker for the convolution ``g``, whose output is ``y``."""
    near = (READ + ROWS) * g.out[1] * g.filters * y.itemsize <= NEAR_BYTES
    few = y.nbytes <= (MOST_BYTES if near else SMALL_BYTES)
    return g.strides == (1, 1) and g.out[0] >= READ and few


@driver
def slide_strips(y, x, w, b, activation, p, workers):
    """As :func:`depthwise_rows.slide`, where it ``fits``."""
    share(_rows, workers, (y, x, w, b, activation, p[0]))


@inner
def _rows(y, x, w, b, activation, p, worker, workers):
    """This worker's share of the rows of outputs."""
    finish, size = (b, activation, False), p.out_width * p.channels
    full, end = p.channels - p.channels % simd.width(y), p.rows * (worker + 1) // workers
    row = p.rows * worker // workers
    while row < end:
        image, top = row // p.out_height, row % p.out_height - p.top
        if top < 0 or top + READ > p.height or row + ROWS > end:
            output_row(y, row * size, x, w, row, p, finish, nothing(y))
            row += 1
            continue
        x_at = (image * p.height + top) * p.width * p.channels
        y_at = row * size
        for c in range(0, full, simd.width(y)):
            _strip(None, y, y_at, x, x_at, w, c, p, finish)
        if full < p.channels:
            _strip(p.channels - full, y, y_at, x, x_at, w, full, p, finish)
        row += ROWS


@inlined
def _strip(count, y, y_at, x, x_at, w, c, p, finish):
    """One vector of channels of four rows of outputs, all of whose windows lie inside."""
    b, activation, _ = finish
    w_0, w_1, w_2 = weights_of(3, count, w, p.origin + c, p)
    bias = simd.zeros(literally(ROWS), 1, y)
    if b.size > 0:
        bias = simd_rows.load_rows(literally(ROWS), 1, b, c, 0, count)
    x_ahead = x_at + READ * p.width * p.channels  # fetched as they lie in memory
    y_ahead = y_at + ROWS * p.out_width * p.channels
    step, before = ROWS * simd.width(y), c // simd.width(y) * p.out_width
    pixels = _column(count, x, x_at + c, -p.left, p)
    tile = simd_rows.sum_windows(bias, pixels, w_0)
    pixels = _column(count, x, x_at + c, 1 - p.left, p)
    tile = simd_rows.sum_windows(tile, pixels, w_1)
    following = simd_rows.sum_windows(bias, pixels, w_0)
    for j in range(p.out_width):
        simd_rows.prefetch(literally(ROWS), x, x_ahead + (before + j) * step)
        simd_rows.prefetch(literally(ROWS), y, y_ahead + (before + j) * step)
        pixels = _column(count, x, x_at + c, j + 2 - p.left, p)
        tile = rectify(simd_rows.sum_windows(tile, pixels, w_2), activation)
        at, row = y_at + j * p.channels + c, p.out_width * p.channels
        simd_rows.store_rows(y, at, row, count, tile)
        tile = simd_rows.sum_windows(following, pixels, w_1)
        following = simd_rows.sum_windows(bias, pixels, w_0)


@inlined
def _column(count, x, x_at, j, p):
    """Column ``j`` of six inputs."""
    if 0 <= j < p.width:
        at, step = x_at + j * p.channels, p.width * p.channels
        return simd_rows.load_rows(literally(READ), 1, x, at, step, count)
    return simd.zeros(literally(READ), 1, x)
