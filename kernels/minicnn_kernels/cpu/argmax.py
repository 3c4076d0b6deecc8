"""The check that every winner lies in its window's part of the input, before it is followed.

Max pooling's gradient asks which window each cell has won; an index that was tampered with, or
that belongs to other sizes, must be refused while nothing has been written.
"""

import numpy as np

from ..jit import serial
from .taps import list_sources, of_pooling


def find_stray(argmax, g):
    """Index of the first entry that points into the padding or past its window, else ``None``."""
    flat = argmax.reshape(-1)
    if not any(map(any, g.padding)) and not _any_past(flat, g.taps):
        return None
    place = _first_stray(flat, of_pooling(g, False), g.taps)
    return None if place < 0 else np.unravel_index(place, argmax.shape)


@serial
def _any_past(argmax, taps):
    """Whether one of the entries is no tap of a window without padding."""
    lowest, highest = argmax.dtype.type(0), argmax.dtype.type(taps - 1)
    stray = False
    for i in range(argmax.size):
        stray |= (argmax[i] > highest) | (argmax[i] < lowest)
    return stray


@serial
def _first_stray(argmax, p, taps):
    """The first entry that points into the padding or past the window, else -1."""
    allowed = np.empty(max(256, taps), np.bool_)
    cells, inside = np.empty(taps, np.int64), np.empty(taps, np.int64)
    for row in range(p.shape[0].rows):
        for run in range(len(p.width)):
            count, first, windows = list_sources(cells, inside, row, run, p)
            end = first + windows * p.shape[0].channels
            if count == taps and not _any_past(argmax[first:end], taps):
                continue
            allowed[:] = False
            for k in range(count):
                allowed[inside[k]] = True
            for i in range(first, end):
                tap = np.int64(argmax[i])
                if tap < 0 or tap >= allowed.size or not allowed[tap]:
                    return i
    return -1
