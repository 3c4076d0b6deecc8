"""Which cells the taps of a depthwise kernel meet: the lists its compiled passes run over.

A list is made once for a run of pixels, over which it only shifts: the whole interior of a row is
one run, each border pixel another.
"""

from typing import NamedTuple

from ..jit import serial


class Shape(NamedTuple):
    """The geometry as the compiled passes take it: integers only, for ``prange`` to hand on."""

    batch: int
    channels: int
    height: int
    width: int
    out_height: int
    out_width: int
    kernel_height: int
    kernel_width: int
    stride_height: int
    stride_width: int
    dilation_height: int
    dilation_width: int
    top: int
    left: int


def shape(g):
    """The :class:`Shape` of a checked convolution; a channel here is a channel of ``y``."""
    (top, _), (left, _) = g.padding
    axes = (*g.size, *g.out, *g.kernel, *g.strides, *g.dilations)
    return Shape(g.batch, g.filters, *axes, top, left)


@serial
def list_inputs(cells, taps, n, oh, ow, g):
    """Offsets of the input pixels that output ``(n, oh, ow)`` reads, and of their weights.

    Returns how many, and for how many outputs from here on the list only shifts.
    """
    sw, dw, width = g.stride_width, g.dilation_width, g.width
    run = g.out_width - ow
    for v in range(g.kernel_width):
        w = ow * sw + v * dw - g.left
        if w < width:  # until it leaves on the right, or enters on the left
            run = min(run, ((width if w >= 0 else 0) - w + sw - 1) // sw)
    count = 0
    for u in range(g.kernel_height):
        h = oh * g.stride_height + u * g.dilation_height - g.top
        if 0 <= h < g.height:
            for v in range(g.kernel_width):
                w = ow * sw + v * dw - g.left
                if 0 <= w < width:
                    cells[count] = ((n * g.height + h) * width + w) * g.channels
                    taps[count] = (u * g.kernel_width + v) * g.channels
                    count += 1
    return count, run


@serial
def list_outputs(cells, taps, n, h, w, g):
    """The same for the outputs that read input ``(n, h, w)``; a run goes stride by stride."""
    sw, dw, width = g.stride_width, g.dilation_width, g.out_width
    run = (g.width - w + sw - 1) // sw
    for v in range(g.kernel_width):
        ow = (w + g.left - v * dw) // sw
        if ow < width:
            run = min(run, (width if ow >= 0 else 0) - ow)
    count = 0
    for u in range(g.kernel_height):
        a = h + g.top - u * g.dilation_height
        oh = a // g.stride_height
        if a == oh * g.stride_height and 0 <= oh < g.out_height:
            for v in range(g.kernel_width):
                b = w + g.left - v * dw
                ow = b // sw
                if b == ow * sw and 0 <= ow < width:
                    cells[count] = ((n * g.out_height + oh) * width + ow) * g.channels
                    taps[count] = (u * g.kernel_width + v) * g.channels
                    count += 1
    return count, run
