"""Radial basis functions: how far the input lies from each of some given points."""

import numpy as np

from .base import Layer, registry


@registry.register()
class RBF(Layer):
    """``y_i = sum_j (x_j - codes_ij)^2``: squared distances of ``[N, inputs]`` to the codes.

    Parameters
    ----------
    codes : array
        ``[units, inputs]``: the points, a weight that does not learn.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner 1998, *Gradient-based learning applied to document
    recognition*, equation 7.

    >>> import numpy as np
    >>> RBF([[1, 1], [-1, 1]])(np.array([[1.0, 0.0]]))
    array([[1., 5.]], dtype=float32)
    """

    def __init__(self, codes, **kwargs):
        super().__init__(**kwargs)
        self.codes = np.asarray(codes)
        if self.codes.ndim != 2 or not self.codes.size or self.codes.dtype.kind not in "fiu":
            raise ValueError(
                f"{self.label}: codes must be real numbers [units, inputs], "
                f"got shape {self.codes.shape} of {self.codes.dtype}"
            )
        if not np.isfinite(self.codes).all():
            raise ValueError(f"{self.label}: codes must be finite")
        self.points = None

    def output_shape(self, input_shape):
        units, inputs = self.codes.shape
        if len(input_shape) != 2 or input_shape[1] != inputs:
            raise ValueError(
                f"{self.label}: input must have shape (batch, {inputs}), "
                f"got input_shape {tuple(input_shape)}"
            )
        return input_shape[0], units

    def build(self, input_shape):
        self.output_shape(input_shape)
        self.points = self.add_weight("points", self.codes.shape, "zeros", trainable=False)
        self.points.assign(self.codes)

    def forward(self, x, training):
        self.output_shape(x.shape)
        distances = x[:, None, :] - self.points.value
        return np.einsum("nui,nui->nu", distances, distances), distances

    def backward(self, dy, cache):
        return np.einsum("nu,nui->ni", 2 * dy, cache)
