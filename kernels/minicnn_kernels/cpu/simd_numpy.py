"""The words of all ``simd*.py`` files in NumPy, for ``NUMBA_DISABLE_JIT=1``.

A tile is an array ``[rows, vectors * lanes]``; arguments mean what they mean there.
"""

from math import isqrt

import numpy as np

from .vector_unit import lanes
from .winograd_matrices import matrix

__all__ = [
    "add_row",
    "add_rows",
    "at_most",
    "clear",
    "copy",
    "multiply_add",
    "multiply_add_rows",
    "prefetch",
    "prefetch_rows",
    "relu",
    "store",
    "stream",
    "width",
    "zeros",
]


def copy(to, to_offset, source, offset, count):
    to[to_offset : to_offset + count] = source[offset : offset + count]


def clear(to, offset, count):
    to[offset : offset + count] = 0


def zeros(rows, vectors, like):
    return np.zeros((rows, vectors * lanes(like.dtype)), like.dtype)


def width(like):
    return lanes(like.dtype)


def fill(rows, vectors, like, value):
    return np.full((rows, vectors * lanes(like.dtype)), value)


def add_row(tile, b, offset, count):
    columns = tile[:, :count]
    columns += b[offset : offset + columns.shape[1]]
    return tile


def multiply_add(tile, x, table, first, offset, w, w_offset):
    rows, width = tile.shape
    values = x[table[first : first + rows] + offset]
    return tile + values[:, None] * w[w_offset : w_offset + width]


def relu(tile):
    return np.where(tile < 0, tile.dtype.type(0), tile)


def at_most(tile, limit):
    return np.where(tile > limit, tile.dtype.type(limit), tile)


def _rows(tile, table, first, offset, count):
    """Every row of the tile as far as it is used, and the slice that belongs to it."""
    for r, row in enumerate(tile[:, :count]):
        at = table[first + r] + offset
        yield row, slice(at, at + row.size)


def add_rows(tile, y, table, first, offset, count):
    for row, place in _rows(tile, table, first, offset, count):
        row += y[place]
    return tile


def multiply_add_rows(tile, x, table, first, offset, count, w, w_offset):
    for row, place in _rows(tile, table, first, offset, count):
        row += x[place] * w[w_offset : w_offset + row.size]
    return tile


def prefetch(x, offset):
    pass  # NumPy waits for its numbers


def prefetch_rows(tile, x, table, first, offset):
    pass  # NumPy waits for its numbers


def store(y, table, first, offset, count, skip, tile):
    for row, place in list(_rows(tile, table, first, offset, count))[skip:]:
        y[place] = row


def stream(y, table, first, offset, skip, tile):
    store(y, table, first, offset, tile.shape[1], skip, tile)


def scale(tile, factor):
    return tile * factor


def keep_larger(best, where, x, table, first, offset, count, tap):
    for (row, place), taps in zip(_rows(best, table, first, offset, count), where[:, :count]):
        wins = ~((row >= x[place]) | np.isnan(row))
        row[wins], taps[wins] = x[place][wins], tap
    return best, where


def add_rows_won(tile, dy, winners, table, first, offset, count, tap):
    for row, place in _rows(tile, table, first, offset, count):
        won = winners[place] == tap
        row[won] += dy[place][won]
    return tile


store_taps = store


def load_patch(size, x, offset, row_step, column_step, window, count):
    patch = np.zeros((size * size, lanes(x.dtype)), x.dtype)
    for pixel, place in _pixels(patch, offset, row_step, column_step, window, count):
        pixel[:] = x[place]
    return patch


def store_patch(y, offset, row_step, column_step, window, count, patch):
    for pixel, place in _pixels(patch, offset, row_step, column_step, window, count):
        y[place] = pixel


def _pixels(patch, offset, row_step, column_step, window, count):
    """Every pixel inside the window as far as its lanes exist, and the slice that belongs to it."""
    size = isqrt(len(patch))
    top, bottom, left, right = window
    for i in range(max(top, 0), min(bottom, size)):
        for j in range(max(left, 0), min(right, size)):
            pixel = patch[i * size + j, :count]
            at = offset + i * row_step + j * column_step
            yield pixel, slice(at, at + pixel.size)


def transform(name, points, size, x, *place):
    rows = np.array(matrix(name, points, size), x.dtype)
    size = rows.shape[1]
    patch = load_patch(size, x, *place)
    turned = np.einsum("ui,vj,ijl->uvl", rows, rows, patch.reshape(size, size, -1))
    return turned.reshape(-1, patch.shape[1])


def add(patch, other):
    return patch + other
