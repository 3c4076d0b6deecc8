"""The words of ``simd.py`` in NumPy, for ``NUMBA_DISABLE_JIT=1``.

A tile is an array ``[rows, vectors * lanes]``; arguments mean what they mean there.
"""

import numpy as np

from .vector_unit import lanes

__all__ = [
    "add_row",
    "add_rows",
    "clear",
    "copy",
    "multiply_add",
    "multiply_add_rows",
    "relu",
    "store",
    "transpose",
    "zeros",
]


def transpose(to, to_offset, to_step, source, offset, step):
    square = range(lanes(source.dtype))
    for r in square:
        for c in square:
            to[to_offset + c * to_step + r] = source[offset + r * step + c]


def copy(to, to_offset, source, offset, count):
    to[to_offset : to_offset + count] = source[offset : offset + count]


def clear(to, offset, count):
    to[offset : offset + count] = 0


def zeros(rows, vectors, like):
    return np.zeros((rows, vectors * lanes(like.dtype)), like.dtype)


def add_row(tile, b, offset, count):
    tile[:, :count] += b[offset : offset + count]
    return tile


def multiply_add(tile, x, table, first, offset, w, w_offset):
    rows, width = tile.shape
    values = x[table[first : first + rows] + offset]
    return tile + values[:, None] * w[w_offset : w_offset + width]


def relu(tile):
    return np.where(tile < 0, tile.dtype.type(0), tile)


def add_rows(tile, y, table, first, offset, count):
    for r in range(len(tile)):
        at = table[first + r] + offset
        tile[r, :count] += y[at : at + count]
    return tile


def multiply_add_rows(tile, x, table, first, offset, count, w, w_offset):
    for r in range(len(tile)):
        at = table[first + r] + offset
        tile[r, :count] += x[at : at + count] * w[w_offset : w_offset + count]
    return tile


def store(y, table, first, offset, count, skip, tile):
    for r in range(skip, len(tile)):
        at = table[first + r] + offset
        y[at : at + count] = tile[r, :count]
