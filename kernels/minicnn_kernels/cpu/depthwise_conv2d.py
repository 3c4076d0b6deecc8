"""Depthwise convolution: a vector of channels of several pixels at a time.

The formula, shapes and errors: :mod:`minicnn_kernels.reference.depthwise_conv2d`. Outputs and
input gradients gather their taps, so rows never race; the weights' gradient sums a number of
chunks of rows that depends on the shape only, then the chunks in order.

A channel multiplier ``M`` repeats each channel ``M`` times; the kernels know one filter a channel.
"""

import numpy as np
from numba import literally

from .. import memory
from ..contracts import depthwise_conv
from ..jit import parallel, prange, serial
from . import simd
from .depthwise_taps import list_inputs, list_outputs, shape

SMALL = 1 << 17  # multiplications below which starting threads costs more than it saves
CHUNKS = 32  # partial sums of the weights' gradient
PIXELS = 7  # about as many sums in flight as keep two multipliers busy for four cycles
TAPS = 5  # the same for the weights: nine taps are two fives that share one


def depthwise_conv2d_forward(
    y,
    x,
    w,
    b=None,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    activation="linear",
):
    """``y = activation(x * w + b)``; ``y`` is overwritten, or allocated if ``None``."""
    y, x, w, b, g = depthwise_conv.forward(
        "depthwise_conv2d_forward", y, x, w, b, strides, padding, dilations, activation
    )
    if b is None:
        b = np.empty(0, x.dtype)  # for the kernel: none
    run = _forward_parallel if _large(g) else _forward
    run(y.reshape(-1), _repeated(x, w), w.reshape(-1), b, activation == "relu", shape(g))
    return y


def depthwise_conv2d_backward_input(
    dx,
    dy,
    w,
    input_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
):
    """Gradient of the input, ``dx`` overwritten: every tap hands its share of ``dy`` back."""
    dx, dy, w, g = depthwise_conv.backward_input(
        "depthwise_conv2d_backward_input", dx, dy, w, input_size, strides, padding, dilations
    )
    multiplier = w.shape[3]
    target = dx if multiplier == 1 else memory.empty((*g.x_shape, multiplier), dy.dtype)
    run = _backward_input_parallel if _large(g) else _backward_input
    no_bias = np.empty(0, dy.dtype)
    run(target.reshape(-1), dy.reshape(-1), w.reshape(-1), no_bias, shape(g))
    if multiplier > 1:
        target.sum(axis=-1, out=dx)
    return dx


def depthwise_conv2d_backward_weights(
    dw,
    x,
    dy,
    kernel_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
):
    """Gradient of the weights, added to ``dw``: correlation of the input with ``dy``."""
    dw, x, dy, g = depthwise_conv.backward_weights(
        "depthwise_conv2d_backward_weights", dw, x, dy, kernel_size, strides, padding, dilations
    )
    chunks = max(1, min(CHUNKS, g.batch * g.out[0]))
    parts = memory.empty((chunks, dw.size), dw.dtype)
    run = _backward_weights_parallel if _large(g) else _backward_weights
    run(parts, _repeated(x, dw), dy.reshape(-1), shape(g))
    total = dw.reshape(-1)
    for part in parts:
        total += part
    return dw


def _large(g):
    return g.batch * g.filters * g.out[0] * g.out[1] * g.kernel[0] * g.kernel[1] >= SMALL


def _repeated(x, w):
    """``x`` flat, each channel ``M`` times."""
    return (x if w.shape[3] == 1 else np.repeat(x, w.shape[3], axis=3)).reshape(-1)


@serial
def _spaced(n, step):
    """Offsets of ``n`` pixels ``step`` elements apart."""
    return np.arange(n) * step


@serial
def _lists(g):
    """Room for a list of cells and one of taps."""
    count = g.kernel_height * g.kernel_width
    return np.empty(count, np.int64), np.empty(count, np.int64)


@serial
def _pixels(rows, n, y, y_table, o, x, x_table, cells, w, taps, count, b, relu, channels):
    """``n`` pixels of ``y``; the last tile may begin earlier and skips what is not its own."""
    width = simd.VECTOR_BYTES // y.itemsize
    for i in range(0, n, rows):
        first = min(i, n - rows)
        for c in range(0, channels, width):
            left = channels - c
            tile = simd.zeros(literally(rows), literally(1), y)
            if b.size > 0:
                tile = simd.add_row(tile, b, c, left)
            for k in range(count):
                tile = simd.multiply_add_rows(
                    tile, x, x_table, first, cells[k] + c, left, w, taps[k] + c
                )
            if relu:
                tile = simd.relu(tile)
            simd.store(y, y_table, first, o + c, left, i - first, tile)


