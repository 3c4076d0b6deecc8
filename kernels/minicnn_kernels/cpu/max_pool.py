"""Maximum of every window: rows of channels compared four cells at a time.

The formula, shapes and errors: :mod:`minicnn_kernels.reference.max_pool`. Both passes gather. An
output row reads its windows; an input row reads the windows that cover it, so rows never race
and every sum has one order.
"""

import numpy as np

from ..contracts import arrays
from ..contracts import pool as contract
from ..jit import parallel, prange, serial
from .argmax import find_stray
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
    windows_with,
)


def max_pool_forward(y, argmax, x, pool, strides, padding, keep_argmax=True):
    """Maximum of every window and where it was found: ``(y, argmax)``, both overwritten."""
    op = "max_pool_forward"
    y, x, g = contract.forward(op, y, x, pool, strides, padding)
    argmax = arrays.output(op, "argmax", argmax, g.y_shape, g.argmax_dtype, x, y)
    run = _forward if y.size * g.taps < SMALL else _forward_parallel
    run(rows(y), rows(argmax), rows(x), g.batch, *solid(g))
    return y, argmax if keep_argmax else None


def max_pool_backward(dx, dy, argmax, input_size, pool, strides, padding):
    """Gradient of the input, ``dx`` overwritten: each window's ``dy`` goes to its winner."""
    op = "max_pool_backward"
    dy, g = contract.backward(op, dy, input_size, pool, strides, padding)
    argmax = contract.winners(op, argmax, g.y_shape, g.argmax_dtype)
    place = find_stray(argmax, g)
    if place is not None:
        raise contract.stray(op, argmax, place)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy, argmax)
    run = _backward if dy.size * g.taps < SMALL else _backward_parallel
    run(rows(dx), rows(dy), rows(argmax), g.batch, *solid(g))
    return dx


@serial
def _beats(value, best):
    """Larger than the best so far, or the first NaN."""
    return not (best >= value or best != best)


@serial
def _best(best, where, value, tap):
    wins = _beats(value, best)
    return value if wins else best, tap if wins else where


@serial
def _first(y, argmax, o, n, x, f, step, cells, taps, k):
    """Maximum of four taps, the list's ``k``-th and on, in ``n`` windows from ``o`` on."""
    p, q, r, s = f + cells[k], f + cells[k + 1], f + cells[k + 2], f + cells[k + 3]
    t, u, v, w = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
    for i in range(n):
        j = i * step
        for c in range(y.shape[1]):
            best, where = _best(x[p + j, c], t, x[q + j, c], u)
            best, where = _best(best, where, x[r + j, c], v)
            y[o + i, c], argmax[o + i, c] = _best(best, where, x[s + j, c], w)


@serial
def _next(y, argmax, o, n, x, f, step, cells, taps, k):
    """The same for four more taps of windows that have a maximum already."""
    p, q, r, s = f + cells[k], f + cells[k + 1], f + cells[k + 2], f + cells[k + 3]
    t, u, v, w = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
    for i in range(n):
        j = i * step
        for c in range(y.shape[1]):
            best, where = _best(y[o + i, c], argmax[o + i, c], x[p + j, c], t)
            best, where = _best(best, where, x[q + j, c], u)
            best, where = _best(best, where, x[r + j, c], v)
            y[o + i, c], argmax[o + i, c] = _best(best, where, x[s + j, c], w)


@serial
def _next_one(y, argmax, o, n, x, f, step, cells, taps, k):
    """The same for one more tap."""
    p, t = f + cells[k], taps[k]
    for i in range(n):
        for c in range(y.shape[1]):
            best, where = y[o + i, c], argmax[o + i, c]
            y[o + i, c], argmax[o + i, c] = _best(best, where, x[p + i * step, c], t)


