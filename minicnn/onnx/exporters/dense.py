"""Dense layers, embeddings and products of matrices."""

import math

import numpy as np

from ... import layers
from .. import layout
from ..exported import Exported
from .normalization import unit_length
from .shapes import permuted
from .table import exports


@exports(layers.Dense)
def dense(exporter, layer, x):
    """``Gemm`` of vectors, ``MatMul`` and ``Add`` of anything longer."""
    if x.source is not None:
        return _after_flatten(exporter, layer, x.source)
    x = exporter.plain(x)
    return _product(exporter, layer, x, exporter.weight(layer.kernel))


def _after_flatten(exporter, layer, source):
    """Flattened as it is stored; the rows of the kernel follow."""
    lengths = source.shape[1:]
    rows = np.arange(math.prod(lengths)).reshape(lengths)
    rows = rows.transpose([axis - 1 for axis in source.order[1:]]).ravel()
    name = exporter.node("Flatten", source.name)
    x = Exported(name, (source.shape[0], len(rows)), (0, 1), source.dtype)
    if (rows == np.arange(len(rows))).all():
        return _product(exporter, layer, x, exporter.weight(layer.kernel))
    return _product(exporter, layer, x, exporter.constant(layer.kernel.value[rows], "kernel"))


def _product(exporter, layer, x, kernel):
    bias = [] if layer.bias is None else [exporter.weight(layer.bias)]
    if x.rank == 2:
        name = exporter.node("Gemm", x.name, kernel, *bias)
    else:
        name = exporter.node("MatMul", x.name, kernel)
        name = exporter.node("Add", name, *bias) if bias else name
    y = Exported(name, layer.output_shape(x.shape), x.order, x.dtype)
    return exporter.activated(y, layer.activation)


@exports(layers.Embedding)
def embedding(exporter, layer, x):
    """``Gather`` of the rows that the integers name."""
    import onnx

    x = exporter.plain(x)
    name = x.name
    if np.dtype(x.dtype).kind not in "iu":
        name = exporter.node("Cast", name, to=onnx.TensorProto.INT64)
    name = exporter.node("Gather", exporter.weight(layer.embeddings), name, axis=0)
    shape = layer.output_shape(x.shape)
    return Exported(name, shape, layout.plain(len(shape)), layer.dtype)


@exports(layers.MatMul)
def matmul(exporter, layer, *inputs):
    """``MatMul``."""
    inputs = [exporter.plain(x) for x in inputs]
    rest = iter(inputs)
    names = [
        next(rest).name if constant is None else exporter.constant(constant)
        for constant in layer.constants or [None, None]
    ]
    shapes = [x.shape for x in inputs]
    shape = layer.output_shape(shapes if len(shapes) > 1 else shapes[0])
    return Exported(
        exporter.node("MatMul", *names), shape, layout.plain(len(shape)), inputs[0].dtype
    )


@exports(layers.Dot)
def dot(exporter, layer, a, b):
    """``MatMul`` of matrices ``[others, summed]`` and ``[summed, others]``; a cosine if asked."""
    i, j = layer._checked_axes(a.shape, b.shape)
    shape = layer.output_shape([a.shape, b.shape])
    if layer.normalize:
        a, b = unit_length(exporter, a, [i]), unit_length(exporter, b, [j])
    a, b = exporter.settled(a), exporter.settled(b)
    left = permuted(a, (0, *(axis for axis in range(1, a.rank) if axis != i), i))
    right = permuted(b, (0, j, *(axis for axis in range(1, b.rank) if axis != j)))
    rows, columns = _product_of(left.shape[1:-1]), _product_of(right.shape[2:])
    left = exporter.reshaped(left, (a.shape[0], rows, left.shape[-1]))
    right = exporter.reshaped(right, (b.shape[0], right.shape[1], columns))
    name = exporter.node("MatMul", left.name, right.name)
    y = Exported(name, (a.shape[0], rows, columns), (0, 1, 2), a.dtype)
    return exporter.reshaped(y, shape)


def _product_of(lengths):
    return None if None in lengths else math.prod(lengths)
