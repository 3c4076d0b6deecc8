"""The sum of residual networks whose second term is scaled."""

import math

import numpy as np

from .base import Layer, registry
from .merging import several


@registry.register()
class CustomScaleLayer(Layer):
    """``y = x_1 + scale * x_2`` of Inception-ResNet, under Keras' name so that its files load.

    Parameters
    ----------
    scale : float
    """

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        if isinstance(scale, bool) or not isinstance(scale, (int, float, np.number)):
            raise TypeError(f"{self.label}: scale must be a number, got {scale!r}")
        if not math.isfinite(scale):
            raise ValueError(f"{self.label}: scale must be finite, got {scale}")
        self.scale = float(scale)

    def output_shape(self, input_shape):
        first, second = several(self.label, input_shape, 2)
        if tuple(first[1:]) != tuple(second[1:]):
            raise ValueError(f"{self.label}: inputs must have one shape, got {first} and {second}")
        return first

    def forward(self, x, training):
        self.output_shape([array.shape for array in x])
        y = x[1] * x[1].dtype.type(self.scale)
        y += x[0]
        return y, None

    def backward(self, dy, cache):
        return [dy, dy * dy.dtype.type(self.scale)]
