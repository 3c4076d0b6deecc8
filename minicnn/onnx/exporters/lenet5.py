"""The layers that LeNet-5 has to itself: connections by a table, subsampling, distances."""

import numpy as np

from ... import layers
from .. import layout
from ..exported import Exported
from .table import exports
from .windows import window_attributes


@exports(layers.TableConv2D)
def table_convolution(exporter, layer, x):
    """``Conv`` of a kernel that is 0 where the table has no connection."""
    x = exporter.image(x, layer.data_format)

    def connected(kernel):
        full = np.zeros((len(layer.table), x.stored_shape[1], *layer.kernel_size), kernel.dtype)
        full[layer._seeing, layer._seen] = np.moveaxis(kernel, -1, 0)
        return full

    names = [exporter.weight(layer.kernel, connected)]
    if layer.bias is not None:
        names.append(exporter.weight(layer.bias))
    attributes = window_attributes(layer, x.stored_shape[2:])
    name = exporter.node("Conv", x.name, *names, **attributes)
    y = Exported(name, layer.output_shape(x.shape), x.order, x.dtype)
    return exporter.activated(y, layer.activation)


@exports(layers.TrainedSubsampling)
def trained_subsampling(exporter, layer, x):
    """``AveragePool``, ``Mul`` and ``Add``."""
    x = exporter.image(x, layer.data_format)
    attributes = window_attributes(layer, x.stored_shape[2:])
    del attributes["dilations"]
    name = exporter.node("AveragePool", x.name, kernel_shape=layer.pool_size, **attributes)
    y = Exported(name, layer.output_shape(x.shape), x.order, x.dtype)
    for operator, weight in (("Mul", layer.coefficient), ("Add", layer.bias)):
        y = exporter.mapped(operator, y, exporter.constant(weight.value.reshape(-1, 1, 1)))
    return exporter.activated(y, layer.activation)


@exports(layers.RBF)
def distances(exporter, layer, x):
    """``Sub`` of the points and ``ReduceSumSquare``."""
    x = exporter.plain(x)
    column = exporter.node("Unsqueeze", x.name, exporter.integers([1], "axes"))
    apart = exporter.node("Sub", column, exporter.weight(layer.points))
    name = exporter.node("ReduceSumSquare", apart, exporter.integers([2], "axes"), keepdims=0)
    return Exported(name, layer.output_shape(x.shape), layout.plain(2), x.dtype)
