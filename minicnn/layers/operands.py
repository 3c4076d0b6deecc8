"""Functions of several operands, each of which is a tensor of the graph or a constant."""

import numpy as np

from ..config import compute_dtype, floatx
from ..graph.tensor import SymbolicTensor
from .base import Layer


class OperandLayer(Layer):
    """Base of layers such as ``x * 2`` or a convolution with given filters.

    Subclasses write ``shape_of(*shapes)``, ``compute(*operands) -> (y, cache)`` and
    ``gradients(dy, cache, wanted) -> list``, with one entry an operand; ``wanted`` says which are
    needed, the others may be ``None``.

    Parameters
    ----------
    constants : list, optional
        One entry an operand: ``None`` where a tensor comes in, else a number or an array (nested
        lists do). Without it every operand is a tensor.
    """

    def __init__(self, constants=None, **kwargs):
        super().__init__(**kwargs)
        if constants is not None:
            constants = [self._constant(value) for value in constants]
        self.constants = constants

    def _constant(self, value):
        if value is None:
            return None
        array = np.array(value, self.dtype)
        if array.size == 0:
            raise ValueError(f"{self.label}: a constant must not be empty, got shape {array.shape}")
        return array

    def output_shape(self, input_shape):
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        return self.shape_of(*self._merged(shapes, lambda constant: constant.shape))

    def forward(self, x, training):
        arrays = x if isinstance(x, list) else [x]
        arrays = [array.astype(self.dtype, copy=False) for array in arrays]
        y, cache = self.compute(*self._merged(arrays, _plain_number))
        return y, (cache, len(arrays) if isinstance(x, list) else None)

    def backward(self, dy, cache):
        cache, count = cache
        wanted = [c is None for c in self.constants] if self.constants else [True] * (count or 1)
        dxs = [dx for dx, want in zip(self.gradients(dy, cache, wanted), wanted) if want]
        return dxs[0] if count is None else dxs

    def _merged(self, tensors, of_constant):
        """Tensors and constants in the order of the operands."""
        if self.constants is None:
            return tensors
        count = sum(constant is None for constant in self.constants)
        if count != len(tensors):
            raise ValueError(f"{self.label}: inputs must be {count} tensors, got {len(tensors)}")
        rest = iter(tensors)
        return [next(rest) if c is None else of_constant(c) for c in self.constants]


def _plain_number(constant):
    # A Python number never changes the dtype of what it meets.
    return constant.item() if constant.ndim == 0 else constant


def symbolic_call(layer_class, operands, **config):
    """Add a node of ``layer_class`` for ``operands``, of which one at least is symbolic."""
    tensors = [operand for operand in operands if isinstance(operand, SymbolicTensor)]
    constants = [None if isinstance(o, SymbolicTensor) else np.asarray(o) for o in operands]
    for constant in constants:
        if constant is not None and constant.dtype.kind not in "fiub":
            raise TypeError(
                f"{layer_class.__name__}: operands must be tensors or real numbers, "
                f"got {constant.dtype}"
            )
    if len(tensors) == len(operands):
        constants = None
    layer = layer_class(constants=constants, dtype=float_dtype(tensors[0]), **config)
    return layer(tensors if len(tensors) > 1 else tensors[0])


def float_dtype(tensor):
    """Name of the dtype to compute in with ``tensor``: its own if it is a float."""
    is_float = np.dtype(tensor.dtype).kind == "f"
    return compute_dtype(tensor.dtype if is_float else floatx()).name
