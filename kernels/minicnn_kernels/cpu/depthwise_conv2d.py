"""Depthwise convolution: a vector of channels of several pixels at a time.

The formula, shapes and errors: :mod:`minicnn_kernels.reference.depthwise_conv2d`. Outputs and
input gradients are one loop over different tables: both gather their taps, so rows never race.
The weights' gradient sums a number of chunks of rows that depends on the shape only, then the
chunks in order.

A channel multiplier ``M`` repeats each channel ``M`` times; the kernels know one filter a channel.
"""

import numpy as np
from numba import literally

from .. import memory
from ..capture import launch
from ..contracts import depthwise_conv
from ..contracts.conv import ACTIVATIONS
from ..jit import allocating, driver, inlined, threads
from . import simd, streaming
from .depthwise_blocks import block_gradients, block_grid
from .depthwise_gradients import slide_gradients
from .depthwise_rows import backward_slide, forward_slide, slide
from .depthwise_strips import fits, slide_strips
from .leaving import line_size
from .rectifier import rectify
from .taps import SMALL, TILE, list_sources, of_depthwise
from .team import share

CHUNKS = 16  # partial sums of the weights' gradient
PIXELS = 7  # about as many sums in flight as keep two multipliers busy for four cycles
BLOCK = 16  # pixels whose products share a look at the sums in memory
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
    flat = y.reshape(-1), _repeated(x, w), w.reshape(-1), b, ACTIVATIONS.index(activation)
    # Where pixels begin inside a line, a step of two would load two lines for most vectors.
    slides = g.strides == (1, 1) or g.filters % simd.lanes(x.dtype) == 0
    _sums(*flat, g, forward_slide(g) if slides else None, False)
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
    target, no_bias = _target(dx, w), np.empty(0, dy.dtype)
    flat = target.reshape(-1), dy.reshape(-1), w.reshape(-1), no_bias, 0
    _sums(*flat, g, backward_slide(g), True)
    return _summed(dx, target)


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
    run, p = _both_gradients(g)
    parts, x, dy = _parts(dw, g), _repeated(x, dw), dy.reshape(-1)
    if p is None:
        _correlate(parts, x, dy, of_depthwise(g, False), _workers(g))
    else:  # without a dx it does not matter what the weights are
        run(dy[:0], parts, x, dy, parts[0], p, _workers(g))
    return _add_parts(dw, parts)


def depthwise_conv2d_backward(
    dx,
    dw,
    x,
    dy,
    w,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
):
    """Both gradients, ``(dx, dw)``: in one pass over ``x`` and ``dy`` where a 3x3 window allows."""
    dx, dw, x, dy, w, g = depthwise_conv.backward(
        "depthwise_conv2d_backward", dx, dw, x, dy, w, strides, padding, dilations
    )
    run, p = _both_gradients(g)
    if p is None:
        geometry = strides, padding, dilations
        depthwise_conv2d_backward_input(dx, dy, w, g.size, *geometry)
        depthwise_conv2d_backward_weights(dw, x, dy, g.kernel, *geometry)
        return dx, dw
    target, parts = _target(dx, w), _parts(dw, g)
    flat = target.reshape(-1), parts, _repeated(x, w), dy.reshape(-1), w.reshape(-1)
    run(*flat, p, _workers(g))
    return _summed(dx, target), _add_parts(dw, parts)


def _both_gradients(g):
    """The driver that makes both gradients in one pass, and its plan; ``None`` if none does."""
    p = backward_slide(g)
    return (slide_gradients, p) if p is not None else (block_gradients, block_grid(g))


def _target(dx, w):
    """Where ``dx`` is computed: one filter a channel has its own."""
    return dx if w.shape[3] == 1 else memory.empty((*dx.shape, w.shape[3]), dx.dtype)


def _summed(dx, target):
    return dx if target is dx else target.sum(axis=-1, out=dx)


def _parts(dw, g):
    """Memory for the partial sums of ``dw``."""
    return memory.empty((max(1, min(CHUNKS, g.batch * g.out[0])), dw.size), dw.dtype)


def _add_parts(dw, parts):
    total = dw.reshape(-1)
    total += parts.sum(axis=0)
    return dw


def _sums(y, x, w, b, activation, g, p, backward):
    """The products of all windows and weights, by a sliding window (``p``) or else by tables."""
    given = y, x, w, b, activation
    if p is None:
        launch(_gather, *given, of_depthwise(g, backward), _workers(g))
    elif fits(g, y):
        launch(slide_strips, *given, p, _workers(g))
    else:
        past = streaming.worth(y, g.filters)  # directly, a pixel being whole vectors
        by_lines = not past and streaming.worth(y, simd.lanes(y.dtype))
        launch(slide, *given, p, _lines(y, p, _workers(g), by_lines), past)


