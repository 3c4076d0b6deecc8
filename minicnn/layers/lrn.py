"""Local response normalization across channels."""

import math

import numpy as np

from minicnn_kernels import backend

from .. import config
from .base import Layer, registry
from .layout import from_last, split_shape, to_last


@registry.register("LRN")
class LocalResponseNormalization(Layer):
    """``y_c = x_c * (bias + alpha * sum_{c - r}^{c + r} x_i^2) ** -beta``

    Parameters
    ----------
    depth_radius : int
        ``r``, half the width of the window of channels; default 5. The window ends at the edges.
    bias, alpha, beta : float
        Default 1, 1, 0.5, as in ``tf.nn.local_response_normalization``.
    size : int, optional
        ONNX's and torch's convention in place of ``depth_radius``: a window of ``size`` channels,
        ``(size - 1) // 2`` of them before, over whose mean (zeros beyond the edges) ``alpha``
        goes: ``alpha / size`` times the sum.
    data_format : str, optional

    References
    ----------
    Krizhevsky, Sutskever and Hinton 2012, *ImageNet classification with deep convolutional neural
    networks*, section 3.3.
    """

    def __init__(
        self,
        depth_radius=5,
        bias=1.0,
        alpha=1.0,
        beta=0.5,
        size=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.depth_radius = self._integer("depth_radius", depth_radius, 0)
        self.size = None if size is None else self._integer("size", size, 1)
        self.bias = self._number("bias", bias)
        self.alpha = self._number("alpha", alpha)
        self.beta = self._number("beta", beta)
        self.data_format = config.data_format(self.label, data_format)

    def _integer(self, name, value, minimum):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{self.label}: {name} must be an integer, got {value!r}")
        if value < minimum:
            raise ValueError(f"{self.label}: {name} must be at least {minimum}, got {value}")
        return int(value)

    def _number(self, name, value):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{self.label}: {name} must be a number, got {value!r}")
        if not math.isfinite(value):
            raise ValueError(f"{self.label}: {name} must be finite, got {value}")
        return float(value)

    def output_shape(self, input_shape):
        split_shape(self.label, input_shape, 2, self.data_format)
        return input_shape

    def forward(self, x, training):
        self.output_shape(x.shape)
        x = to_last(x, self.data_format)
        rows = np.ascontiguousarray(x).reshape(-1 if x.size else 0, x.shape[-1])
        y = backend.of(x).lrn_forward(None, rows, *self._window())
        return from_last(y.reshape(x.shape), self.data_format), rows

    def backward(self, dy, cache):
        dy = to_last(dy, self.data_format)
        rows = np.ascontiguousarray(dy).reshape(cache.shape)
        dx = backend.of(dy).lrn_backward(None, rows, cache, *self._window())
        return from_last(dx.reshape(dy.shape), self.data_format)

    def _window(self):
        """Channels before and after, bias, alpha, beta, as the kernel takes them."""
        if self.size is None:
            return self.depth_radius, self.depth_radius, self.bias, self.alpha, self.beta
        before = (self.size - 1) // 2
        return before, self.size - 1 - before, self.bias, self.alpha / self.size, self.beta
