"""Softmax and its kin over a block of rows, and over all blocks in parallel.

The exponentials run over the whole block as one flat loop: vector code for 10 classes too.
"""

import math

import numpy as np

from .. import jit
from .elementary import exp

BLOCK = 4096  # elements of one block, about
LANES = 64


@jit.serial
def block_rows(classes):
    """Rows of one block."""
    return max(1, BLOCK // classes)


@jit.serial
def blocks(x):
    """Number of blocks of ``x [M, C]``."""
    rows = block_rows(x.shape[1])
    return (x.shape[0] + rows - 1) // rows


@jit.serial
def block(array, number, classes):
    """View of the rows of block ``number``."""
    rows = block_rows(classes)
    return array[number * rows : min((number + 1) * rows, array.shape[0])]


@jit.serial
def largest(row, tops):
    """Largest number of a row, by way of the largest in each of ``tops.size`` lanes.

    One running maximum would wait for itself four cycles an element. A NaN may be passed over.
    """
    lanes = min(row.size, tops.size)
    for k in range(lanes):
        tops[k] = row[k]
    for start in range(lanes, row.size, lanes):
        part = row[start : start + lanes]  # the last may be shorter
        for k in range(part.size):
            tops[k] = part[k] if part[k] > tops[k] else tops[k]
    top = tops[0]
    for k in range(1, lanes):
        top = tops[k] if tops[k] > top else top
    return top


@jit.serial
def shift(y, x):
    """``y = x - max(x)`` row by row: no exponential of it overflows."""
    tops = np.empty(LANES, x.dtype)
    for m in range(x.shape[0]):
        top = largest(x[m], tops)
        for c in range(x.shape[1]):
            y[m, c] = x[m, c] - top


@jit.serial
def exponentiate(y):
    """``y = exp(y)``."""
    flat = y.reshape(-1)
    for i in range(flat.size):
        flat[i] = exp(flat[i])


@jit.serial
def row_sum(y, m):
    """``sum_c y[m, c]``."""
    total = y.dtype.type(0)
    for c in range(y.shape[1]):
        total += y[m, c]
    return total


@jit.serial
def normalize(y, m, total):
    """Divide row ``m`` by its sum: once, for dividing takes ten times as long as multiplying."""
    share = y.dtype.type(1) / total
    for c in range(y.shape[1]):
        y[m, c] *= share


@jit.serial
def softmax(y, x):
    """``y = exp(x) / sum exp(x)``."""
    shift(y, x)
    exponentiate(y)
    for m in range(y.shape[0]):
        normalize(y, m, row_sum(y, m))


@jit.parallel
def softmax_parallel(y, x):
    for k in jit.prange(blocks(x)):
        softmax(block(y, k, x.shape[1]), block(x, k, x.shape[1]))


@jit.serial
def softmax_gradient(dx, dy, y):
    """``dx = y (dy - sum dy y)``."""
    for m in range(y.shape[0]):
        dot = y.dtype.type(0)
        for c in range(y.shape[1]):
            dot += dy[m, c] * y[m, c]
        for c in range(y.shape[1]):
            dx[m, c] = y[m, c] * (dy[m, c] - dot)


@jit.parallel
def softmax_gradient_parallel(dx, dy, y):
    n = y.shape[1]
    for k in jit.prange(blocks(y)):
        softmax_gradient(block(dx, k, n), block(dy, k, n), block(y, k, n))


@jit.serial
def log_softmax(y, x):
    """``y = x - log sum exp(x)``."""
    shift(y, x)
    for m in range(y.shape[0]):
        total = y.dtype.type(0)
        for c in range(y.shape[1]):
            total += exp(y[m, c])
        logarithm = math.log(total)
        for c in range(y.shape[1]):
            y[m, c] -= logarithm


@jit.parallel
def log_softmax_parallel(y, x):
    for k in jit.prange(blocks(x)):
        log_softmax(block(y, k, x.shape[1]), block(x, k, x.shape[1]))


@jit.serial
def log_softmax_gradient(dx, dy, y):
    """``dx = dy - exp(y) sum dy``."""
    for m in range(y.shape[0]):
        total = row_sum(dy, m)
        for c in range(y.shape[1]):
            dx[m, c] = dy[m, c] - exp(y[m, c]) * total


@jit.parallel
def log_softmax_gradient_parallel(dx, dy, y):
    n = y.shape[1]
    for k in jit.prange(blocks(y)):
        log_softmax_gradient(block(dx, k, n), block(dy, k, n), block(y, k, n))


@jit.serial
def cross_entropy(loss, p, x, targets):
    """``loss = sum t (log sum exp(x) - x)``; a target of 0 adds nothing, whatever ``x``."""
    zero = x.dtype.type(0)
    shift(p, x)
    for m in range(x.shape[0]):
        loss[m] = zero
        for c in range(x.shape[1]):
            if targets[m, c] != zero:
                loss[m] -= targets[m, c] * p[m, c]
    exponentiate(p)
    for m in range(x.shape[0]):
        total = row_sum(p, m)
        loss[m] += row_sum(targets, m) * math.log(total)
        normalize(p, m, total)


@jit.parallel
def cross_entropy_parallel(loss, p, x, targets):
    n = x.shape[1]
    for k in jit.prange(blocks(x)):
        cross_entropy(block(loss, k, n), block(p, k, n), block(x, k, n), block(targets, k, n))


@jit.serial
def cross_entropy_gradient(dx, p, targets, scale):
    """``dx = scale (p sum t - t)``."""
    for m in range(p.shape[0]):
        total = row_sum(targets, m)
        for c in range(p.shape[1]):
            dx[m, c] = scale[m] * (p[m, c] * total - targets[m, c])


@jit.parallel
def cross_entropy_gradient_parallel(dx, p, targets, scale):
    n = p.shape[1]
    for k in jit.prange(blocks(p)):
        cross_entropy_gradient(
            block(dx, k, n), block(p, k, n), block(targets, k, n), block(scale, k, n)
        )


@jit.serial
def sparse_cross_entropy(loss, p, x, labels):
    """``loss = log sum exp(x) - x[label]``."""
    shift(p, x)
    for m in range(x.shape[0]):
        loss[m] = p[m, labels[m]]
    exponentiate(p)
    for m in range(x.shape[0]):
        total = row_sum(p, m)
        loss[m] = math.log(total) - loss[m]
        normalize(p, m, total)


@jit.parallel
def sparse_cross_entropy_parallel(loss, p, x, labels):
    n = x.shape[1]
    for k in jit.prange(blocks(x)):
        sparse_cross_entropy(block(loss, k, n), block(p, k, n), block(x, k, n), block(labels, k, n))


@jit.serial
def sparse_cross_entropy_gradient(dx, p, labels, scale):
    """``dx = scale (p - onehot)``."""
    one = p.dtype.type(1)
    for m in range(p.shape[0]):
        for c in range(p.shape[1]):
            dx[m, c] = scale[m] * p[m, c]
        dx[m, labels[m]] = scale[m] * (p[m, labels[m]] - one)


@jit.parallel
def sparse_cross_entropy_gradient_parallel(dx, p, labels, scale):
    n = p.shape[1]
    for k in jit.prange(blocks(p)):
        sparse_cross_entropy_gradient(
            block(dx, k, n), block(p, k, n), block(labels, k, n), block(scale, k, n)
        )
