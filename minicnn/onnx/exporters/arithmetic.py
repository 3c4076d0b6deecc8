"""Operators, functions element by element, and reductions."""

from ... import layers
from .. import layout
from ..exported import Exported
from .table import exports

_OPERATORS = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "power": "Pow",
    "maximum": "Max",
    "minimum": "Min",
}
_FUNCTIONS = {
    "negative": "Neg",
    "absolute": "Abs",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "sin": "Sin",
    "cos": "Cos",
}
_REDUCTIONS = {"sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin"}


@exports(layers.Arithmetic)
def arithmetic(exporter, layer, *inputs):
    """The operator of two tensors, or of a tensor and a constant."""
    one_rank = len({value.rank for value in inputs}) == 1
    values = exporter.alike(inputs) if one_rank else [exporter.plain(x) for x in inputs]
    rank = max([x.rank for x in values] + [c.ndim for c in layer.constants or [] if c is not None])
    if rank > values[0].rank:
        values = [exporter.plain(x) for x in values]
    names, rest = [], iter(values)
    for constant in layer.constants or [None, None]:
        if constant is None:
            names.append(next(rest).name)
        elif constant.ndim > values[0].rank:
            names.append(exporter.constant(constant))
        else:
            names.append(exporter.beside(constant, values[0]))
    shapes = [value.shape for value in values]
    shape = layer.output_shape(shapes if len(shapes) > 1 else shapes[0])
    order = values[0].order if len(shape) == values[0].rank else layout.plain(len(shape))
    name = exporter.node(_OPERATORS[layer.operation], *names)
    return Exported(name, shape, order, values[0].dtype)


@exports(layers.Elementwise)
def elementwise(exporter, layer, x):
    """The function of that name, or made of two."""
    x = exporter.settled(x)
    if layer.function == "square":
        return exporter.mapped("Mul", x, x.name)
    if layer.function == "rsqrt":
        return exporter.mapped("Reciprocal", exporter.mapped("Sqrt", x))
    return exporter.mapped(_FUNCTIONS[layer.function], x)


@exports(layers.Reduction)
def reduction(exporter, layer, x):
    """``ReduceSum``, ``ReduceMean`` ... over the places where the axes are stored."""
    x = exporter.settled(x)
    axes = layer._axes(x.rank)
    places = exporter.integers(sorted(x.place(axis) for axis in axes), "axes")
    name = exporter.node(_REDUCTIONS[layer.function], x.name, places, keepdims=int(layer.keepdims))
    order = x.order if layer.keepdims else layout.without(x.order, axes)
    return Exported(name, layer.output_shape(x.shape), order, x.dtype)
