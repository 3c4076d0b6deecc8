"""The words of ``simd_rows.py`` in NumPy, for ``NUMBA_DISABLE_JIT=1``.

A tile is an array ``[rows, vectors * lanes]``; arguments mean what they mean there.
"""

import numpy as np

from .vector_unit import lanes

__all__ = [
    "add",
    "add_pairs",
    "clamp",
    "load_rows",
    "load_table",
    "multiply_then_add",
    "prefetch",
    "store_rows",
    "store_sums",
    "stream_row",
    "subtract",
    "sum_products",
    "sum_rows",
    "sum_windows",
    "where_between",
]


def load_rows(rows, vectors, x, offset, step, count):
    tile = np.zeros((rows, vectors * lanes(x.dtype)), x.dtype)
    for r, row in enumerate(tile[:, :count]):
        at = offset + r * step
        row[:] = x[at : at + row.size]
    return tile


def load_table(rows, x, table, first, offset):
    starts = table[first : first + rows] + offset
    return np.stack([x[at : at + lanes(x.dtype)] for at in starts])


def prefetch(lines, x, offset):
    pass  # NumPy waits for its numbers


def store_rows(y, offset, step, count, tile):
    for r, row in enumerate(tile[:, :count]):
        at = offset + r * step
        y[at : at + row.size] = row


def add_pairs(sums, tile, other):
    return sums + (tile[:, None] * other).reshape(sums.shape)


def store_sums(y, table, offset, tile):
    y[table[: len(tile)] + offset] = tile.sum(axis=1)


def stream_row(y, offset, tile):
    y[offset : offset + tile.size] = tile[0]


def add(tile, other):
    return tile + other


def subtract(tile, other):
    return tile - other


def multiply_then_add(tile, factor, summand):
    return tile * factor + summand


def sum_rows(row, tile):
    for values in tile:
        row = row + values
    return row


def sum_products(row, tile, other):
    return sum_rows(row, tile * other)


def sum_windows(tile, pixels, weights):
    for u, row in enumerate(weights):
        tile = tile + pixels[u : u + len(tile)] * row
    return tile


def clamp(tile, low, high):
    tile = np.where(tile < low, low, tile)
    return np.where(tile > high, high, tile)


def where_between(tile, z, low, high):
    return np.where((z > low) & (z <= high), tile, tile.dtype.type(0))
