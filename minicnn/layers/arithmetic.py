"""The operators of symbolic tensors, ``+ - * / ** @``, negation, slices: each is a small layer."""

import operator

import numpy as np

from minicnn_kernels import memory

from ..graph.tensor import OPERATORS, SymbolicTensor
from ..naming import unique_name
from .base import Layer, registry
from .broadcasting import broadcast_shape, unbroadcast
from .elementwise import elementwise
from .merging import Add, Maximum, Minimum, Multiply, Subtract
from .operands import OperandLayer, float_dtype, symbolic_call


def _power_left(dy, a, b, y):
    slope = np.where(np.equal(b, 0), 0, b * np.power(a, b - 1))
    return dy * slope.astype(dy.dtype, copy=False)


def _power_right(dy, a, b, y):
    positive = np.greater(a, 0)  # below zero the logarithm does not exist: TensorFlow says 0
    log = np.log(np.where(positive, a, 1))
    return dy * y * log.astype(dy.dtype, copy=False)


# name: function, gradient of the left operand and of the right one from (dy, a, b, y)
_OPERATIONS = {
    "add": (np.add, lambda dy, a, b, y: dy, lambda dy, a, b, y: dy),
    "subtract": (np.subtract, lambda dy, a, b, y: dy, lambda dy, a, b, y: -dy),
    "multiply": (np.multiply, lambda dy, a, b, y: dy * b, lambda dy, a, b, y: dy * a),
    "divide": (np.divide, lambda dy, a, b, y: dy / b, lambda dy, a, b, y: -dy * y / b),
    "power": (np.power, _power_left, _power_right),
    "maximum": (
        np.maximum,
        lambda dy, a, b, y: dy * np.greater_equal(a, b),  # of equal ones the left one's, as in TF
        lambda dy, a, b, y: dy * np.less(a, b),
    ),
    "minimum": (
        np.minimum,
        lambda dy, a, b, y: dy * np.less_equal(a, b),
        lambda dy, a, b, y: dy * np.greater(a, b),
    ),
}


def _fixes_batch(constant, shape):
    """Whether a constant is longer than 1 along an axis whose length only a batch will tell."""
    if not shape or shape[0] is not None or len(constant) < len(shape):
        return False
    return len(constant) > len(shape) or constant[0] != 1


@registry.register()
class Arithmetic(OperandLayer):
    """``a + b``, ``a - b``, ``a * b``, ``a / b``, ... with NumPy's broadcasting.

    Parameters
    ----------
    operation : str
        ``"add"``, ``"subtract"``, ``"multiply"``, ``"divide"``, ``"power"``, ``"maximum"`` or
        ``"minimum"``.
    constants : list, optional
        See :class:`~minicnn.layers.operands.OperandLayer`: ``[None, 2.0]`` for ``x + 2``.
    """

    def __init__(self, operation, constants=None, **kwargs):
        if operation not in _OPERATIONS:
            raise ValueError(
                f"Arithmetic: operation must be one of {tuple(_OPERATIONS)}, got {operation!r}"
            )
        kwargs["name"] = kwargs.get("name") or unique_name(operation)
        super().__init__(constants, **kwargs)
        self.operation = operation

    def shape_of(self, a, b):
        for constant, own, other in zip(self.constants or (), (a, b), (b, a)):
            if constant is not None and _fixes_batch(own, other):
                raise ValueError(
                    f"{self.label}: constant of shape {own} must not reach over the batch axis of "
                    f"{tuple(other)}"
                )
        return broadcast_shape(self.label, [a, b])

    def compute(self, a, b):
        with np.errstate(all="ignore"):  # NaN and infinity go through, as in TensorFlow
            y = _OPERATIONS[self.operation][0](a, b)
        return y, (a, b, y)

    def gradients(self, dy, cache, wanted):
        a, b, y = cache
        with np.errstate(all="ignore"):
            return [
                unbroadcast(gradient(dy, a, b, y), operand.shape) if want else None
                for gradient, operand, want in zip(_OPERATIONS[self.operation][1:], (a, b), wanted)
            ]


@registry.register()
class MatMul(OperandLayer):
    """``a @ b``: matrices in the last two axes, the others broadcast (``tf.matmul``)."""

    def shape_of(self, a, b):
        both_tensors = self.constants is None
        if min(len(a), len(b)) < (3 if both_tensors else 2):
            raise ValueError(
                f"{self.label}: operands must be matrices behind the batch axis, "
                f"got {tuple(a)} and {tuple(b)}"
            )
        if a[-1] is not None and b[-2] is not None and a[-1] != b[-2]:
            raise ValueError(
                f"{self.label}: inner sizes must be equal, got {tuple(a)} and {tuple(b)}"
            )
        return (*broadcast_shape(self.label, [a[:-2], b[:-2]]), a[-2], b[-1])

    def compute(self, a, b):
        return np.matmul(a, b), (a, b)

    def gradients(self, dy, cache, wanted):
        a, b = cache
        da = unbroadcast(dy @ b.swapaxes(-1, -2), a.shape) if wanted[0] else None
        db = unbroadcast(a.swapaxes(-1, -2) @ dy, b.shape) if wanted[1] else None
        return [da, db]


