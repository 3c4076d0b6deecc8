"""Nodes that depend on constants alone are computed while the graph is read."""

import numpy as np

from minicnn_kernels.contracts import arrays

TABLE: dict = {}


def folds(*names):
    """Function decorator: the function computes the operators ``names`` of arrays."""

    def add(function):
        for name in names:
            TABLE[name] = function
        return function

    return add


def fold(call):
    """Outputs of a node whose inputs are all constants, a list with one array."""
    arguments = [call.constant(index, None) for index in range(len(call.inputs))]
    size = sum(array.size for array in arguments if array is not None)
    arrays.allocation(call.label, "inputs", [size], np.float64)  # before any is copied
    with np.errstate(all="ignore"):
        result = TABLE[call.operator](call, *arguments)
    return [np.asarray(result)]


@folds("Constant")
def _constant(call):
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in call.attributes:
            value = call.attributes[name]
            real = np.float32 if "float" in name else np.int64
            return value if name == "value" else np.array(value, real)
    call.refuse("must have a value of numbers")


@folds("ConstantOfShape")
def _constant_of_shape(call, shape):
    value = call.attribute("value", np.zeros(1, np.float32))
    if value.size != 1 or shape.ndim > 1 or any(n < 0 for n in shape.tolist()):
        call.refuse(f"needs lengths and one value, got {shape.tolist()} and {value.shape}")
    arrays.allocation(call.label, "output", shape.tolist(), value.dtype)
    return np.broadcast_to(value.reshape(()), shape.tolist())


@folds("Identity")
def _identity(call, x):
    return x


@folds("Cast")
def _cast(call, x):
    import onnx

    dtype = onnx.helper.tensor_dtype_to_np_dtype(call.attribute("to"))
    if np.dtype(dtype).kind not in "fiub" or x.dtype.kind not in "fiub":
        call.refuse("must cast between numbers")
    return x.astype(dtype)


@folds("Reshape")
def _reshape(call, x, shape=None):
    shape = call.attribute("shape") if shape is None else shape.tolist()
    zero = call.attribute("allowzero", 0)
    return x.reshape([x.shape[i] if n == 0 and not zero else n for i, n in enumerate(shape)])


@folds("Transpose")
def _transpose(call, x):
    return x.transpose(call.attribute("perm"))


@folds("Squeeze")
def _squeeze(call, x, axes=None):
    axes = call.attribute("axes") if axes is None else axes.tolist()
    return np.squeeze(x, None if axes is None else tuple(axes))


@folds("Unsqueeze")
def _unsqueeze(call, x, axes=None):
    return np.expand_dims(x, tuple(call.attribute("axes") if axes is None else axes.tolist()))


@folds("Concat")
def _concat(call, *parts):
    return np.concatenate(parts, axis=call.attribute("axis"))


@folds("Gather")
def _gather(call, x, indices):
    axis = call.attribute("axis", 0)
    lengths = [*x.shape[:axis], *indices.shape, *x.shape[axis + 1 or x.ndim :]]
    arrays.allocation(call.label, "output", lengths, x.dtype)
    return np.take(x, indices, axis=axis)


@folds("Slice")
def _slice(call, x, *_):
    starts, ends = call.setting("starts", 1), call.setting("ends", 2)
    axes = call.setting("axes", 3) or list(range(len(starts)))
    steps = call.setting("steps", 4) or [1] * len(starts)
    key = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        beyond = step < 0 and end < -x.shape[axis]
        key[axis] = slice(start, None if beyond else end, step)
    return x[tuple(key)]


_ARITHMETIC = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Pow": np.power,
    "Div": np.divide,
    "Neg": np.negative,
    "Sqrt": np.sqrt,
    "Exp": np.exp,
}


@folds(*_ARITHMETIC)
def _arithmetic(call, *operands):
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    arrays.allocation(call.label, "output", shape, operands[0].dtype)
    if call.operator == "Div" and operands[0].dtype.kind in "iu":
        if not np.all(operands[1]):
            call.refuse("divides by 0")
        quotient = np.floor_divide(np.abs(operands[0]), np.abs(operands[1]))
        return quotient * np.sign(operands[0]) * np.sign(operands[1])
    return _ARITHMETIC[call.operator](*operands).astype(operands[0].dtype)
