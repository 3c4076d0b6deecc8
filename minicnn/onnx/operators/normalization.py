"""BatchNormalization, InstanceNormalization, LayerNormalization, LRN."""

import numpy as np

from ... import layers
from ..layout import last
from .table import operator


@operator("BatchNormalization")
def batch_normalization(call):
    """``BatchNormalization`` over the channels, at inference."""
    if call.attribute("training_mode", 0) or any(call.wants(index) for index in range(1, 5)):
        call.refuse("training mode has no layer: statistics are those of the file")
    if not call.attribute("spatial", 1):
        call.refuse("spatial 0 has no layer: statistics are one a channel")
    x = call.image()
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = {name: call.constant(index) for index, name in enumerate(names, 1)}
    return call.mapped(
        layers.BatchNormalization,
        x,
        momentum=call.attribute("momentum", 0.9),
        epsilon=call.attribute("epsilon", 1e-5),
        weights=weights,
    )


@operator("InstanceNormalization")
def instance_normalization(call):
    """``LayerNormalization`` over the spatial axes, then scale and shift of each channel."""
    x, scale, shift = call.image(), call.constant(1), call.constant(2)
    for weight in (scale, shift):
        if weight.shape != (x.shape[1],):
            call.refuse(f"scale and B must have shape ({x.shape[1]},), got {weight.shape}")
    axes = list(range(1, x.rank - 1))
    options = {"epsilon": call.attribute("epsilon", 1e-5), "center": False, "scale": False}
    x = call.mapped(layers.LayerNormalization, x, axes, **options)
    x = call.mapped(layers.Arithmetic, x, "multiply", [None, scale])
    return call.mapped(layers.Arithmetic, x, "add", [None, shift])


@operator("LayerNormalization")
def layer_normalization(call):
    """``LayerNormalization`` over the last axes; its statistics, where read, by reductions."""
    x = call.tensor()
    axis = x.axis(call.attribute("axis", -1))
    x = call.plain(x)
    axes = list(range(x.place(axis), x.tensor.ndim))
    gamma, beta = call.constant(1), call.constant(2, None)
    weights = {"gamma": np.broadcast_to(gamma, x.tensor.shape[axes[0] :])}
    if beta is not None:
        weights["beta"] = np.broadcast_to(beta, x.tensor.shape[axes[0] :])
    epsilon = call.attribute("epsilon", 1e-5)
    options = {"epsilon": epsilon, "center": beta is not None, "weights": weights}
    y = call.mapped(layers.LayerNormalization, x, axes, **options)
    if not (call.wants(1) or call.wants(2)):
        return y
    mean = call.mapped(layers.Reduction, x, "mean", axes, True)
    centred = x.holding(call.layer(layers.Subtract, [x.tensor, mean.tensor]))
    square = call.mapped(layers.Elementwise, centred, "square")
    variance = call.mapped(layers.Reduction, square, "mean", axes, True)
    shifted = call.mapped(layers.Arithmetic, variance, "add", [None, epsilon])
    return [y, mean, call.mapped(layers.Elementwise, shifted, "rsqrt")]


@operator("LRN")
def local_response_normalization(call):
    """``LocalResponseNormalization`` of ``size`` channels."""
    x = call.tensor()
    if x.rank != 4:
        call.refuse(f"input must have 4 axes, got shape {x.shape}")
    return call.mapped(
        layers.LocalResponseNormalization,
        call.arranged(x, last(4)),
        size=call.attribute("size"),
        alpha=call.attribute("alpha", 1e-4),
        beta=call.attribute("beta", 0.75),
        bias=call.attribute("bias", 1.0),
        data_format="channels_last",
    )
