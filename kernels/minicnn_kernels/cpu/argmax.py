"""The check that every winner lies in its window's part of the input, before it is followed.

Max pooling's gradient writes where ``argmax`` points; an index that was tampered with, or that
belongs to other sizes, must be refused while nothing has been written.
"""

import numpy as np

from ..jit import serial
from .windows import alike, list_cells, rows, solid, taps_inside, unravel


def find_stray(argmax, g):
    """Index of the first entry that points into the padding or past its window, else ``None``."""
    taps = g.taps
    if not any(map(any, g.padding)) and not _any_past(argmax.reshape(1, -1), 0, 1, taps):
        return None
    cell, channel = _first_stray(rows(argmax), g.batch, *solid(g))
    return None if cell < 0 else (*np.unravel_index(cell, g.y_shape[:-1]), channel)


@serial
def _any_past(argmax, o, n, taps):
    """Whether one of ``n`` windows without padding has an entry that is no tap."""
    lowest, highest = argmax.dtype.type(0), argmax.dtype.type(taps - 1)
    stray = False
    for i in range(o, o + n):
        for c in range(argmax.shape[1]):
            stray |= (argmax[i, c] > highest) | (argmax[i, c] < lowest)
    return stray


@serial
def _any_forbidden(argmax, o, first, end, allowed):
    """Whether window ``o`` has an entry in channels ``first ... end - 1`` not ``allowed``."""
    stray = False
    for c in range(first, end):
        t = np.int64(argmax[o, c])
        known = 0 <= t < allowed.size
        stray |= not (known and allowed[t if known else 0])
    return stray


@serial
def _first_stray(argmax, batch, size, out, pool, strides, before):
    """``(cell, channel)`` of the first entry that points into the padding or past the window."""
    taps = pool[0] * pool[1] * pool[2]
    allowed = np.empty(max(256, taps), np.bool_)
    cells, listed = np.empty(taps + 3, np.int64), np.empty(taps + 3, np.int64)
    for row in range(batch * out[0] * out[1]):
        plane, oh = unravel(row, out[1])
        deep = taps_inside(plane % out[0], size[0], pool[0], strides[0], before[0])
        high = taps_inside(oh, size[1], pool[1], strides[1], before[1])
        ow = 0
        while ow < out[2]:
            run = alike(ow, size[2], out[2], pool[2], strides[2], before[2])
            wide = taps_inside(ow, size[2], pool[2], strides[2], before[2])
            count = list_cells(cells, listed, size, pool, (deep, high, wide))
            first = row * out[2] + ow
            ow += run
            if count == taps and not _any_past(argmax, first, run, taps):
                continue
            allowed[:] = False
            for k in range(count):
                allowed[listed[k]] = True
            for o in range(first, first + run):
                if _any_forbidden(argmax, o, 0, argmax.shape[1], allowed):
                    for c in range(argmax.shape[1]):
                        if _any_forbidden(argmax, o, c, c + 1, allowed):
                            return o, c
    return -1, -1
