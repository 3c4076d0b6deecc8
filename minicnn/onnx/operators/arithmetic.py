"""Operators of several tensors with broadcasting: Add, Sub, Mul, Div, Pow, Max, Min, Sum, Mean."""

from functools import reduce

import numpy as np

from minicnn_kernels.contracts import arrays

from ... import layers
from ..layout import counted, plain
from ..value import Value
from .table import operator

_MERGES = {
    "add": layers.Add,
    "subtract": layers.Subtract,
    "multiply": layers.Multiply,
    "maximum": layers.Maximum,
    "minimum": layers.Minimum,
}
_BINARY = {
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
    "Pow": "power",
}
_VARIADIC = {"Sum": "add", "Mean": "add", "Max": "maximum", "Min": "minimum"}


@operator(*_BINARY)
def binary(call):
    """A merge layer of two tensors, or ``Arithmetic`` with a constant."""
    a, b = call.operand(0), call.operand(1)
    if call.attribute("broadcast", 0):  # operator sets before 7
        b = _placed(call, b, _rank(a), call.attribute("axis"))
    return joined(call, _BINARY[call.operator], a, b)


@operator(*_VARIADIC)
def variadic(call):
    """A merge layer of all tensors; constants join one by one."""
    operands = [call.operand(index) for index in range(len(call.inputs))]
    operation = _VARIADIC[call.operator]
    total = reduce(lambda a, b: joined(call, operation, a, b), operands)
    if not isinstance(total, Value):
        call.refuse("needs a tensor of the graph")
    if len(operands) == 1:
        total = call.mapped(layers.Identity, total)
    if call.operator == "Mean" and len(operands) > 1:
        return call.mapped(layers.Arithmetic, total, "divide", [None, float(len(operands))])
    return total


@operator("Reciprocal")
def reciprocal(call):
    """``1 / x``."""
    return call.mapped(layers.Arithmetic, call.tensor(), "divide", [1.0, None])


@operator("Expand")
def expand(call):
    """The product with ones, which repeats axes of length 1."""
    shape = call.constant(1).tolist()
    x = call.tensor()
    if not x.lifted and len(shape) == x.rank and shape[0] in (1, call.importer.batch):
        shape[0] = 1  # the batch's own length
    arrays.allocation(call.label, "shape", shape, x.dtype)
    return joined(call, "multiply", x, np.ones(shape, x.dtype))


def joined(call, operation, a, b):
    """``a`` and ``b``, values or arrays of which one is a value, joined by ``operation``."""
    if isinstance(a, Value) and isinstance(b, Value):
        return _tensors(call, operation, a, b)
    if isinstance(a, Value):
        a, b = _with_constant(call, a, b)
        return call.mapped(layers.Arithmetic, a, operation, [None, b])
    if isinstance(b, Value):
        b, a = _with_constant(call, b, a)
        return call.mapped(layers.Arithmetic, b, operation, [a, None])
    functions = {"add": np.add, "maximum": np.maximum, "minimum": np.minimum}
    return functions[operation](a, b)


def _tensors(call, operation, a, b):
    if a.dtype != b.dtype:
        call.refuse(f"inputs must have one type, got {a.dtype} and {b.dtype}")
    rank = max(a.rank, b.rank)
    if a.rank != b.rank:
        a, b = (call.unsqueezed(v, list(range(rank - v.rank))) for v in (a, b))
    if a.unflat != b.unflat:
        a, b = call.settled(a), call.settled(b)
    if a.order != b.order:
        order = b.order if a.order == plain(rank) else a.order
        a, b = call.arranged(a, order), call.arranged(b, order)
    if operation in _MERGES:
        return a.holding(call.layer(_MERGES[operation], [a.tensor, b.tensor]))
    return a.holding(call.layer(layers.Arithmetic, [a.tensor, b.tensor], operation))


def _with_constant(call, value, constant):
    """``value`` and ``constant`` with its axes in the value's order."""
    if np.dtype(constant.dtype).kind != "f" and call.operator != "Pow":
        call.refuse(f"a constant must be of {value.dtype}, got {constant.dtype}")
    constant = constant.astype(value.dtype)
    if constant.size == 1 and constant.ndim <= value.rank:
        return value, constant.reshape(())
    value = call.settled(value)
    if constant.ndim > value.rank:
        value = call.unsqueezed(value, list(range(constant.ndim - value.rank)))
    missing = value.rank - constant.ndim
    full = constant.reshape((1,) * missing + constant.shape).transpose(value.order)
    lead = next((i for i, n in enumerate(full.shape) if n != 1), full.ndim)
    return value, full.reshape(full.shape[lead:])


def _placed(call, b, rank, axis):
    """``b`` with axes of length 1 behind, so that it begins at ``axis`` of ``rank`` axes."""
    if axis is None:
        return b
    behind = rank - _rank(b) - counted([axis], rank)[0]
    if behind < 0:
        call.refuse(f"axis {axis} leaves no room for the second input")
    if isinstance(b, Value):
        return call.unsqueezed(b, list(range(b.rank, b.rank + behind)))
    return b.reshape(b.shape + (1,) * behind)


def _rank(operand):
    return operand.rank if isinstance(operand, Value) else operand.ndim
