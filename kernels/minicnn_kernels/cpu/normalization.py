"""Batch normalization's passes over a flat ``[rows, channels]``, for one piece and for all.

Two passes each: sums in float64 over pieces, then a map. The map runs through the pieces from the
last to the first, because the end of the array is what the sums have just left in the cache.
"""

import numpy as np

from .. import jit
from .columns import cut_rows, fold, pieces, widen


@jit.serial
def moments(sums, x, shift):
    """``sums[0, c] = sum_m d`` and ``sums[1, c] = sum_m d^2`` with ``d = x[m, c] - shift[c]``."""
    base = widen(shift)
    first, second = np.zeros(base.size), np.zeros(base.size)
    for start in range(0, x.size, base.size):
        row = x[start : start + base.size]  # the last may be shorter
        for j in range(row.size):
            d = row[j] - base[j]
            first[j] += d
            second[j] += d * d
    fold(sums[0], first)
    fold(sums[1], second)


@jit.serial
def statistics(mean, variance, x):
    """Mean and biased variance of every channel, shifted by the first row.

    The shift makes ``E[d^2] - E[d]^2`` harmless where the mean is far from 0.
    """
    shift = np.empty(mean.size)
    sums = np.empty((pieces(x.size, mean.size), 2, mean.size))
    first_row(shift, x)
    for p in range(sums.shape[0]):
        moments(sums[p], cut_rows(x, mean.size, p), shift)
    finish(mean, variance, sums, shift, x.size // mean.size)


@jit.parallel
def statistics_parallel(mean, variance, x):
    shift = np.empty(mean.size)
    sums = np.empty((pieces(x.size, mean.size), 2, mean.size))
    first_row(shift, x)
    for p in jit.prange(sums.shape[0]):
        moments(sums[p], cut_rows(x, mean.size, p), shift)
    finish(mean, variance, sums, shift, x.size // mean.size)


@jit.serial
def first_row(shift, x):
    """``shift[c] = x[0, c]``."""
    for c in range(shift.size):
        shift[c] = x[c]


@jit.serial
def finish(mean, variance, sums, shift, rows):
    """Mean and variance from all pieces' sums."""
    for c in range(mean.size):
        first = second = 0.0
        for p in range(sums.shape[0]):
            first += sums[p, 0, c]
            second += sums[p, 1, c]
        first /= rows
        spread = second / rows - first * first
        mean[c] = shift[c] + first
        variance[c] = 0.0 if spread < 0.0 else spread


@jit.exact
def normalize(y, x, mean, scale, offset):
    """``y = (x - mean) scale + offset``."""
    centre, factor, base = widen(mean), widen(scale), widen(offset)
    for start in range(0, x.size, centre.size):
        row, out = x[start : start + centre.size], y[start : start + centre.size]
        for j in range(row.size):
            out[j] = (row[j] - centre[j]) * factor[j] + base[j]


@jit.parallel
def normalize_parallel(y, x, mean, scale, offset):
    c = mean.size
    count = pieces(x.size, c)
    for p in jit.prange(count):
        last = count - 1 - p
        normalize(cut_rows(y, c, last), cut_rows(x, c, last), mean, scale, offset)


@jit.serial
def gradient_moments(sums, dy, x, mean):
    """``sums[0, c] = sum_m dy`` and ``sums[1, c] = sum_m dy (x - mean)``."""
    centre = widen(mean)
    first, second = np.zeros(centre.size), np.zeros(centre.size)
    for start in range(0, x.size, centre.size):
        row, gradient = x[start : start + centre.size], dy[start : start + centre.size]
        for j in range(row.size):
            first[j] += gradient[j]
            second[j] += np.float64(gradient[j]) * (row[j] - centre[j])
    fold(sums[0], first)
    fold(sums[1], second)


@jit.serial
def gradient_sums(total, dy, x, mean):
    """``total[0] = sum dy`` and ``total[1] = sum dy (x - mean)``, in float64."""
    sums = np.empty((pieces(x.size, mean.size), 2, mean.size))
    for p in range(sums.shape[0]):
        gradient_moments(sums[p], cut_rows(dy, mean.size, p), cut_rows(x, mean.size, p), mean)
    add_sums(total, sums)


@jit.parallel
def gradient_sums_parallel(total, dy, x, mean):
    c = mean.size
    sums = np.empty((pieces(x.size, c), 2, c))
    for p in jit.prange(sums.shape[0]):
        gradient_moments(sums[p], cut_rows(dy, c, p), cut_rows(x, c, p), mean)
    add_sums(total, sums)


@jit.serial
def add_sums(total, sums):
    """``total[k, c] = sum_p sums[p, k, c]``."""
    for k in range(2):
        for c in range(total.shape[1]):
            total[k, c] = 0.0
            for p in range(sums.shape[0]):
                total[k, c] += sums[p, k, c]


@jit.exact
def gradient(dx, dy, x, mean, of_dy, of_x, constant):
    """``dx = of_dy dy + of_x (x - mean) + constant``."""
    centre, a, b, base = widen(mean), widen(of_dy), widen(of_x), widen(constant)
    for start in range(0, x.size, centre.size):
        end = start + centre.size
        row, arriving, out = x[start:end], dy[start:end], dx[start:end]
        for j in range(row.size):
            out[j] = a[j] * arriving[j] + (b[j] * (row[j] - centre[j]) + base[j])


@jit.parallel
def gradient_parallel(dx, dy, x, mean, of_dy, of_x, constant):
    c = mean.size
    count = pieces(x.size, c)
    for p in jit.prange(count):
        k = count - 1 - p
        gradient(
            *(cut_rows(dx, c, k), cut_rows(dy, c, k), cut_rows(x, c, k)),
            *(mean, of_dy, of_x, constant),
        )
