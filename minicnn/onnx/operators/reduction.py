"""Sums, means and extrema over axes."""

from ... import layers
from ..layout import counted, without
from ..value import Value
from .table import operator

_FUNCTIONS = {"ReduceSum": "sum", "ReduceMean": "mean", "ReduceMax": "max", "ReduceMin": "min"}


@operator(*_FUNCTIONS)
def reduce(call):
    """``Reduction`` over the places where the axes are stored."""
    return _reduced(call, call.tensor(), _FUNCTIONS[call.operator])


@operator("ReduceL1")
def reduce_l1(call):
    """The sum of absolute values."""
    return _reduced(call, call.mapped(layers.Elementwise, call.tensor(), "absolute"), "sum")


@operator("ReduceSumSquare")
def reduce_sum_square(call):
    """The sum of squares."""
    return _reduced(call, call.mapped(layers.Elementwise, call.tensor(), "square"), "sum")


@operator("ReduceL2")
def reduce_l2(call):
    """The root of the sum of squares."""
    return call.mapped(layers.Elementwise, reduce_sum_square(call), "sqrt")


@operator("ReduceLogSum")
def reduce_log_sum(call):
    """The logarithm of the sum."""
    return call.mapped(layers.Elementwise, _reduced(call, call.tensor(), "sum"), "log")


def _reduced(call, x, function):
    x = call.settled(x)
    axes = call.setting("axes", 1)
    if not axes:
        if call.attribute("noop_with_empty_axes", 0):
            return call.mapped(layers.Identity, x)
        axes = range(x.rank)
    axes = counted(axes, x.rank)
    places = [x.place(axis) for axis in axes]
    if 0 in places:
        call.refuse(f"reduces the batch axis of {x.shape}, which a model keeps in front")
    if x.rank == 0:
        return call.mapped(layers.Identity, x)
    keep = bool(call.attribute("keepdims", 1))
    y = call.layer(layers.Reduction, x.tensor, function, places, keep)
    return Value(y, x.order if keep else without(x.order, axes))
