"""Layers that make one tensor of several."""

from functools import reduce

from ... import layers
from .. import layout
from ..exported import Exported
from .table import exports

_OPERATORS = {
    layers.Add: "Add",
    layers.Subtract: "Sub",
    layers.Multiply: "Mul",
    layers.Maximum: "Max",
    layers.Minimum: "Min",
}


@exports(*_OPERATORS)
def merge(exporter, layer, *inputs):
    """A chain of operators of two inputs."""
    operator = _OPERATORS[type(layer)]
    inputs = _of_one_rank(exporter, inputs)
    return _merged(exporter, layer, operator, inputs)


@exports(layers.Average)
def average(exporter, layer, *inputs):
    """The sum times a number."""
    inputs = _of_one_rank(exporter, inputs)
    total = _merged(exporter, layer, "Add", inputs)
    return exporter.mapped("Mul", total, exporter.scalar(1 / len(inputs), total))


@exports(layers.CustomScaleLayer)
def scaled_sum(exporter, layer, *inputs):
    """``Mul`` and ``Add``."""
    a, b = exporter.alike(inputs)
    b = exporter.mapped("Mul", b, exporter.scalar(layer.scale, b))
    return exporter.mapped("Add", a, b.name)


@exports(layers.Concatenate)
def concatenate(exporter, layer, *inputs):
    """``Concat``."""
    values = exporter.alike(inputs)
    shape = layer.output_shape([value.shape for value in values])
    axis = values[0].place(layer.axis)
    name = exporter.node("Concat", *(value.name for value in values), axis=axis)
    return Exported(name, shape, values[0].order, values[0].dtype)


def _merged(exporter, layer, operator, values):
    shape = layer.output_shape([value.shape for value in values])
    name = reduce(lambda a, b: exporter.node(operator, a, b), [value.name for value in values])
    return Exported(name, shape, values[0].order, values[0].dtype)


def _of_one_rank(exporter, values):
    """``values`` with axes of length 1 behind the batch where one has fewer than others."""
    rank = max(value.rank for value in values)
    longer = []
    for value in values:
        axes = list(range(1, 1 + rank - value.rank))
        if axes:
            value = exporter.plain(value)
            name = exporter.node("Unsqueeze", value.name, exporter.integers(axes, "axes"))
            shape = (value.shape[0], *(1 for _ in axes), *value.shape[1:])
            value = Exported(name, shape, layout.plain(rank), value.dtype)
        longer.append(value)
    return exporter.alike(longer)
