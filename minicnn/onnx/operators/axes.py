"""Operators that take apart and join along axes, and those that change nothing."""

import numpy as np

from ... import layers
from ..layout import counted
from ..value import Value
from .table import operator


@operator("Identity")
def identity(call):
    """``Identity``."""
    return call.mapped(layers.Identity, call.tensor())


@operator("Dropout")
def dropout(call):
    """``Dropout``: nothing at inference."""
    if call.wants(1):
        call.refuse("the output mask is read, the layer has none")
    if call.has(2) and bool(call.constant(2)):
        call.refuse("training_mode has no layer: dropout is on in training only")
    rate = call.number("ratio", 1, 0.5)
    return call.mapped(layers.Dropout, call.tensor(), rate)


@operator("Cast")
def cast(call):
    """``Cast`` to float32 or float64."""
    import onnx

    types = {onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.DOUBLE: "float64"}
    if call.attribute("to") not in types:
        call.refuse("must cast to FLOAT or DOUBLE")
    x = call.tensor(integers=True)
    return call.mapped(layers.Cast, x, dtype=types[call.attribute("to")])


@operator("Concat")
def concat(call):
    """``Concatenate`` along the place where the axis is stored."""
    values = [call.settled(call.tensor(index)) for index in range(len(call.inputs))]
    order = next((v.order for v in values if v.order != tuple(range(v.rank))), values[0].order)
    if any(value.rank != len(order) for value in values):
        call.refuse(f"inputs must have equal ranks, got {[v.shape for v in values]}")
    values = [call.arranged(value, order) for value in values]
    axis = values[0].place(call.attribute("axis", 1))
    if len(values) == 1:
        return call.mapped(layers.Identity, values[0])
    return values[0].holding(call.layer(layers.Concatenate, [v.tensor for v in values], axis))


@operator("Split")
def split(call):
    """One slice for each output."""
    x = call.settled(call.tensor())
    axis = call.attribute("axis", 0)
    length = x.tensor.shape[x.place(axis)]
    lengths = call.setting("split", 1)
    count = call.attribute("num_outputs", len(call.outputs))
    if lengths is None:
        if length is None:
            call.refuse(f"needs a known length along axis {axis}, got {x.shape}")
        part = -(-length // count)
        lengths = [min(part, max(length - part * i, 0)) for i in range(count)]
    if len(lengths) != len(call.outputs) or (length is not None and sum(lengths) != length):
        call.refuse(f"split {lengths} does not make {len(call.outputs)} parts of {x.shape}")
    ends = np.cumsum(lengths)
    return [
        _sliced(call, x, {axis: slice(int(end - part), int(end))})
        for end, part in zip(ends, lengths)
    ]


@operator("Slice")
def slice_(call):
    """Slices along the given axes."""
    x = call.settled(call.tensor())
    starts, ends = call.setting("starts", 1), call.setting("ends", 2)
    axes = counted(call.setting("axes", 3) or range(len(starts)), x.rank)
    steps = call.setting("steps", 4) or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        call.refuse(f"starts {starts}, ends {ends}, axes {axes} and steps {steps} do not fit")
    keys = {}
    for start, end, axis, step in zip(starts, ends, axes, steps):
        length = x.tensor.shape[x.place(axis)]
        # Before the first element, which a negative end cannot say in Python.
        stop = None if step < 0 and (end < -(length or 0) or end <= -(2**31)) else end
        keys[axis] = slice(start, stop, step)
    return _sliced(call, x, keys)


@operator("Gather")
def gather(call):
    """``Embedding`` of integers in a constant matrix, or one element along an axis."""
    if call.importer.is_constant(call.inputs[0]):
        table, axis = call.constant(0), call.attribute("axis", 0)
        if table.ndim != 2 or axis % 2:
            call.refuse(f"constant data must be a matrix and axis 0, got {table.shape}")
        indices = call.tensor(1, integers=True)
        options = {"dtype": table.dtype.name, "weights": {"embeddings": table}}
        y = call.layer(layers.Embedding, call.plain(indices).tensor, *table.shape, **options)
        return Value(y, (*range(indices.rank), indices.rank))
    x, index = call.settled(call.tensor()), call.constant(1)
    axis = x.axis(call.attribute("axis", 0))
    if index.size != 1:
        call.refuse("indices of a tensor must be one constant")
    start = int(index.reshape(()))
    x = _sliced(call, x, {axis: slice(start, start + 1 or None)})
    return x if index.ndim else call.squeezed(x, [axis])


def _sliced(call, x, keys):
    """``x`` with slices along ONNX's axes ``keys``."""
    places = {x.place(axis): key for axis, key in keys.items()}
    key = [places.get(place, slice(None)) for place in range(x.tensor.ndim)]
    if key[0] != slice(None):
        call.refuse(f"cuts the batch axis of {x.shape}, which a model keeps whole")
    return x.holding(call.layer(layers.GetItem, x.tensor, key))
