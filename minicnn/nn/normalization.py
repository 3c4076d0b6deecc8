"""Normalization, dropout and statistics."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import layers
from ..graph.tensor import SymbolicTensor, is_symbolic
from ..layers.broadcasting import broadcast_shape
from ..layers.elementwise import elementwise
from ..layers.operands import float_dtype
from ..layers.reduction import reduction
from .arguments import apply, layout_of, operands


def bias_add(value, bias, data_format="NHWC"):
    """``value + bias``, one number a channel."""
    value, bias = operands("bias_add", value=value, bias=bias)
    rank = len(value.shape) - 2
    first = layout_of("bias_add", data_format, max(rank, 0)) == "channels_first"
    channels = value.shape[1 if first else -1]
    if tuple(bias.shape) != (channels,):
        raise ValueError(f"bias_add: bias must have shape ({channels},), got {tuple(bias.shape)}")
    if first and not isinstance(bias, SymbolicTensor):
        bias = bias.reshape(channels, *(1,) * rank)
    elif first and rank:
        raise ValueError("bias_add: a symbolic bias needs data_format 'NHWC', got 'NCHW'")
    return value + bias


def dropout(x, rate, noise_shape=None, seed=None):
    """Zero elements with probability ``rate``, scale the others; always, as ``tf.nn.dropout``."""
    (x,) = operands("dropout", x=x)
    dtype = float_dtype(x)
    name = None if is_symbolic(x) else "dropout"
    layer = layers.Dropout(rate, noise_shape, seed, dtype=dtype, name=name)
    return layer(x, training=True)


def local_response_normalization(input, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5):
    """``x / (bias + alpha * sum of x^2 over 2 * depth_radius + 1 channels) ** beta``."""
    op = "local_response_normalization"
    (x,) = operands(op, input=input)
    settings = {"depth_radius": depth_radius, "bias": bias, "alpha": alpha, "beta": beta}
    kind = layers.LocalResponseNormalization
    return apply(kind, op, x, data_format="channels_last", **settings)


lrn = local_response_normalization


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon):
    """``scale * (x - mean) / sqrt(variance + variance_epsilon) + offset`` with given statistics.

    ``offset`` and ``scale`` may be ``None``; all must broadcast to the shape of ``x``.
    """
    op = "batch_normalization"
    given = {"x": x, "mean": mean, "variance": variance, "offset": offset, "scale": scale}
    named = {name: value for name, value in given.items() if value is not None}
    named = dict(zip(named, operands(op, **named)))
    x = named["x"]
    for name, value in named.items():
        if broadcast_shape(f"{op}: {name}", [x.shape, value.shape]) != tuple(x.shape):
            raise ValueError(
                f"{op}: {name} must broadcast to {tuple(x.shape)}, got shape {tuple(value.shape)}"
            )
    epsilon = arrays.number(op, "variance_epsilon", variance_epsilon, 0)
    factor = elementwise("rsqrt", named["variance"] + epsilon)
    if scale is not None:
        factor = factor * named["scale"]
    shift = -(named["mean"] * factor)
    if offset is not None:
        shift = shift + named["offset"]
    return x * factor + shift


def moments(x, axes, keepdims=False):
    """``(mean, variance)`` over ``axes``; the variance is the biased one."""
    (x,) = operands("moments", x=x)
    mean = reduction("mean", x, axes, True)
    variance = reduction("mean", elementwise("square", x - mean), axes, keepdims)
    return (mean if keepdims else reduction("mean", x, axes)), variance


def l2_normalize(x, axis=-1):
    """``x / sqrt(max(sum(x^2), 1e-12))`` along ``axis``."""
    (x,) = operands("l2_normalize", x=x)
    return apply(layers.UnitNormalization, "l2_normalize", x, axis=axis)


def l2_loss(t):
    """``sum(t^2) / 2``"""
    (t,) = operands("l2_loss", t=t)
    return reduction("sum", elementwise("square", t)) * 0.5


def zero_fraction(value):
    """Share of the elements of an array that are 0; NaN for an empty one."""
    array = np.asarray(value)
    return float(np.count_nonzero(array == 0) / array.size) if array.size else float("nan")
