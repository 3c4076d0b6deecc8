"""Batch normalization's passes over a flat ``[rows, channels]``.

Two passes each: sums over pieces, then a map. The map runs through the pieces from the last to the
first, because the end of the array is what the sums have just left in the cache. ``alone``: no
other thread is woken.
"""

import numpy as np

from .. import jit
from .columns import cut_rows, fold, pieces, widen

DEPTH = 32  # wide rows whose sums may round as the array does; they are added up in float64


@jit.parallel
def statistics(mean, variance, x, alone):
    """Mean and biased variance of every channel, shifted by the first row.

    The shift makes ``E[d^2] - E[d]^2`` harmless where the mean is far from 0.
    """
    c = mean.size
    shift = x[:c].copy()
    sums = np.empty((pieces(x.size, c), 2, c))
    if alone:
        for p in range(sums.shape[0]):
            moments(sums[p], cut_rows(x, c, p), shift)
    else:
        for p in jit.prange(sums.shape[0]):
            moments(sums[p], cut_rows(x, c, p), shift)
    finish(mean, variance, sums, shift, x.size // c)


@jit.inner
def moments(sums, x, shift):
    """``sums[0, c] = sum_m d`` and ``sums[1, c] = sum_m d^2`` with ``d = x[m, c] - shift[c]``."""
    base = widen(shift)
    width = base.size
    few, few_squares = np.zeros(width, x.dtype), np.zeros(width, x.dtype)
    total, squares = np.zeros(width), np.zeros(width)
    for top in range(0, x.size, DEPTH * width):
        block = x[top : top + DEPTH * width]
        for start in range(0, block.size, width):
            row = block[start : start + width]  # the last may be shorter
            for j in range(row.size):
                d = row[j] - base[j]
                few[j] += d
                few_squares[j] += d * d
        move(total, few)
        move(squares, few_squares)
    fold(sums[0], total)
    fold(sums[1], squares)


@jit.inner
def move(total, few):
    """Add the sums of a few rows to ``total`` and begin them anew."""
    for j in range(total.size):
        total[j] += few[j]
        few[j] = 0


@jit.inner
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


@jit.parallel
def normalize(y, x, mean, scale, offset, alone):
    """``y = (x - mean) scale + offset``."""
    c = mean.size
    count = pieces(x.size, c)
    if alone:
        for p in range(count):
            normalize_rows(cut_rows(y, c, p), cut_rows(x, c, p), mean, scale, offset)
        return
    for p in jit.prange(count):
        k = count - 1 - p
        normalize_rows(cut_rows(y, c, k), cut_rows(x, c, k), mean, scale, offset)


@jit.exact
def normalize_rows(y, x, mean, scale, offset):
    """The same for one piece."""
    centre, factor, base = widen(mean), widen(scale), widen(offset)
    for start in range(0, x.size, centre.size):
        row, out = x[start : start + centre.size], y[start : start + centre.size]
        for j in range(row.size):
            out[j] = (row[j] - centre[j]) * factor[j] + base[j]


@jit.parallel
def gradient_sums(total, dy, x, mean, alone):
    """``total[0] = sum dy`` and ``total[1] = sum dy (x - mean)``, in float64."""
    c = mean.size
    sums = np.empty((pieces(x.size, c), 2, c))
    if alone:
        for p in range(sums.shape[0]):
            gradient_moments(sums[p], cut_rows(dy, c, p), cut_rows(x, c, p), mean)
    else:
        for p in jit.prange(sums.shape[0]):
            gradient_moments(sums[p], cut_rows(dy, c, p), cut_rows(x, c, p), mean)
    for p in range(sums.shape[0]):
        for k in range(2):
            for i in range(c):
                total[k, i] += sums[p, k, i]


@jit.inner
def gradient_moments(sums, dy, x, mean):
    """``sums[0, c] = sum_m dy`` and ``sums[1, c] = sum_m dy (x - mean)``."""
    centre = widen(mean)
    width = centre.size
    few, few_products = np.zeros(width, x.dtype), np.zeros(width, x.dtype)
    total, products = np.zeros(width), np.zeros(width)
    for top in range(0, x.size, DEPTH * width):
        block, arriving = x[top : top + DEPTH * width], dy[top : top + DEPTH * width]
        for start in range(0, block.size, width):
            row, gradient = block[start : start + width], arriving[start : start + width]
            for j in range(row.size):
                few[j] += gradient[j]
                few_products[j] += gradient[j] * (row[j] - centre[j])
        move(total, few)
        move(products, few_products)
    fold(sums[0], total)
    fold(sums[1], products)


@jit.parallel
def gradient(dx, dy, x, mean, of_dy, of_x, constant, alone):
    """``dx = of_dy dy + of_x (x - mean) + constant``."""
    c = mean.size
    count = pieces(x.size, c)
    factors = mean, of_dy, of_x, constant
    if alone:
        for p in range(count):
            gradient_rows(cut_rows(dx, c, p), cut_rows(dy, c, p), cut_rows(x, c, p), *factors)
        return
    for p in jit.prange(count):
        k = count - 1 - p
        gradient_rows(cut_rows(dx, c, k), cut_rows(dy, c, k), cut_rows(x, c, k), *factors)


@jit.exact
def gradient_rows(dx, dy, x, mean, of_dy, of_x, constant):
    """The same for one piece."""
    centre, a, b, base = widen(mean), widen(of_dy), widen(of_x), widen(constant)
    for start in range(0, x.size, centre.size):
        end = start + centre.size
        row, arriving, out = x[start:end], dy[start:end], dx[start:end]
        for j in range(row.size):
            out[j] = a[j] * arriving[j] + (b[j] * (row[j] - centre[j]) + base[j])