@serial
def _forward_row(row, cells, taps, y, argmax, x, size, out, pool, strides, before):
    """One output row: ``row`` counts them over batch, depth and height."""
    plane, oh = unravel(row, out[1])
    n, od = unravel(plane, out[0])
    d = n * size[0] + od * strides[0] - before[0]
    start = (d * size[1] + oh * strides[1] - before[1]) * size[2] - before[2]
    deep = taps_inside(od, size[0], pool[0], strides[0], before[0])
    high = taps_inside(oh, size[1], pool[1], strides[1], before[1])
    ow = 0
    while ow < out[2]:
        run = alike(ow, size[2], out[2], pool[2], strides[2], before[2])
        wide = taps_inside(ow, size[2], pool[2], strides[2], before[2])
        count = list_cells(cells, taps, size, pool, (deep, high, wide))
        o, f = row * out[2] + ow, start + ow * strides[2]
        _first(y, argmax, o, run, x, f, strides[2], cells, taps, 0)
        for k in range(4, count, 4):
            if k + 1 == count:
                _next_one(y, argmax, o, run, x, f, strides[2], cells, taps, k)
            else:
                _next(y, argmax, o, run, x, f, strides[2], cells, taps, k)
        ow += run


@serial
def _forward(y, argmax, x, batch, size, out, pool, strides, before):
    cells = np.empty(pool[0] * pool[1] * pool[2] + 3, np.int64)
    taps = np.empty(cells.size, argmax.dtype)
    for row in range(batch * out[0] * out[1]):
        _forward_row(row, cells, taps, y, argmax, x, size, out, pool, strides, before)


@parallel
def _forward_parallel(y, argmax, x, batch, size, out, pool, strides, before):
    for row in prange(batch * out[0] * out[1]):
        cells = np.empty(pool[0] * pool[1] * pool[2] + 3, np.int64)
        taps = np.empty(cells.size, argmax.dtype)
        _forward_row(row, cells, taps, y, argmax, x, size, out, pool, strides, before)


@serial
def _hand_back(dx, i, step, dy, argmax, o, n, tap):
    """Add the ``dy`` of ``n`` windows from ``o`` on to the cells where ``tap`` won."""
    zero, this = dx.dtype.type(0), argmax.dtype.type(tap)
    for k in range(n):
        for c in range(dx.shape[1]):
            share = dy[o + k, c]  # read before the question: a select, not a guessed branch
            dx[i + k * step, c] += share if argmax[o + k, c] == this else zero


@serial
def _hand_back_two(dx, i, step, dy, argmax, o, n, tap):
    """The same for ``tap`` and the next one, whose cells lie side by side."""
    zero, this, following = dx.dtype.type(0), argmax.dtype.type(tap), argmax.dtype.type(tap + 1)
    for k in range(n):
        for c in range(dx.shape[1]):
            share, winner = dy[o + k, c], argmax[o + k, c]
            dx[i + k * step, c] += share if winner == this else zero
            dx[i + k * step + 1, c] += share if winner == following else zero


@serial
def _backward_row(row, dx, dy, argmax, size, out, pool, strides, before):
    """One input row: every cell sums the ``dy`` of the windows it won."""
    plane, h = unravel(row, size[1])
    image, d = unravel(plane, size[0])
    start = row * size[2]
    clear(dx, start, size[2])
    d0, d1 = windows_over(d, out[0], pool[0], strides[0], before[0])
    h0, h1 = windows_over(h, out[1], pool[1], strides[1], before[1])
    for od in range(d0, d1):
        u = d + before[0] - od * strides[0]
        for oh in range(h0, h1):
            v = u * pool[1] + h + before[1] - oh * strides[1]
            o = ((image * out[0] + od) * out[1] + oh) * out[2]
            t = 0
            while t < pool[2]:
                first, end = windows_with(t, size[2], out[2], strides[2], before[2])
                i = start + first * strides[2] + t - before[2]
                n, step, tap = end - first, strides[2], v * pool[2] + t
                after = windows_with(t + 1, size[2], out[2], strides[2], before[2])
                if t + 1 < pool[2] and after == (first, end):
                    _hand_back_two(dx, i, step, dy, argmax, o + first, n, tap)
                    t += 2
                else:
                    _hand_back(dx, i, step, dy, argmax, o + first, n, tap)
                    t += 1


@serial
def _backward(dx, dy, argmax, batch, size, out, pool, strides, before):
    for row in range(batch * size[0] * size[1]):
        _backward_row(row, dx, dy, argmax, size, out, pool, strides, before)


@parallel
def _backward_parallel(dx, dy, argmax, batch, size, out, pool, strides, before):
    for row in prange(batch * size[0] * size[1]):
        _backward_row(row, dx, dy, argmax, size, out, pool, strides, before)
