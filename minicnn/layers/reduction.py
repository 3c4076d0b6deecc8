"""Sums, means and extrema over axes."""

import numpy as np

from ..graph.tensor import SymbolicTensor
from ..naming import unique_name
from .base import Layer, registry
from .operands import float_dtype

_FUNCTIONS = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min}


@registry.register()
class Reduction(Layer):
    """``y = function(x)`` over ``axis``.

    Parameters
    ----------
    function : str
        ``"sum"``, ``"mean"``, ``"max"`` or ``"min"``; of equal extrema all share the gradient.
    axis : int, list of int or None
        Axes to reduce, batch included if named; ``None``: all.
    keepdims : bool
        Keep reduced axes with length 1.
    """

    def __init__(self, function, axis=None, keepdims=False, **kwargs):
        if function not in _FUNCTIONS:
            raise ValueError(
                f"Reduction: function must be one of {tuple(_FUNCTIONS)}, got {function!r}"
            )
        kwargs["name"] = kwargs.get("name") or unique_name(function)
        super().__init__(**kwargs)
        self.function = function
        self.axis = None if axis is None else [int(a) for a in np.atleast_1d(axis)]
        self.keepdims = bool(keepdims)

    def output_shape(self, input_shape):
        axes = self._axes(len(input_shape))
        if self.keepdims:
            return tuple(1 if i in axes else length for i, length in enumerate(input_shape))
        return tuple(length for i, length in enumerate(input_shape) if i not in axes)

    def _axes(self, rank):
        axes = range(rank) if self.axis is None else self.axis
        if not all(-rank <= axis < rank for axis in axes):
            raise ValueError(f"{self.label}: axis must name one of {rank} axes, got {self.axis}")
        return tuple(sorted({axis % rank for axis in axes}))

    def forward(self, x, training):
        x = x.astype(self.dtype, copy=False)
        axes = self._axes(x.ndim)
        kept = np.asarray(_FUNCTIONS[self.function](x, axis=axes, keepdims=True))
        y = kept if self.keepdims else np.squeeze(kept, axes)
        return y, (x if self.function in ("max", "min") else None, kept, x.shape, axes)

    def backward(self, dy, cache):
        x, y, shape, axes = cache
        dy = dy.reshape(y.shape)
        if self.function == "mean":
            dy = dy / max(np.prod([shape[axis] for axis in axes], dtype=int), 1)
        if x is None:
            return np.array(np.broadcast_to(dy, shape), self.dtype)
        hit = x == y
        return hit * (dy / hit.sum(axis=axes, keepdims=True, dtype=dy.dtype))


def reduction(function, x, axis=None, keepdims=False):
    """``function`` over ``axis`` of an array (at once) or of a symbolic tensor (a new node)."""
    if isinstance(x, SymbolicTensor):
        return Reduction(function, axis, keepdims, dtype=float_dtype(x))(x)
    axis = tuple(np.atleast_1d(axis).tolist()) if axis is not None else None
    return _FUNCTIONS[function](np.asarray(x), axis=axis, keepdims=keepdims)
