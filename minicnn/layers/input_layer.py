"""Where a graph begins."""

import numpy as np

from ..config import compute_dtype
from ..graph.tensor import SymbolicTensor
from .base import Layer, registry


@registry.register()
class InputLayer(Layer):
    """A symbolic input of given shape; computes nothing.

    Parameters
    ----------
    shape : tuple of int or None
        Without the batch axis; ``input_shape=`` means the same.
    batch_size : int, optional
    dtype : str, optional
        A float dtype, or an integer one for layers that take integers.
    name : str, optional
    batch_shape : tuple of int or None
        With the batch axis, instead of ``shape``.
    """

    def __init__(
        self, shape=None, batch_size=None, dtype=None, name=None, batch_shape=None, **kwargs
    ):
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if (shape is None) == (batch_shape is None):
            raise ValueError(
                f"InputLayer: give shape or batch_shape, got shape {shape!r}, "
                f"batch_shape {batch_shape!r}"
            )
        if batch_shape is None:
            shape = (shape,) if isinstance(shape, (int, np.integer)) else shape
            batch_shape = (batch_size, *shape)
        kind = np.dtype(dtype).kind if dtype is not None else "f"
        if kind not in "fiub":
            raise TypeError(f"InputLayer: dtype must be that of real numbers, got {dtype!r}")
        floating = dtype if kind == "f" else None
        super().__init__(name=name, dtype=floating, batch_input_shape=tuple(batch_shape), **kwargs)
        self.batch_shape = self.batch_input_shape
        self.dtype = compute_dtype(dtype).name if kind == "f" else np.dtype(dtype).name
        self.built = True
        self._tensor = SymbolicTensor(self.batch_shape, self.dtype, name=self.name)
        self._tensor.input_layer = self

    @property
    def input(self):
        """The symbolic tensor that stands for the input."""
        return self._tensor

    @property
    def output(self):
        """The same tensor."""
        return self._tensor

    def output_shape(self, input_shape):
        return self.batch_shape

    def forward(self, x, training):
        return x, None

    def backward(self, dy, cache):
        return dy

    def get_config(self):
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}


def Input(  # noqa: N802
    shape=None,
    batch_size=None,
    dtype=None,
    name=None,
    batch_shape=None,
    sparse=None,
    ragged=None,
    tensor=None,
):
    """A symbolic tensor to begin a graph with.

    Parameters
    ----------
    shape, batch_size, dtype, name, batch_shape
        As of :class:`InputLayer`.
    sparse, ragged : bool, optional
        Must be false: all tensors are dense.
    tensor : SymbolicTensor, optional
        Returned as it is, for listings that may be given one.

    >>> Input((28, 28, 1)).shape
    (None, 28, 28, 1)
    """
    if sparse or ragged:
        raise ValueError(
            f"Input: sparse and ragged must be False, got sparse {sparse!r}, ragged {ragged!r}"
        )
    if tensor is not None:
        if not isinstance(tensor, SymbolicTensor):
            raise TypeError(f"Input: tensor must be symbolic, got {type(tensor).__name__}")
        return tensor
    return InputLayer(shape, batch_size, dtype, name, batch_shape).output