@serial
def _run(n, y, y_table, o, x, x_table, cells, w, taps, count, b, relu, channels):
    """A run of ``n`` pixels of ``y`` whose list of cells only shifts."""
    if n >= PIXELS:
        _pixels(PIXELS, n, y, y_table, o, x, x_table, cells, w, taps, count, b, relu, channels)
    else:
        _pixels(1, n, y, y_table, o, x, x_table, cells, w, taps, count, b, relu, channels)


@serial
def _forward_row(row, y, x, y_table, x_table, w, b, relu, g):
    n, oh = row // g.out_height, row % g.out_height
    cells, taps = _lists(g)
    ow = 0
    while ow < g.out_width:
        count, run = list_inputs(cells, taps, n, oh, ow, g)
        o = (row * g.out_width + ow) * g.channels
        _run(run, y, y_table, o, x, x_table, cells, w, taps, count, b, relu, g.channels)
        ow += run


@serial
def _forward(y, x, w, b, relu, g):
    y_table = _spaced(g.out_width, g.channels)
    x_table = _spaced(g.out_width, g.channels * g.stride_width)
    for row in range(g.batch * g.out_height):
        _forward_row(row, y, x, y_table, x_table, w, b, relu, g)


@parallel
def _forward_parallel(y, x, w, b, relu, g):
    y_table = _spaced(g.out_width, g.channels)
    x_table = _spaced(g.out_width, g.channels * g.stride_width)
    for row in prange(g.batch * g.out_height):
        _forward_row(row, y, x, y_table, x_table, w, b, relu, g)


@serial
def _backward_input_row(row, dx, dy, dx_table, dy_table, w, no_bias, g):
    n, h = row // g.height, row % g.height
    cells, taps = _lists(g)
    for phase in range(min(g.stride_width, g.width)):
        i = phase
        while i < g.width:
            count, run = list_outputs(cells, taps, n, h, i, g)
            o = (row * g.width + i) * g.channels
            _run(
                run,
                dx,
                dx_table,
                o,
                dy,
                dy_table,
                cells,
                w,
                taps,
                count,
                no_bias,
                False,
                g.channels,
            )
            i += run * g.stride_width


@serial
def _backward_input(dx, dy, w, no_bias, g):
    dx_table = _spaced(g.width, g.channels * g.stride_width)
    dy_table = _spaced(g.width, g.channels)
    for row in range(g.batch * g.height):
        _backward_input_row(row, dx, dy, dx_table, dy_table, w, no_bias, g)


@parallel
def _backward_input_parallel(dx, dy, w, no_bias, g):
    dx_table = _spaced(g.width, g.channels * g.stride_width)
    dy_table = _spaced(g.width, g.channels)
    for row in prange(g.batch * g.height):
        _backward_input_row(row, dx, dy, dx_table, dy_table, w, no_bias, g)


@serial
def _correlate(rows, part, taps, x, cells, count, dy, o, n, g):
    """Add ``x * dy`` of ``n`` pixels to the listed taps, which stay in registers meanwhile."""
    channels, step = g.channels, g.channels * g.stride_width
    for k in range(0, count, rows):
        first = min(k, count - rows)
        for c in range(0, channels, simd.VECTOR_BYTES // dy.itemsize):
            left = channels - c
            tile = simd.zeros(literally(rows), literally(1), dy)
            for i in range(n):
                tile = simd.multiply_add_rows(
                    tile, x, cells, first, i * step + c, left, dy, o + i * channels + c
                )
            tile = simd.add_rows(tile, part, taps, first, c, left)
            simd.store(part, taps, first, c, left, k - first, tile)


@serial
def _backward_weights_rows(part, first, end, x, dy, g):
    """The sum over output rows ``first ... end - 1``."""
    part[:] = 0
    cells, taps = _lists(g)
    for row in range(first, end):
        n, oh = row // g.out_height, row % g.out_height
        ow = 0
        while ow < g.out_width:
            count, run = list_inputs(cells, taps, n, oh, ow, g)
            o = (row * g.out_width + ow) * g.channels
            if count >= TAPS:
                _correlate(TAPS, part, taps, x, cells, count, dy, o, run, g)
            else:
                _correlate(1, part, taps, x, cells, count, dy, o, run, g)
            ow += run


@serial
def _backward_weights(parts, x, dy, g):
    chunks, total = parts.shape[0], g.batch * g.out_height
    for k in range(chunks):
        _backward_weights_rows(parts[k], total * k // chunks, total * (k + 1) // chunks, x, dy, g)


@parallel
def _backward_weights_parallel(parts, x, dy, g):
    chunks, total = parts.shape[0], g.batch * g.out_height
    for k in prange(chunks):
        _backward_weights_rows(parts[k], total * k // chunks, total * (k + 1) // chunks, x, dy, g)
