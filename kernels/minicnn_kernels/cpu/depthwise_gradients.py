"""Both gradients of depthwise 3x3 convolutions of stride one, by the window of registers.

The gradient of the input is the convolution of ``dy`` with the kernel turned round. While ``dy`` is
in registers for it, the products with ``x`` that make the weights' gradient cost no further
reading. The geometry is that of :mod:`depthwise_rows`.
"""

from numba import literally

from ..jit import driver, inlined, inner
from . import simd, simd_rows
from .depthwise_rows import column, weights_of, window_of
from .team import share


@driver
def slide_gradients(dx, parts, x, dy, w, p, workers):
    """``dx`` (unless it is empty) and partial sums of the weights' gradient, one a chunk."""
    share(_chunks, workers, (dx, parts, x, dy, w, p[0]))


@inner
def _chunks(dx, parts, x, dy, w, p, worker, workers):
    """This worker's share of the chunks."""
    chunks = len(parts)
    for k in range(chunks * worker // workers, chunks * (worker + 1) // workers):
        _gradients(dx, parts[k], x, dy, w, p, k, chunks)


@inner
def _gradients(dx, part, x, dy, w, p, chunk, chunks):
    """One of the chunks of the rows of inputs, whatever the number of threads."""
    part[:] = 0
    for row in range(p.rows * chunk // chunks, p.rows * (chunk + 1) // chunks):
        rows, dy_at, taps = window_of(row, p)
        x_at, full = row * p.out_width * p.channels, p.channels - p.channels % simd.width(x)
        for c in range(0, full, simd.width(x)):
            if rows == 3:
                _gradient_row(3, None, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)
            else:
                _gradient_row(2, None, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)
        left, c = p.channels - full, full
        if left > 0 and rows == 3:
            _gradient_row(3, left, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)
        elif left > 0:
            _gradient_row(2, left, dx, part, x, x_at + c, dy, dy_at + c, w, taps + c, c, p)


@inlined
def _gradient_row(rows, count, dx, part, x, x_at, dy, dy_at, w, taps, c, p):
    """One vector of channels of one row of inputs: its ``dx`` and its share of the weights'."""
    w_0, w_1, w_2 = weights_of(rows, count, w, taps, p)
    s_0 = s_1 = s_2 = simd.zeros(literally(rows), 1, x)
    zero = simd.zeros(1, 1, x)
    dy_0 = column(rows, count, dy, dy_at, -p.left, p)
    dy_1 = column(rows, count, dy, dy_at, 1 - p.left, p)
    ahead = c * (p.out_width - 1) + p.out_width * p.channels
    dy_ahead = dy_at + c * (p.width - 1) + rows * p.width * p.channels
    for j in range(p.out_width):
        dy_2 = column(rows, count, dy, dy_at, j + 2 - p.left, p)
        at, near = x_at + j * p.channels, x_at + ahead + j * simd.width(x)
        simd_rows.prefetch(1, x, near)
        simd_rows.prefetch(1, dy, dy_ahead + j * simd.width(x))
        pixel = simd_rows.load_rows(1, 1, x, at, 0, count)
        s_0 = simd_rows.multiply_then_add(dy_0, pixel, s_0)
        s_1 = simd_rows.multiply_then_add(dy_1, pixel, s_1)
        s_2 = simd_rows.multiply_then_add(dy_2, pixel, s_2)
        if dx.size > 0:
            simd_rows.prefetch(1, dx, near)
            tile = simd_rows.sum_products(zero, dy_0, w_0)
            tile = simd_rows.sum_products(tile, dy_1, w_1)
            tile = simd_rows.sum_products(tile, dy_2, w_2)
            simd_rows.store_rows(dx, at, 0, count, tile)
        dy_0, dy_1 = dy_1, dy_2
    t_0, t_1, t_2 = weights_of(rows, count, part, taps, p)
    simd_rows.store_rows(part, taps, p.tap_row, count, simd_rows.add(t_0, s_0))
    simd_rows.store_rows(part, taps + p.tap_column, p.tap_row, count, simd_rows.add(t_1, s_1))
    simd_rows.store_rows(part, taps + 2 * p.tap_column, p.tap_row, count, simd_rows.add(t_2, s_2))
