"""Convolutions: kernels turn to ``[filters, channels, *kernel]``."""

import numpy as np

from minicnn_kernels import geometry

from ... import layers
from ..exported import Exported
from .table import exports
from .windows import flat, window_attributes


@exports(layers.Conv1D, layers.Conv2D, layers.Conv3D)
def convolution(exporter, layer, x):
    """``Conv``."""
    x = exporter.image(x, layer.data_format)
    kernel = exporter.weight(layer.kernel, _filters_first)
    attributes = {"group": layer.groups, **window_attributes(layer, x.stored_shape[2:])}
    return _finished(exporter, layer, x, "Conv", kernel, attributes)


@exports(layers.DepthwiseConv1D, layers.DepthwiseConv2D)
def depthwise_convolution(exporter, layer, x):
    """``Conv`` with a group for each channel."""
    x = exporter.image(x, layer.data_format)
    kernel = exporter.weight(layer.kernel, _channels_first)
    return _finished(exporter, layer, x, "Conv", kernel, _depthwise_attributes(layer, x))


@exports(layers.SeparableConv1D, layers.SeparableConv2D)
def separable_convolution(exporter, layer, x):
    """Two ``Conv``: with a group for each channel, and 1x1."""
    x = exporter.image(x, layer.data_format)
    depthwise = exporter.weight(layer.depthwise_kernel, _channels_first)
    name = exporter.node("Conv", x.name, depthwise, **_depthwise_attributes(layer, x))
    pointwise = exporter.weight(layer.pointwise_kernel, _filters_first)
    return _finished(exporter, layer, x.named(name), "Conv", pointwise, {}, x.shape)


@exports(layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
def transposed_convolution(exporter, layer, x):
    """``ConvTranspose`` with explicit padding."""
    x = exporter.image(x, layer.data_format)
    kernel = exporter.weight(layer.kernel, _filters_first)
    # Padding does not depend on the lengths: a stride more in is a stride more out.
    known = tuple(1 if n is None else n for n in x.stored_shape[2:])
    out = layer._output_sizes(known, x.shape)
    _, pairs, _ = layer.window.geometry((1, *out) if layer.rank == 1 else out)
    pads, extras = [], []
    axes = zip(known, out, pairs[-layer.rank :], *_steps(layer))
    for length, size, (before, after), kernel_size, stride, dilation in axes:
        extent = geometry.dilated_size(kernel_size, dilation)
        more = size - (length - 1) * stride - extent + before + after
        pads.append((before, after + max(-more, 0)))
        extras.append(max(more, 0))
    attributes = {
        "strides": layer.window.strides,
        "dilations": layer.window.dilations,
        "pads": flat(pads),
        "output_padding": extras,
    }
    return _finished(exporter, layer, x, "ConvTranspose", kernel, attributes)


def _steps(layer):
    return layer.window.size, layer.window.strides, layer.window.dilations


def _finished(exporter, layer, x, operator, kernel, attributes, shape=None):
    bias = [] if layer.bias is None else [exporter.weight(layer.bias)]
    name = exporter.node(operator, x.name, kernel, *bias, **attributes)
    y = Exported(name, layer.output_shape(shape or x.shape), x.order, x.dtype)
    return exporter.activated(y, layer.activation)


def _depthwise_attributes(layer, x):
    return {"group": x.stored_shape[1], **window_attributes(layer, x.stored_shape[2:])}


def _filters_first(kernel):
    """``[*kernel, channels, filters]`` as ``[filters, channels, *kernel]``."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def _channels_first(kernel):
    """``[*kernel, channels, multiplier]`` as ``[channels * multiplier, 1, *kernel]``."""
    turned = np.moveaxis(kernel, (-2, -1), (0, 1))
    return turned.reshape(-1, 1, *turned.shape[2:])
