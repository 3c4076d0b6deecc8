"""Pooling over windows, over everything, and over channels."""

import math

from ... import layers
from ..exported import Exported
from .table import exports
from .windows import flat, window_attributes

_GLOBAL_MAX = (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D)


@exports(layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D)
def max_pooling(exporter, layer, x):
    """``MaxPool``."""
    return _pooled(exporter, layer, x, "MaxPool")


@exports(layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D)
def average_pooling(exporter, layer, x):
    """``AveragePool``, whose mean is over the input alone."""
    return _pooled(exporter, layer, x, "AveragePool", count_include_pad=0)


def _pooled(exporter, layer, x, operator, **attributes):
    x = exporter.image(x, layer.data_format)
    attributes.update(window_attributes(layer, x.stored_shape[2:]))
    del attributes["dilations"]
    name = exporter.node(operator, x.name, kernel_shape=layer.pool_size, **attributes)
    return Exported(name, layer.output_shape(x.shape), x.order, x.dtype)


@exports(
    *_GLOBAL_MAX,
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalAveragePooling3D,
)
def global_pooling(exporter, layer, x):
    """``GlobalMaxPool`` or ``GlobalAveragePool``, and ``Flatten`` where the axes go."""
    x = exporter.image(x, layer.data_format)
    operator = "GlobalMaxPool" if type(layer) in _GLOBAL_MAX else "GlobalAveragePool"
    name = exporter.node(operator, x.name)
    shape = layer.output_shape(x.shape)
    if layer.keepdims:
        return Exported(name, shape, x.order, x.dtype)
    return Exported(exporter.node("Flatten", name), shape, (0, 1), x.dtype)


@exports(layers.DepthMaxPooling, layers.DepthAveragePooling)
def depth_pooling(exporter, layer, x):
    """Pooling over the rows of images that hold a row of channels for each pixel."""
    operator = "MaxPool" if type(layer) is layers.DepthMaxPooling else "AveragePool"
    pixels = None if None in x.shape[1:-1] else math.prod(x.shape[1:-1])
    channels, shape = x.shape[-1], layer.output_shape(x.shape)
    rows = exporter.reshaped(x, (x.shape[0], 1, pixels, channels))
    (_, width), (_, step), padding = layer._window(channels)
    window = {"kernel_shape": [1, width], "strides": [1, step], "pads": flat(padding)}
    y = Exported(
        exporter.node(operator, rows.name, **window),
        (x.shape[0], 1, pixels, shape[-1]),
        rows.order,
        x.dtype,
    )
    return exporter.reshaped(y, shape)
