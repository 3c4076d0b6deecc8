"""Gemm and MatMul: ``Dense`` where the second matrix is a constant."""

import numpy as np

from ... import layers
from ..layout import plain, transposed
from ..value import Value
from .arithmetic import joined
from .table import operator


@operator("Gemm")
def gemm(call):
    """``alpha * A @ B + beta * C``: ``Dense``, its kernel in the order in which A is stored."""
    a, b, c = call.tensor(), call.constant(1), _added(call)
    if a.rank != 2 or b.ndim != 2:
        call.refuse(f"A and B must be matrices, got {a.shape} and {b.shape}")
    if call.attribute("transA", 0):
        a = Value(call.settled(a).tensor, transposed(call.settled(a).order, (1, 0)))
    if a.order != (0, 1):
        a = call.plain(a)
    beta = call.attribute("beta", 1.0)
    kernel = call.attribute("alpha", 1.0) * (b.T if call.attribute("transB", 0) else b)
    if isinstance(c, Value):
        c = c if beta == 1 else joined(call, "multiply", c, call.scalar(beta))
        return joined(call, "add", _dense(call, a, kernel, None), c)
    if c is not None:
        c = (beta * c).astype(c.dtype)
        if c.ndim < 2 or (c.ndim == 2 and c.shape[0] == 1):
            return _dense(call, a, kernel, np.broadcast_to(c, (1, kernel.shape[1]))[0])
        return joined(call, "add", _dense(call, a, kernel, None), c)
    return _dense(call, a, kernel, None)


def _added(call):
    """C: a constant where it can be one."""
    if not call.has(2) or not call.importer.is_computed(call.inputs[2]):
        return call.constant(2, None)
    return call.tensor(2)


@operator("MatMul")
def matmul(call):
    """``Dense`` without bias, or ``MatMul`` of two tensors or with several matrices."""
    a, b = call.operand(0), call.operand(1)
    if isinstance(a, Value) and not isinstance(b, Value) and b.ndim == 2 and a.rank > 1:
        return _dense(call, a if a.order == plain(a.rank) else call.plain(a), b, None)
    rank = max(_rank(a), _rank(b), 2)
    row, column = _rank(a) == 1, _rank(b) == 1
    a = _with_axes(call, a, rank, [])
    b = _with_axes(call, b, rank, [rank - 1] if column else [])
    tensors = [side.tensor for side in (a, b) if isinstance(side, Value)]
    constants = [None if isinstance(side, Value) else side for side in (a, b)]
    constants = None if len(tensors) == 2 else constants
    y = call.layer(layers.MatMul, tensors if len(tensors) > 1 else tensors[0], constants)
    value = Value(y, plain(rank))
    return call.squeezed(value, [rank - 2] * row + [rank - 1] * column)


def _rank(side):
    return side.rank if isinstance(side, Value) else side.ndim


def _with_axes(call, side, rank, behind):
    """``side`` as matrices with ``rank`` axes, new ones in front and ``behind``."""
    axes = [*range(rank - _rank(side) - len(behind)), *behind]
    if isinstance(side, Value):
        return call.plain(call.unsqueezed(side, axes))
    return np.expand_dims(side, tuple(axes))


def _dense(call, a, kernel, bias):
    rows = a.flat_rows()
    if kernel.shape[0] != a.shape[-1]:
        call.refuse(f"matrices {a.shape} and {kernel.shape} do not fit")
    weights = {"kernel": kernel if rows is None else kernel[rows]}
    if bias is not None:
        weights["bias"] = bias
    options = {"use_bias": bias is not None, "weights": weights}
    return Value(call.layer(layers.Dense, a.tensor, kernel.shape[1], **options), a.order)
