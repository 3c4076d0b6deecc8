"""Operators that change shapes: Reshape, Flatten, Transpose, Squeeze, DepthToSpace ..."""

import math

import numpy as np

from ... import layers
from .. import layout
from ..value import Value
from .table import operator


@operator("Transpose")
def transpose(call):
    """No layer at all: only the order of the axes is another one."""
    x = call.settled(call.tensor())
    perm = call.attribute("perm", list(range(x.rank))[::-1])
    if sorted(perm) != list(range(x.rank)):
        call.refuse(f"perm {perm} is no permutation of {x.rank} axes")
    return Value(x.tensor, layout.transposed(x.order, perm))


@operator("Squeeze")
def squeeze(call):
    """``Reshape`` without the axes."""
    x = call.tensor()
    axes = call.setting("axes", 1)
    if axes is None:
        axes = [axis for axis, length in enumerate(x.shape) if length == 1]
    return call.squeezed(x, axes)


@operator("Unsqueeze")
def unsqueeze(call):
    """``Reshape`` with new axes of length 1."""
    return call.unsqueezed(call.tensor(), call.setting("axes", 1))


@operator("Flatten")
def flatten(call):
    """``Flatten``, without a transpose before it: a dense layer reorders its rows."""
    x = call.settled(call.tensor())
    axis = call.attribute("axis", 1)
    axis = axis if axis == x.rank else x.axis(axis)
    if not x.lifted and axis != 1:
        call.refuse(f"axis {axis} joins the batch axis with others")
    if x.lifted:
        new = [math.prod(x.shape[:axis]), math.prod(x.shape[axis:])]
        return reshaped(call, x, new)
    return _flat(call, x)


@operator("Reshape")
def reshape(call):
    """``Reshape`` of each sample; axes keep the order in which they are stored where they can."""
    x = call.settled(call.tensor())
    wanted = call.setting("shape", 1)
    shape = x.shape
    if not call.attribute("allowzero", 0):
        if any(n == 0 and axis >= x.rank for axis, n in enumerate(wanted)):
            call.refuse(f"shape {wanted} copies an axis that {shape} does not have")
        wanted = [shape[axis] if n == 0 else n for axis, n in enumerate(wanted)]
    if not x.lifted:
        wanted = _without_batch(call, x, wanted)
    if not x.lifted and len(wanted) == 1 and x.rank > 1:
        return _flat(call, x)
    size = shape[1 - x.lifted :]
    if None in size:
        target = [-1 if n is None else n for n in wanted]
        if target.count(-1) > 1:
            call.refuse(f"shape {wanted} is not known for input of shape {shape}")
        tensor = call.layer(layers.Reshape, call.plain(x).tensor, target)
        return Value(tensor, layout.plain(len(wanted) + 1 - x.lifted))
    return reshaped(call, x, _completed(call, wanted, math.prod(size)))


@operator("DepthToSpace")
def depth_to_space(call):
    """Two reshapes around a transpose that moves channels into the plane."""
    x, n, (channels, height, width) = _planes(call)
    if channels % (n * n):
        call.refuse(f"blocksize {n} does not divide {channels} channels twice")
    if call.attribute("mode", "DCR") == "DCR":
        apart, perm = [n, n, channels // (n * n)], (0, 3, 4, 1, 5, 2)
    else:
        apart, perm = [channels // (n * n), n, n], (0, 1, 4, 2, 5, 3)
    joint = [channels // (n * n), height * n, width * n]
    return _shuffled(call, x, [*apart, height, width], perm, joint)


@operator("SpaceToDepth")
def space_to_depth(call):
    """Two reshapes around a transpose that moves the plane into channels."""
    x, n, (channels, height, width) = _planes(call)
    if height % n or width % n:
        call.refuse(f"blocksize {n} does not divide {height}x{width}")
    apart = [channels, height // n, n, width // n, n]
    perm = (0, 3, 5, 1, 2, 4) if call.attribute("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4)
    return _shuffled(call, x, apart, perm, [channels * n * n, height // n, width // n])


def _planes(call):
    x, size = call.tensor(), call.attribute("blocksize")
    if x.rank != 4 or x.lifted or None in x.shape[1:] or size < 1:
        call.refuse(f"needs known maps and a positive blocksize, got {x.shape} and {size}")
    return call.settled(x), size, x.shape[1:]


def _shuffled(call, x, apart, perm, joint):
    x = reshaped(call, x, apart)
    return reshaped(call, Value(x.tensor, layout.transposed(x.order, perm)), joint)


@operator("Shape")
def shape(call):
    """A constant: lengths are known, and a number stands for that of the batch."""
    x = call.tensor(integers=True)
    lengths = [call.importer.batch, *x.shape[1:]] if x.rank and not x.lifted else x.shape
    lengths = lengths[call.attribute("start", 0) : call.attribute("end")]
    if None in lengths:
        call.refuse(f"needs known lengths, got input of shape {x.shape}")
    return np.array(lengths, np.int64)


def reshaped(call, x, new):
    """``x`` with lengths ``new`` (without the batch's), row-major as ONNX counts."""
    front = 1 - x.lifted
    old = x.shape[front:]
    if math.prod(old) != math.prod(new):
        call.refuse(f"shape {tuple(new)} does not hold the elements of {tuple(old)}")
    groups = layout.reshape_groups(old, new)
    stored = x.order[front:]
    groups = sorted(groups, key=lambda group: [stored.index(a + front) for a in group[0][:1]])
    order = [axis + front for left, _ in groups for axis in sorted(left)]
    x = call.arranged(x, [*x.order[:front], *order])
    fresh = [axis for _, right in groups for axis in right]
    tensor = call.reshaped(x.tensor, [new[axis] for axis in fresh])
    return Value(tensor, (*range(front), *(axis + front for axis in fresh)))


def _flat(call, x):
    """Every sample as one axis, stored as it comes."""
    if x.order[0] != 0:
        call.refuse("joins the batch axis with others")
    y = call.layer(layers.Flatten, x.tensor, data_format="channels_last")
    lengths, order = x.tensor.shape[1:], tuple(axis - 1 for axis in x.order[1:])
    dims = layout.places(order, layout.plain(len(order)))
    if None not in lengths and layout.keeps_memory(lengths, dims):
        return Value(y, (0, 1))
    if order == layout.plain(len(order)):
        return Value(y, (0, 1))
    if None in lengths:
        y = call.layer(layers.Flatten, call.plain(x).tensor, data_format="channels_last")
        return Value(y, (0, 1))
    return Value(y, (0, 1), (tuple(lengths), order))


def _without_batch(call, x, wanted):
    """``wanted`` without its first length, which must be the batch's."""
    size, batch = x.shape[1:], call.importer.batch
    if x.order[0] != 0 or not wanted:
        call.refuse(f"shape {wanted} has no batch axis in front")
    first, rest = wanted[0], list(wanted[1:])
    if first is None or first == batch:
        return rest
    known = -1 not in rest and None not in (*size, *rest)
    if first == -1 and known and math.prod(rest) == math.prod(size):
        return rest
    call.refuse(f"shape {wanted} does not keep the batch axis of {x.shape} in front")


def _completed(call, wanted, size):
    """``wanted`` with its -1 replaced."""
    if wanted.count(-1) > 1 or any(n < -1 for n in wanted):
        call.refuse(f"shape {wanted} must have lengths and at most one -1")
    if -1 not in wanted:
        return wanted
    known = math.prod(n for n in wanted if n != -1)
    if known == 0 or size % known:
        call.refuse(f"shape {wanted} does not hold {size} elements")
    return [size // known if n == -1 else n for n in wanted]