def _workers(g):
    steps = g.batch * g.filters * g.out[0] * g.out[1] * g.kernel[0] * g.kernel[1]
    return 1 if steps < SMALL else threads()


def _lines(y, p, workers, used):
    """Where each worker makes rows of ``y`` that go past the caches; empty unless ``used``."""
    size = line_size(p[0].out_width * p[0].channels, y.dtype) if used else 0
    return memory.scratch(y.dtype, (workers, size))[0]


def _repeated(x, w):
    """``x`` flat, each channel ``M`` times."""
    return (x if w.shape[3] == 1 else np.repeat(x, w.shape[3], axis=3)).reshape(-1)


@driver
def _gather(y, x, w, b, activation, p, workers):
    share(_gather_rows, workers, (y, x, w, b, activation, p))


@allocating
def _gather_rows(y, x, w, b, activation, p, worker, workers):
    """This worker's share of the rows of targets."""
    shape = p.shape[0]
    lists = p.targets, p.sources, shape.channels, shape.ahead
    sources, taps = np.empty(shape.taps, np.int64), np.empty(shape.taps, np.int64)
    for row in range(shape.rows * worker // workers, shape.rows * (worker + 1) // workers):
        for run in range(len(p.width)):
            count, o, n = list_sources(sources, taps, row, run, p)
            if n >= PIXELS:
                _pixels(PIXELS, 1, y, o, n, x, lists, sources, w, taps, count, b, activation)
            else:
                _pixels(1, TILE, y, o, n, x, lists, sources, w, taps, count, b, activation)


@inlined
def _pixels(rows, vectors, y, o, n, x, lists, sources, w, taps, count, b, activation):
    """A run of ``n`` targets; the last tile may begin earlier and skips what is not its own.

    Meanwhile the source row that the next row of targets adds is fetched, and the next targets:
    so many streams of memory are more than the processor follows by itself.
    """
    targets, steps, channels, ahead = lists
    for i in range(0, n, rows):
        first = min(i, n - rows)
        for c in range(0, channels, vectors * simd.width(y)):
            left = channels - c
            tile = simd.zeros(literally(rows), literally(vectors), y)
            simd.prefetch_rows(tile, x, steps, first, sources[max(count, 1) - 1] + ahead + c)
            simd.prefetch_rows(tile, y, targets, first, o + rows * channels + c)
            if b.size > 0:
                tile = simd.add_row(tile, b, c, left)
            for k in range(count):
                tile = simd.multiply_add_rows(
                    tile, x, steps, first, sources[k] + c, left, w, taps[k] * channels + c
                )
            tile = rectify(tile, activation)
            simd.store(y, targets, first, o + c, left, i - first, tile)


@driver
def _correlate(parts, x, dy, p, workers):
    share(_correlate_chunks, workers, (parts, x, dy, p))


@allocating
def _correlate_chunks(parts, x, dy, p, worker, workers):
    """This worker's share of the chunks."""
    chunks = len(parts)
    for k in range(chunks * worker // workers, chunks * (worker + 1) // workers):
        _correlate_rows(parts[k], x, dy, p, k, chunks)


@allocating
def _correlate_rows(part, x, dy, p, chunk, chunks):
    """The sum over one of the chunks of the rows of outputs."""
    shape = p.shape[0]
    lists = p.targets, p.sources, shape.channels
    cells, taps = np.empty(shape.taps, np.int64), np.empty(shape.taps, np.int64)
    part[:] = 0
    for row in range(shape.rows * chunk // chunks, shape.rows * (chunk + 1) // chunks):
        for run in range(len(p.width)):
            count, o, n = list_sources(cells, taps, row, run, p)
            for k in range(count):
                taps[k] *= shape.channels
            if count >= TAPS:
                _products(TAPS, part, taps, x, cells, count, dy, o, n, lists)
            else:
                _products(1, part, taps, x, cells, count, dy, o, n, lists)


@inlined
def _products(rows, part, taps, x, cells, count, dy, o, n, lists):
    """Add ``x * dy`` of ``n`` pixels to the listed taps, which stay in registers meanwhile."""
    targets, steps, channels = lists
    for start in range(0, n, BLOCK):
        end = min(n, start + BLOCK)
        for c in range(0, channels, simd.width(dy)):
            left = channels - c
            for k in range(0, count, rows):
                first = min(k, count - rows)
                tile = simd.zeros(literally(rows), literally(1), dy)
                for i in range(start, end):
                    tile = simd.multiply_add_rows(
                        tile, x, cells, first, steps[i] + c, left, dy, o + targets[i] + c
                    )
                tile = simd.add_rows(tile, part, taps, first, c, left)
                simd.store(part, taps, first, c, left, k - first, tile)
