"""Mean of every window: rows of channels added four cells at a time.

The formula, shapes and errors: :mod:`minicnn_kernels.reference.average_pool`. Both passes gather,
as in :mod:`.max_pool`.
"""

import numpy as np

from ..contracts import arrays
from ..contracts import pool as contract
from ..jit import parallel, prange, serial
from .windows import (
    SMALL,
    alike,
    clear,
    list_cells,
    rows,
    solid,
    taps_inside,
    unravel,
    windows_over,
)


def average_pool_forward(y, x, pool, strides, padding, count_padding=False):
    """Mean of every window; ``y`` is overwritten, or allocated if ``None``."""
    y, x, g = contract.forward("average_pool_forward", y, x, pool, strides, padding)
    run = _forward if y.size * g.taps < SMALL else _forward_parallel
    run(rows(y), rows(x), g.batch, *solid(g), bool(count_padding))
    return y


def average_pool_backward(dx, dy, input_size, pool, strides, padding, count_padding=False):
    """Gradient of the input, ``dx`` overwritten: each window hands equal shares to its cells."""
    op = "average_pool_backward"
    dy, g = contract.backward(op, dy, input_size, pool, strides, padding)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy)
    run = _backward if dy.size * g.taps < SMALL else _backward_parallel
    run(rows(dx), rows(dy), g.batch, *solid(g), bool(count_padding))
    return dx


@serial
def _share(dtype_of, pool, deep, high, wide, count_padding):
    """One over the number of cells that a window's mean counts, in the dtype of an array."""
    cells = pool[0] * pool[1] * pool[2]
    if not count_padding:
        cells = (deep[1] - deep[0]) * (high[1] - high[0]) * (wide[1] - wide[0])
    return dtype_of.dtype.type(1) / dtype_of.dtype.type(cells)


@serial
def _add_four(y, o, n, x, f, step, cells, k, scale):
    """Add four cells to ``n`` windows from ``o`` on, and scale the sum."""
    p, q, r, s = f + cells[k], f + cells[k + 1], f + cells[k + 2], f + cells[k + 3]
    for i in range(n):
        j = i * step
        for c in range(y.shape[1]):
            total = y[o + i, c] + x[p + j, c] + x[q + j, c] + x[r + j, c] + x[s + j, c]
            y[o + i, c] = total * scale


@serial
def _add_one(y, o, n, x, f, step, cells, k, scale):
    """The same for one cell."""
    p = f + cells[k]
    for i in range(n):
        for c in range(y.shape[1]):
            y[o + i, c] = (y[o + i, c] + x[p + i * step, c]) * scale


@serial
def _forward_row(row, cells, taps, y, x, size, out, pool, strides, before, count_padding):
    """One output row: ``row`` counts them over batch, depth and height."""
    plane, oh = unravel(row, out[1])
    n, od = unravel(plane, out[0])
    d = n * size[0] + od * strides[0] - before[0]
    start = (d * size[1] + oh * strides[1] - before[1]) * size[2] - before[2]
    deep = taps_inside(od, size[0], pool[0], strides[0], before[0])
    high = taps_inside(oh, size[1], pool[1], strides[1], before[1])
    clear(y, row * out[2], out[2])
    ow = 0
    while ow < out[2]:
        run = alike(ow, size[2], out[2], pool[2], strides[2], before[2])
        wide = taps_inside(ow, size[2], pool[2], strides[2], before[2])
        count = list_cells(cells, taps, size, pool, (deep, high, wide))
        share = _share(y, pool, deep, high, wide, count_padding)
        o, f, step = row * out[2] + ow, start + ow * strides[2], strides[2]
        k = 0
        while k < count:
            width = 4 if k + 4 <= count else 1
            scale = share if k + width == count else y.dtype.type(1)
            if width == 4:
                _add_four(y, o, run, x, f, step, cells, k, scale)
            else:
                _add_one(y, o, run, x, f, step, cells, k, scale)
            k += width
        ow += run


@serial
def _forward(y, x, batch, size, out, pool, strides, before, count_padding):
    cells = np.empty(pool[0] * pool[1] * pool[2] + 3, np.int64)
    taps = np.empty(cells.size, np.int64)
    for row in range(batch * out[0] * out[1]):
        _forward_row(row, cells, taps, y, x, size, out, pool, strides, before, count_padding)


@parallel
def _forward_parallel(y, x, batch, size, out, pool, strides, before, count_padding):
    for row in prange(batch * out[0] * out[1]):
        cells = np.empty(pool[0] * pool[1] * pool[2] + 3, np.int64)
        taps = np.empty(cells.size, np.int64)
        _forward_row(row, cells, taps, y, x, size, out, pool, strides, before, count_padding)


@serial
def _hand_back(dx, i, step, dy, o, n, share):
    """Add a share of the ``dy`` of ``n`` windows from ``o`` on to one cell of each."""
    for k in range(n):
        for c in range(dx.shape[1]):
            dx[i + k * step, c] += dy[o + k, c] * share


@serial
def _hand_back_two(dx, i, step, dy, o, n, share):
    """The same for two cells side by side."""
    for k in range(n):
        for c in range(dx.shape[1]):
            part = dy[o + k, c] * share
            dx[i + k * step, c] += part
            dx[i + k * step + 1, c] += part


@serial
def _backward_row(row, dx, dy, size, out, pool, strides, before, count_padding):
    """One input row: every cell sums its shares of the windows that cover it."""
    plane, h = unravel(row, size[1])
    image, d = unravel(plane, size[0])
    clear(dx, row * size[2], size[2])
    d0, d1 = windows_over(d, out[0], pool[0], strides[0], before[0])
    h0, h1 = windows_over(h, out[1], pool[1], strides[1], before[1])
    for od in range(d0, d1):
        deep = taps_inside(od, size[0], pool[0], strides[0], before[0])
        for oh in range(h0, h1):
            high = taps_inside(oh, size[1], pool[1], strides[1], before[1])
            start = ((image * out[0] + od) * out[1] + oh) * out[2]
            ow = 0
            while ow < out[2]:
                run = alike(ow, size[2], out[2], pool[2], strides[2], before[2])
                wide = taps_inside(ow, size[2], pool[2], strides[2], before[2])
                share = _share(dx, pool, deep, high, wide, count_padding)
                i = row * size[2] + ow * strides[2] - before[2]
                for t in range(wide[0], wide[1] - 1, 2):
                    _hand_back_two(dx, i + t, strides[2], dy, start + ow, run, share)
                if (wide[1] - wide[0]) % 2:
                    _hand_back(dx, i + wide[1] - 1, strides[2], dy, start + ow, run, share)
                ow += run


@serial
def _backward(dx, dy, batch, size, out, pool, strides, before, count_padding):
    for row in range(batch * size[0] * size[1]):
        _backward_row(row, dx, dy, size, out, pool, strides, before, count_padding)


@parallel
def _backward_parallel(dx, dy, batch, size, out, pool, strides, before, count_padding):
    for row in prange(batch * size[0] * size[1]):
        _backward_row(row, dx, dy, size, out, pool, strides, before, count_padding)
