"""Conv and ConvTranspose: kernels turn from ``[filters, channels, *kernel]`` to ours."""

import numpy as np

from minicnn_kernels import geometry

from ... import layers
from .table import operator
from .windows import pairs, window

_CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
_DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)


@operator("Conv")
def convolution(call):
    """``Conv*D``, or ``DepthwiseConv*D`` where every channel is a group of its own."""
    x, w, rank = _operands(call)
    groups = call.attribute("group", 1)
    strides, dilations, padding = window(call, w.shape[2:], x.shape[2:])
    options = {"strides": strides, "padding": padding, "dilation_rate": dilations}
    channels = x.shape[1]
    if channels != w.shape[1] * groups:
        call.refuse(f"weights {w.shape} of {groups} groups do not fit {channels} channels")
    options["weights"], options["use_bias"] = _bias(call, w.shape[0])
    if 1 < groups == channels and rank <= 2 and w.shape[0] % channels == 0:
        kernel = w.reshape(channels, -1, *w.shape[2:])
        options["weights"]["kernel"] = np.moveaxis(kernel, (0, 1), (-2, -1))
        options["depth_multiplier"] = w.shape[0] // channels
        return _applied(call, x, _DEPTHWISE[rank - 1], w.shape[2:], **options)
    options["weights"]["kernel"] = np.moveaxis(w, (0, 1), (-1, -2))
    size = w.shape[0], w.shape[2:]
    return _applied(call, x, _CONVOLUTIONS[rank - 1], *size, groups=groups, **options)


@operator("ConvTranspose")
def transposed_convolution(call):
    """``Conv*DTranspose``; groups become slices of the channels, joined again."""
    x, w, rank = _operands(call)
    groups = call.attribute("group", 1)
    if x.shape[1] != w.shape[0] or w.shape[0] % groups:
        call.refuse(f"weights {w.shape} of {groups} groups do not fit {x.shape[1]} channels")
    options = _transposed_window(call, w.shape[2:], x.shape[2:])
    weights, options["use_bias"] = _bias(call, w.shape[1] * groups)
    layer_class = _TRANSPOSED[rank - 1]
    count, filters = w.shape[0] // groups, w.shape[1]
    parts = []
    for group in range(groups):
        own = slice(group * count, (group + 1) * count)
        maps = slice(group * filters, (group + 1) * filters)
        part = x if groups == 1 else x.holding(call.layer(layers.GetItem, x.tensor, (..., own)))
        arrays = {name: bias[maps] for name, bias in weights.items()}
        arrays["kernel"] = np.moveaxis(w[own], (0, 1), (-1, -2))
        parts.append(
            _applied(call, part, layer_class, filters, w.shape[2:], weights=arrays, **options)
        )
    if groups == 1:
        return parts[0]
    return x.holding(call.layer(layers.Concatenate, [part.tensor for part in parts]))


def _applied(call, x, layer_class, *arguments, **options):
    return call.mapped(layer_class, x, *arguments, data_format="channels_last", **options)


def _operands(call):
    x, w = call.image(0), call.constant(1)
    rank = x.rank - 2
    if w.ndim != x.rank or not 1 <= rank <= 3:
        call.refuse(f"input of shape {x.shape} and weights {w.shape} must have 3 to 5 axes")
    size = tuple(call.attribute("kernel_shape", w.shape[2:]))
    if size != w.shape[2:]:
        call.refuse(f"kernel_shape {size} is not that of the weights {w.shape}")
    return x, w, rank


def _bias(call, filters):
    bias = call.constant(2, None)
    if bias is None:
        return {}, False
    if bias.shape != (filters,):
        call.refuse(f"bias must have shape ({filters},), got {bias.shape}")
    return {"bias": bias}, True


def _transposed_window(call, size, spatial):
    """Options of a transposed convolution, its padding and the places it adds made explicit."""
    rank = len(size)
    rule = call.attribute("auto_pad", "NOTSET")
    strides = tuple(call.attribute("strides", [1] * rank))
    dilations = tuple(call.attribute("dilations", [1] * rank))
    extra = tuple(call.attribute("output_padding", [0] * rank))
    if not len(strides) == len(dilations) == len(extra) == rank:
        call.refuse(f"strides, dilations and output_padding must have {rank} entries")
    target = call.attribute("output_shape")
    padding = pairs(call, call.attribute("pads", [0] * (2 * rank)), rank)
    if target is not None or rule in ("SAME_UPPER", "SAME_LOWER"):
        if None in spatial:
            call.refuse(f"output_shape and auto_pad need known lengths, got {tuple(spatial)}")
        target = target or [n * s for n, s in zip(spatial, strides)]
        padding, extra = _filling(rule, size, strides, dilations, extra, spatial, target[-rank:])
    return {
        "strides": strides,
        "dilation_rate": dilations,
        "padding": padding,
        "output_padding": extra,
    }


def _filling(rule, size, strides, dilations, extra, spatial, target):
    padding, extras = [], []
    for k, s, d, more, n, out in zip(size, strides, dilations, extra, spatial, target):
        total = s * (n - 1) + more + geometry.dilated_size(k, d) - out
        extras.append(more + max(-total, 0))
        half = max(total, 0) // 2
        rest = max(total, 0) - half
        padding.append((half, rest) if rule == "SAME_UPPER" else (rest, half))
    return tuple(padding), tuple(extras)
