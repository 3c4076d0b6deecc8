"""Upsampling by whole factors: runs of pixels ``factor`` apart, row by row.

The formulas, shapes and errors: :mod:`minicnn_kernels.reference.upsample2d`. An output row reads
the one or two input rows it needs, an input row's gradient the output rows that read it, so rows
never race. Bilinear passes treat the two axes one after the other, through one row of scratch.
"""

import numpy as np

from ..capture import launch
from ..contracts import upsample
from ..jit import parallel, prange, serial

SMALL = 1 << 16  # numbers written below which starting threads costs more than it saves


def upsample2d_nearest_forward(y, x, factors):
    """Repeat every pixel ``factors = (FH, FW)`` times; ``y`` overwritten or allocated."""
    y, x, factors = upsample.forward("upsample2d_nearest_forward", y, x, factors)
    run = _repeat if y.size < SMALL else _repeat_parallel
    launch(run, _pixels(y), _pixels(x), *x.shape[:3], *factors)
    return y


def upsample2d_nearest_backward(dx, dy, factors):
    """Gradient of the input, ``dx`` overwritten: the sum over every pixel's copies."""
    dx, dy, factors = upsample.backward("upsample2d_nearest_backward", dx, dy, factors)
    run = _collect if dy.size < SMALL else _collect_parallel
    launch(run, _pixels(dx), _pixels(dy), *dx.shape[:3], *factors)
    return dx


def upsample2d_bilinear_forward(y, x, factors):
    """Interpolate between the nearest four pixels; ``y`` overwritten or allocated."""
    y, x, factors = upsample.forward("upsample2d_bilinear_forward", y, x, factors)
    run = _between if y.size < SMALL else _between_parallel
    launch(run, _pixels(y), _pixels(x), *x.shape[:3], *factors)
    return y


def upsample2d_bilinear_backward(dx, dy, factors):
    """Gradient of the input, ``dx`` overwritten: each output hands back what it read."""
    dx, dy, factors = upsample.backward("upsample2d_bilinear_backward", dx, dy, factors)
    run = _between_backward if dy.size < SMALL else _between_backward_parallel
    launch(run, _pixels(dx), _pixels(dy), *dx.shape[:3], *factors)
    return dx


def _pixels(array):
    """A view of ``[..., C]`` as ``[pixels, C]``."""
    return array.reshape(-1, array.shape[-1])


@serial
def _clear(array, first, n):
    """Set ``n`` pixels to zero."""
    for i in range(first, first + n):
        for c in range(array.shape[1]):
            array[i, c] = 0


@serial
def _repeat_row(row, y, x, width, fh, fw):
    """The ``fh`` output rows of one input row."""
    for u in range(fh):
        o = (row * fh + u) * width * fw
        for v in range(fw):
            for w in range(width):
                for c in range(y.shape[1]):
                    y[o + v + w * fw, c] = x[row * width + w, c]


@serial
def _repeat(y, x, batch, height, width, fh, fw):
    for row in range(batch * height):
        _repeat_row(row, y, x, width, fh, fw)


@parallel
def _repeat_parallel(y, x, batch, height, width, fh, fw):
    for row in prange(batch * height):
        _repeat_row(row, y, x, width, fh, fw)


@serial
def _add_scaled(target, i, n, source, j, step, scale):
    """Add ``n`` pixels of ``source``, ``step`` apart, to neighbours of ``target``."""
    for k in range(n):
        for c in range(target.shape[1]):
            target[i + k, c] += source[j + k * step, c] * scale


@serial
def _collect_row(row, dx, dy, width, fh, fw):
    _clear(dx, row * width, width)
    for u in range(fh):
        for v in range(fw):
            j = (row * fh + u) * width * fw + v
            _add_scaled(dx, row * width, width, dy, j, fw, dy.dtype.type(1))


@serial
def _collect(dx, dy, batch, height, width, fh, fw):
    for row in range(batch * height):
        _collect_row(row, dx, dy, width, fh, fw)


@parallel
def _collect_parallel(dx, dy, batch, height, width, fh, fw):
    for row in prange(batch * height):
        _collect_row(row, dx, dy, width, fh, fw)


