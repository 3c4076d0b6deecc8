"""Pad with zeros or another constant, and crop by negative lengths."""

import math

import numpy as np

from minicnn_kernels.contracts import arrays

from ... import layers
from ..layout import counted
from .table import operator

_PADDING = {1: layers.ZeroPadding1D, 2: layers.ZeroPadding2D, 3: layers.ZeroPadding3D}


@operator("Pad")
def pad(call):
    """``ZeroPadding*D`` over spatial axes; other axes through a reshape; then the constant."""
    mode = call.attribute("mode", "constant")
    if mode != "constant":
        call.refuse(f"mode {mode!r} has no layer")
    x = call.settled(call.tensor())
    pads = call.setting("pads", 1) or call.attribute("paddings")
    axes = counted(call.setting("axes", 3) or range(x.rank), x.rank)
    if pads is None or len(pads) != 2 * len(axes):
        call.refuse(f"pads {pads} must have two entries for each of {len(axes)} axes")
    value = call.number("value", 2, 0.0)
    around = [(0, 0)] * x.tensor.ndim
    for axis, before, after in zip(axes, pads[: len(axes)], pads[len(axes) :]):
        around[x.place(axis)] = before, after
    if around[0] != (0, 0):
        call.refuse(f"pads the batch axis of {x.shape}, which a model keeps as it is")
    if any(n < 0 for pair in around for n in pair):
        return _cropped(call, x, around)
    y = x.holding(_padded(call, x.tensor, around))
    if not value:
        return y
    if None in y.tensor.shape[1:]:
        call.refuse(f"a constant other than 0 needs known lengths, got {x.shape}")
    arrays.allocation(call.label, "the output", y.tensor.shape[1:], x.dtype)
    border = np.full(y.tensor.shape[1:], value, x.dtype)
    border[tuple(slice(b, n - a) for n, (b, a) in zip(border.shape, around[1:]))] = 0
    return call.mapped(layers.Arithmetic, y, "add", [None, border])


def _padded(call, tensor, around):
    spatial = tensor.ndim - 2
    if spatial in _PADDING and around[-1] == (0, 0):
        return call.layer(_PADDING[spatial], tensor, tuple(around[1:-1]), "channels_last")
    for place, pair in enumerate(around):  # each axis as the middle one of three
        if pair == (0, 0):
            continue
        lengths = tensor.shape[1:]
        if None in lengths:
            call.refuse(f"needs known lengths, got {tensor.shape}")
        before, after = math.prod(lengths[: place - 1]), math.prod(lengths[place:])
        cube = call.reshaped(tensor, [before, lengths[place - 1], after])
        cube = call.layer(layers.ZeroPadding2D, cube, ((0, 0), pair), "channels_last")
        padded = list(lengths)
        padded[place - 1] += sum(pair)
        tensor = call.reshaped(cube, padded)
    return tensor


def _cropped(call, x, around):
    if any(n > 0 for pair in around for n in pair):
        call.refuse("must not both pad and crop")
    key = [slice(-before or None, after or None) for before, after in around]
    return x.holding(call.layer(layers.GetItem, x.tensor, key))
