"""Functions of one tensor, element by element, with their derivatives."""

import numpy as np

from ..graph.tensor import SymbolicTensor
from ..naming import unique_name
from .base import Layer, registry
from .operands import float_dtype

# name: function of x, derivative from (x, y)
_FUNCTIONS = {
    "negative": (np.negative, lambda x, y: -1),
    "absolute": (np.abs, lambda x, y: np.sign(x)),
    "square": (np.square, lambda x, y: 2 * x),
    "sqrt": (np.sqrt, lambda x, y: 0.5 / y),
    "rsqrt": (lambda x: 1 / np.sqrt(x), lambda x, y: -0.5 * y / x),
    "exp": (np.exp, lambda x, y: y),
    "log": (np.log, lambda x, y: 1 / x),
    "sin": (np.sin, lambda x, y: np.cos(x)),
    "cos": (np.cos, lambda x, y: -np.sin(x)),
}


@registry.register()
class Elementwise(Layer):
    """``y = function(x)`` for every element.

    Parameters
    ----------
    function : str
        ``"negative"``, ``"absolute"``, ``"square"``, ``"sqrt"``, ``"rsqrt"`` (``1 / sqrt(x)``),
        ``"exp"``, ``"log"``, ``"sin"`` or ``"cos"``.
    """

    def __init__(self, function, **kwargs):
        if function not in _FUNCTIONS:
            raise ValueError(
                f"Elementwise: function must be one of {tuple(_FUNCTIONS)}, got {function!r}"
            )
        kwargs["name"] = kwargs.get("name") or unique_name(function)
        super().__init__(**kwargs)
        self.function = function

    def forward(self, x, training):
        x = x.astype(self.dtype, copy=False)
        with np.errstate(all="ignore"):  # NaN and infinity go through, as in TensorFlow
            y = _FUNCTIONS[self.function][0](x)
        return y, (x, y)

    def backward(self, dy, cache):
        with np.errstate(all="ignore"):
            return dy * _FUNCTIONS[self.function][1](*cache)


def elementwise(function, x):
    """``function`` of an array (computed at once) or of a symbolic tensor (a new node)."""
    if isinstance(x, SymbolicTensor):
        return Elementwise(function, dtype=float_dtype(x))(x)
    with np.errstate(all="ignore"):
        return _FUNCTIONS[function][0](np.asarray(x))
