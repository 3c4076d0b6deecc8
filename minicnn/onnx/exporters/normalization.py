"""Normalizations and fixed affine maps."""

import numpy as np

from ... import layers
from .table import exports


@exports(layers.BatchNormalization)
def batch_normalization(exporter, layer, x):
    """``BatchNormalization`` with the moving statistics."""
    axis = layer.axis % x.rank
    rest = [other for other in range(1, x.rank) if other != axis]
    x = exporter.arranged(x, (0, axis, *rest))
    size = layer.moving_mean.size
    names = [
        _weight_or(exporter, layer.gamma, np.ones(size, x.dtype), "gamma"),
        _weight_or(exporter, layer.beta, np.zeros(size, x.dtype), "beta"),
        exporter.weight(layer.moving_mean),
        exporter.weight(layer.moving_variance),
    ]
    return exporter.mapped("BatchNormalization", x, *names, epsilon=layer.epsilon)


@exports(layers.LayerNormalization)
def layer_normalization(exporter, layer, x):
    """``LayerNormalization``, its axes last."""
    axes = layer._axes(x.shape)
    rest = [axis for axis in range(x.rank) if axis not in axes]
    x = exporter.arranged(x, (*rest, *axes))
    shape = tuple(x.shape[axis] for axis in axes)
    names = [_weight_or(exporter, layer.gamma, np.ones(shape, x.dtype), "gamma")]
    if layer.beta is not None:
        names.append(exporter.weight(layer.beta))
    attributes = {"axis": x.rank - len(axes), "epsilon": layer.epsilon}
    return exporter.mapped("LayerNormalization", x, *names, **attributes)


@exports(layers.LocalResponseNormalization)
def local_response_normalization(exporter, layer, x):
    """``LRN``, whose alpha belongs to the mean of the window."""
    size = 2 * layer.depth_radius + 1 if layer.size is None else layer.size
    alpha = layer.alpha * size if layer.size is None else layer.alpha
    x = exporter.image(x, layer.data_format)
    attributes = {"alpha": alpha, "beta": layer.beta, "bias": layer.bias}
    return exporter.mapped("LRN", x, size=size, **attributes)


@exports(layers.UnitNormalization)
def unit_normalization(exporter, layer, x):
    """Division by the length of the vector."""
    return unit_length(exporter, x, [axis % x.rank for axis in layer._axes()])


def unit_length(exporter, x, axes, epsilon=1e-12):
    """``x / sqrt(max(sum(x^2), epsilon))`` over ``axes``."""
    x = exporter.settled(x)
    places = exporter.integers([x.place(axis) for axis in axes], "axes")
    square = exporter.node("ReduceSumSquare", x.name, places, keepdims=1)
    norm = exporter.node("Sqrt", exporter.node("Max", square, exporter.scalar(epsilon, x)))
    return exporter.mapped("Div", x, norm)


@exports(layers.Rescaling)
def rescaling(exporter, layer, x):
    """``Mul`` and ``Add``."""
    x = as_float(exporter, layer, x)
    x = exporter.mapped("Mul", x, exporter.beside(layer.scale, x))
    return exporter.mapped("Add", x, exporter.beside(layer.offset, x))


@exports(layers.Normalization)
def normalization(exporter, layer, x):
    """``Sub`` and ``Div``."""
    x = as_float(exporter, layer, x)
    mean, deviation = layer._statistics(np.empty((0,) * x.rank, x.dtype))
    x = exporter.mapped("Sub", x, exporter.beside(mean, x))
    return exporter.mapped("Div", x, exporter.beside(deviation, x))


@exports(layers.Cast)
def as_float(exporter, layer, x):
    """``Cast`` to the layer's dtype, where ``x`` has another."""
    import onnx

    if x.dtype == layer.dtype:
        return x
    to = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(layer.dtype))
    y = exporter.mapped("Cast", x, to=to)
    return type(y)(y.name, y.shape, y.order, layer.dtype)


def _weight_or(exporter, weight, array, hint):
    return exporter.constant(array, hint) if weight is None else exporter.weight(weight)
