"""Scaling to length 1."""

import numpy as np

from .base import Layer, registry
from .dot import l2_normalize, l2_normalize_backward


@registry.register()
class UnitNormalization(Layer):
    """``x / sqrt(max(sum(x^2), 1e-12))`` over ``axis``: vectors of L2 norm 1.

    Parameters
    ----------
    axis : int or list of int
        Default -1.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = [int(a) for a in axis] if isinstance(axis, (list, tuple)) else int(axis)

    def output_shape(self, input_shape):
        axes = self._axes()
        if not all(-len(input_shape) <= axis < len(input_shape) for axis in axes):
            raise ValueError(
                f"{self.label}: axis must name one of {len(input_shape)} axes, got {self.axis}"
            )
        return input_shape

    def _axes(self):
        return tuple(np.atleast_1d(self.axis).tolist())

    def forward(self, x, training):
        y, norm = l2_normalize(x, self._axes())
        return y, (y, norm)

    def backward(self, dy, cache):
        return l2_normalize_backward(dy, *cache, self._axes())