@registry.register()
class GetItem(Layer):
    """``x[key]``: integers, slices, ``...`` and new axes behind the batch axis, which stays.

    Parameters
    ----------
    key : tuple or list
        Integers, slices, ``Ellipsis``, ``None``; in a configuration a slice is
        ``[start, stop, step]`` and ``Ellipsis`` is ``"..."``.
    """

    def __init__(self, key, **kwargs):
        super().__init__(**kwargs)
        self.key = [self._plain(entry) for entry in key]

    def _plain(self, entry):
        if entry is Ellipsis:
            return "..."
        if isinstance(entry, slice):
            entry = [entry.start, entry.stop, entry.step]
        if entry is None or (isinstance(entry, str) and entry == "..."):
            return entry
        try:
            if isinstance(entry, (list, tuple)):
                start, stop, step = (None if v is None else operator.index(v) for v in entry)
                return [start, stop, step]
            return operator.index(entry)
        except (TypeError, ValueError):
            raise TypeError(
                f"{self.label}: index must be integers, slices, ... or None, got {entry!r}"
            ) from None

    def output_shape(self, input_shape):
        shape, axis = [], 0
        for entry in self._index(len(input_shape)):
            if entry is None:
                shape.append(1)
                continue
            length = input_shape[axis]
            if isinstance(entry, slice):
                shape.append(self._sliced(entry, length, axis))
            elif length is not None and not -length <= entry < length:
                raise IndexError(
                    f"{self.label}: index {entry} is out of range for axis {axis} of "
                    f"{tuple(input_shape)}"
                )
            axis += 1
        return tuple(shape)

    def _sliced(self, entry, length, axis):
        if length is None:
            return None
        count = len(range(*entry.indices(length)))
        if count < 1:
            raise ValueError(f"{self.label}: slice of axis {axis} (length {length}) is empty")
        return count

    def _index(self, rank):
        """The key as NumPy takes it, one entry an axis; the batch axis must be taken whole."""
        key = [slice(*entry) if isinstance(entry, list) else entry for entry in self.key]
        named = sum(entry is not None and entry != "..." for entry in key)
        if named > rank or key.count("...") > 1:
            raise IndexError(f"{self.label}: {self.key} does not index {rank} axes")
        at = key.index("...") if "..." in key else len(key)
        index = [*key[:at], *[slice(None)] * (rank - named), *key[at + 1 :]]
        if index[0] != slice(None):
            raise ValueError(f"{self.label}: the first index must be ':', the whole batch axis")
        return tuple(index)

    def forward(self, x, training):
        index = self._index(x.ndim)
        y = np.array(x[index], self.dtype, order="C")
        return y, (x.shape, index)

    def backward(self, dy, cache):
        shape, index = cache
        dx = memory.zeros(shape, dy.dtype)
        dx[index] = dy  # basic indices: no element is taken twice
        return dx


_MERGES = {
    "add": Add,
    "subtract": Subtract,
    "multiply": Multiply,
    "maximum": Maximum,
    "minimum": Minimum,
}


def arithmetic(operation, a, b):
    """``a`` and ``b`` joined by ``operation``; two tensors of one rank through a merge layer."""
    both = isinstance(a, SymbolicTensor) and isinstance(b, SymbolicTensor)
    if both and a.ndim == b.ndim and operation in _MERGES:
        return _MERGES[operation](dtype=float_dtype(a))([a, b])
    return symbolic_call(Arithmetic, [a, b], operation=operation)


def _fill_operators():
    for name, operation in (
        ("add", "add"),
        ("sub", "subtract"),
        ("mul", "multiply"),
        ("truediv", "divide"),
        ("pow", "power"),
    ):
        OPERATORS[f"__{name}__"] = lambda a, b, operation=operation: arithmetic(operation, a, b)
        OPERATORS[f"__r{name}__"] = lambda a, b, operation=operation: arithmetic(operation, b, a)
    OPERATORS["__matmul__"] = lambda a, b: symbolic_call(MatMul, [a, b])
    OPERATORS["__rmatmul__"] = lambda a, b: symbolic_call(MatMul, [b, a])
    OPERATORS["__neg__"] = lambda x: elementwise("negative", x)
    OPERATORS["__abs__"] = lambda x: elementwise("absolute", x)
    OPERATORS["__getitem__"] = lambda x, key: GetItem(
        key if isinstance(key, tuple) else (key,), dtype=float_dtype(x)
    )(x)


_fill_operators()
