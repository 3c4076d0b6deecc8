"""Loops over rows of channels where each channel has a number of its own.

A loop over 6 or 16 channels is too short for vector code. Rows lie one behind the other, so
several of them are taken as one wide row, and the channels' numbers are repeated to that width.
``[rows, channels]`` comes as a flat array. Sums over rows run in float64, in pieces whose number
depends on the shape alone.
"""

import numpy as np

from .. import jit

PIECE = 1 << 15  # elements: repeating the channels' numbers for each takes little beside them
WIDE = 256  # elements of a wide row, about


@jit.serial
def piece_size(channels):
    """Elements of one piece, whole rows; at least 32, so that the pieces' sums are few."""
    return channels * max(32, PIECE // channels)


@jit.serial
def pieces(size, channels):
    """Number of pieces of a flat ``[rows, channels]``."""
    each = piece_size(channels)
    return (size + each - 1) // each


@jit.serial
def cut_rows(array, channels, piece):
    """View of piece number ``piece`` of a flat ``[rows, channels]``."""
    each = piece_size(channels)
    return array[piece * each : min((piece + 1) * each, array.size)]


@jit.serial
def widen(vector):
    """The channels' numbers, repeated to the width of a wide row."""
    channels = vector.size
    wide = np.empty(channels * max(1, WIDE // channels), vector.dtype)
    for start in range(0, wide.size, channels):
        for c in range(channels):
            wide[start + c] = vector[c]
    return wide


@jit.serial
def fold(total, wide):
    """``total[c] =`` the sum of all that the wide row holds for channel ``c``."""
    channels = total.size
    for c in range(channels):
        total[c] = wide[c]
    for start in range(channels, wide.size, channels):
        for c in range(channels):
            total[c] += wide[start + c]


@jit.serial
def sum_columns(total, x):
    """``total[c] = sum_m x[m, c]`` with a float64 ``total``."""
    sums = np.zeros(total.size * max(1, WIDE // total.size), np.float64)
    width = sums.size
    for start in range(0, x.size, width):
        row = x[start : start + width]  # the last may be shorter
        for j in range(row.size):
            sums[j] += row[j]
    fold(total, sums)


@jit.serial
def add_sums(target, sums):
    """``target[c] += sum_p sums[p, c]``."""
    for c in range(target.size):
        total = sums[0, c]
        for p in range(1, sums.shape[0]):
            total += sums[p, c]
        target[c] += total
