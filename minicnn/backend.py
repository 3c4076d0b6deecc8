"""Keras' ``backend`` (``K``): settings, and functions on arrays and on symbolic tensors.

On arrays NumPy computes at once; a symbolic tensor gets a node, so a ``Lambda`` may use them.
Settings live in :mod:`minicnn.config`.
"""

# ruff: noqa: F401

import math

import numpy as np

from minicnn_kernels import memory

from . import layers, naming
from .activations import elu, hard_sigmoid, relu, sigmoid, softmax, softplus, softsign, tanh
from .config import (
    compute_dtype,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from .graph.tensor import SymbolicTensor, is_symbolic
from .layers.arithmetic import arithmetic
from .layers.elementwise import elementwise
from .layers.operands import float_dtype
from .layers.reduction import reduction
from .models.function import function

__all__ = [
    *("abs", "argmax", "argmin", "batch_flatten", "cast", "cast_to_floatx", "clear_session"),
    *("clip", "concatenate", "dot", "elu", "epsilon", "eval", "exp", "expand_dims", "flatten"),
    *("floatx", "function", "get_value", "hard_sigmoid", "image_data_format"),
    *("image_dim_ordering", "int_shape", "is_keras_tensor", "learning_phase", "log", "max"),
    *("maximum", "mean"),
    *("min", "minimum", "ndim", "ones", "ones_like", "permute_dimensions", "pow", "relu"),
    *("reshape", "set_epsilon", "set_floatx", "set_image_data_format"),
    *("set_image_dim_ordering", "set_value", "shape", "sigmoid", "softmax", "softplus"),
    *("softsign", "sqrt", "square", "squeeze", "std", "sum", "tanh", "var", "zeros"),
    "zeros_like",
]


# Settings ---------------------------------------------------------------------------------------


def set_image_dim_ordering(ordering):
    """Keras 1's layout: ``"tf"`` (channels last) or ``"th"`` (channels first)."""
    if ordering not in ("tf", "th"):
        raise ValueError(f"set_image_dim_ordering: must be 'tf' or 'th', got {ordering!r}")
    set_image_data_format(ordering)


def image_dim_ordering():
    """``"tf"`` if channels come last, ``"th"`` if first."""
    return "tf" if image_data_format() == "channels_last" else "th"


def clear_session():
    """Count names from the start again and give unused memory back. Models stay as they are."""
    naming.reset()
    memory.release()


def learning_phase():
    """0: functions run in inference mode unless a call says ``training=True``."""
    return 0


# Tensors ----------------------------------------------------------------------------------------


def int_shape(x):
    """Shape as a tuple, ``None`` where a length is not known yet."""
    return tuple(x.shape)


shape = int_shape


def is_keras_tensor(x):
    """Whether ``x`` is symbolic."""
    return isinstance(x, SymbolicTensor)


def ndim(x):
    """Number of axes."""
    return len(x.shape)


def eval(x):
    """The values of a weight or array, as an array."""
    return np.array(x)


get_value = eval


def set_value(x, value):
    """Set a weight."""
    x.assign(value)


def cast(x, dtype):
    """``x`` in another dtype; a symbolic tensor in float32 or float64."""
    if isinstance(x, SymbolicTensor):
        return layers.Cast(dtype=compute_dtype(dtype).name)(x)
    return np.asarray(x).astype(dtype)


def cast_to_floatx(x):
    """``x`` in the default dtype."""
    return cast(x, floatx())


def zeros(shape, dtype=None):
    """Array of zeros, in the default dtype unless told."""
    return np.zeros(shape, dtype or floatx())


def ones(shape, dtype=None):
    """Array of ones, in the default dtype unless told."""
    return np.ones(shape, dtype or floatx())


def zeros_like(x):
    """Zeros of the shape and dtype of an array."""
    return np.zeros_like(x)


def ones_like(x):
    """Ones of the shape and dtype of an array."""
    return np.ones_like(x)


# Elementwise ------------------------------------------------------------------------------------


def abs(x):
    """``|x|``"""
    return elementwise("absolute", x)


def square(x):
    """``x^2``"""
    return elementwise("square", x)


def sqrt(x):
    """Square root; NaN below 0."""
    return elementwise("sqrt", x)


def exp(x):
    """``e^x``"""
    return elementwise("exp", x)


def log(x):
    """Natural logarithm."""
    return elementwise("log", x)


def pow(x, a):
    """``x^a``"""
    return x**a if is_symbolic(x) else np.power(x, a)


def maximum(x, y):
    """The larger of two, element by element."""
    return arithmetic("maximum", x, y) if is_symbolic([x, y]) else np.maximum(x, y)


def minimum(x, y):
    """The smaller of two, element by element."""
    return arithmetic("minimum", x, y) if is_symbolic([x, y]) else np.minimum(x, y)


def clip(x, min_value, max_value):
    """``x`` within bounds; ``None``: no bound."""
    if min_value is not None:
        x = maximum(x, min_value)
    return x if max_value is None else minimum(x, max_value)


# Over axes --------------------------------------------------------------------------------------


def sum(x, axis=None, keepdims=False):
    """Sum over ``axis``, all axes if ``None``."""
    return reduction("sum", x, axis, keepdims)


def mean(x, axis=None, keepdims=False):
    """Mean over ``axis``, all axes if ``None``."""
    return reduction("mean", x, axis, keepdims)


def max(x, axis=None, keepdims=False):
    """Largest element over ``axis``, all axes if ``None``."""
    return reduction("max", x, axis, keepdims)


def min(x, axis=None, keepdims=False):
    """Smallest element over ``axis``, all axes if ``None``."""
    return reduction("min", x, axis, keepdims)


def var(x, axis=None, keepdims=False):
    """Biased variance over ``axis``, all axes if ``None``."""
    return mean(square(x - mean(x, axis, True)), axis, keepdims)


def std(x, axis=None, keepdims=False):
    """Biased standard deviation over ``axis``, all axes if ``None``."""
    return sqrt(var(x, axis, keepdims))


def argmax(x, axis=-1):
    """Index of the largest element of an array along ``axis``."""
    return np.argmax(x, axis)


def argmin(x, axis=-1):
    """Index of the smallest element of an array along ``axis``."""
    return np.argmin(x, axis)


# Shapes -----------------------------------------------------------------------------------------


def dot(x, y):
    """``x @ y``: the last axis of ``x`` with the last but one of ``y``."""
    return x @ y if is_symbolic([x, y]) else np.dot(x, y)


def concatenate(tensors, axis=-1):
    """Tensors side by side along ``axis``."""
    return (
        layers.concatenate(tensors, axis) if is_symbolic(tensors) else np.concatenate(tensors, axis)
    )


def reshape(x, shape):
    """Another shape, batch axis included (as -1 or ``None`` for a symbolic tensor)."""
    if not isinstance(x, SymbolicTensor):
        return np.reshape(x, shape)
    if shape[0] not in (-1, None, x.shape[0]):
        raise ValueError(f"reshape: the batch axis must stay (-1), got shape {tuple(shape)}")
    return layers.Reshape(shape[1:], dtype=float_dtype(x))(x)


def batch_flatten(x):
    """Every sample as one vector."""
    if isinstance(x, SymbolicTensor):
        return layers.Flatten("channels_last", dtype=float_dtype(x))(x)
    x = np.asarray(x)
    return x.reshape(len(x), math.prod(x.shape[1:]))


def flatten(x):
    """An array as one vector, samples included."""
    return np.ravel(x)


def expand_dims(x, axis=-1):
    """A new axis of length 1."""
    if not isinstance(x, SymbolicTensor):
        return np.expand_dims(x, axis)
    axis = axis + x.ndim + 1 if axis < 0 else axis
    return x[(slice(None),) * axis + (None,)]


def squeeze(x, axis):
    """Without an axis of length 1."""
    if not isinstance(x, SymbolicTensor):
        return np.squeeze(x, axis)
    axis = axis + x.ndim if axis < 0 else axis
    if x.shape[axis] != 1:
        raise ValueError(f"squeeze: axis {axis} must have length 1, got shape {x.shape}")
    return x[(slice(None),) * axis + (0,)]


def permute_dimensions(x, pattern):
    """The axes in another order; the batch axis of a symbolic tensor stays first."""
    if not isinstance(x, SymbolicTensor):
        return np.transpose(x, pattern)
    if pattern[0] != 0:
        raise ValueError(f"permute_dimensions: the batch axis must stay first, got {pattern}")
    return layers.Permute(tuple(pattern[1:]), dtype=float_dtype(x))(x)