@serial
def _place(o, factor, like):
    """Output ``o`` lies ``weight`` beyond input ``low``, which may be -1.

    ``(o + 1/2) / factor - 1/2`` in integers as long as it goes.
    """
    place = 2 * o + 1 - factor
    low = place // (2 * factor)
    beyond = like.dtype.type(place - low * 2 * factor)
    return low, beyond / like.dtype.type(2 * factor)


@serial
def _blend(y, o, step, n, x, p, q, weight):
    """``n`` outputs, ``step`` apart, between neighbours from ``p`` on and from ``q`` on."""
    rest = y.dtype.type(1) - weight
    for k in range(n):
        for c in range(y.shape[1]):
            y[o + k * step, c] = x[p + k, c] * rest + x[q + k, c] * weight


@serial
def _between_row(row, scratch, y, x, height, width, fh, fw):
    """One output row: first between two input rows, then between their columns."""
    n, i = row // (height * fh), row % (height * fh)
    low, weight = _place(i, fh, y)
    p, q = n * height + max(low, 0), n * height + min(low + 1, height - 1)
    _blend(scratch, 0, 1, width, x, p * width, q * width, weight)
    for v in range(fw):
        o, last = row * width * fw + v, width - 1
        low, weight = _place(v, fw, y)
        if low < 0:  # the first output lies beyond the outermost centre
            _blend(y, o, fw, 1, scratch, 0, 0, weight)
            _blend(y, o + fw, fw, last, scratch, 0, 1, weight)
        else:  # the last one does
            _blend(y, o, fw, last, scratch, 0, 1, weight)
            _blend(y, o + last * fw, fw, 1, scratch, last, last, weight)


@serial
def _between(y, x, batch, height, width, fh, fw):
    scratch = np.empty((width, x.shape[1]), x.dtype)
    for row in range(batch * height * fh):
        _between_row(row, scratch, y, x, height, width, fh, fw)


@parallel
def _between_parallel(y, x, batch, height, width, fh, fw):
    for row in prange(batch * height * fh):
        scratch = np.empty((width, x.shape[1]), x.dtype)
        _between_row(row, scratch, y, x, height, width, fh, fw)


@serial
def _between_row_backward(row, scratch, dx, dy, height, width, fh, fw):
    """One input row: first the output rows that read it, then their columns."""
    n, h = row // height, row % height
    wide, one = width * fw, dx.dtype.type(1)
    _clear(scratch, 0, wide)
    for i in range(max(0, (h - 1) * fh), min(height * fh, (h + 2) * fh)):
        low, weight = _place(i, fh, dx)
        j = (n * height * fh + i) * wide
        if max(low, 0) == h:
            _add_scaled(scratch, 0, wide, dy, j, 1, one - weight)
        if min(low + 1, height - 1) == h:
            _add_scaled(scratch, 0, wide, dy, j, 1, weight)
    start, last = row * width, width - 1
    _clear(dx, start, width)
    for v in range(fw):
        low, weight = _place(v, fw, dx)
        if low < 0:
            _add_scaled(dx, start, 1, scratch, v, fw, one - weight)
            _add_scaled(dx, start, last, scratch, v + fw, fw, one - weight)
            _add_scaled(dx, start, width, scratch, v, fw, weight)
        else:
            _add_scaled(dx, start, width, scratch, v, fw, one - weight)
            _add_scaled(dx, start + 1, last, scratch, v, fw, weight)
            _add_scaled(dx, start + last, 1, scratch, v + last * fw, fw, weight)


@serial
def _between_backward(dx, dy, batch, height, width, fh, fw):
    scratch = np.empty((width * fw, dx.shape[1]), dx.dtype)
    for row in range(batch * height):
        _between_row_backward(row, scratch, dx, dy, height, width, fh, fw)


@parallel
def _between_backward_parallel(dx, dy, batch, height, width, fh, fw):
    for row in prange(batch * height):
        scratch = np.empty((width * fw, dx.shape[1]), dx.dtype)
        _between_row_backward(row, scratch, dx, dy, height, width, fh, fw)
