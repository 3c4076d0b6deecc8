"""Pooling along channels: one map of every few."""

import numpy as np

from minicnn_kernels import backend
from minicnn_kernels.geometry import output_size, same_padding

from .base import Layer, registry


class _DepthPooling(Layer):
    """The pooling kernels on a view whose width is the channels: ``[N, pixels, C, 1]``."""

    def __init__(self, pool_size, strides=None, padding="valid", **kwargs):
        super().__init__(**kwargs)
        self.pool_size = self._integer("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else self._integer("strides", strides)
        self.padding = padding.lower() if isinstance(padding, str) else padding
        if self.padding not in ("valid", "same"):
            raise ValueError(f"{self.label}: padding must be 'valid' or 'same', got {padding!r}")

    def _integer(self, name, value):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{self.label}: {name} must be an integer, got {value!r}")
        if value < 1:
            raise ValueError(f"{self.label}: {name} must be at least 1, got {value}")
        return int(value)

    def output_shape(self, input_shape):
        channels = input_shape[-1]
        if len(input_shape) < 2 or channels is None or min(n or 1 for n in input_shape[1:]) < 1:
            raise ValueError(
                f"{self.label}: input must have channels, got input_shape {tuple(input_shape)}"
            )
        before, after = self._borders(channels)
        maps = output_size(channels, self.pool_size, self.strides, before, after, 1)
        if maps < 1:
            raise ValueError(
                f"{self.label}: pool_size {self.pool_size} does not fit into {channels} channels "
                f"(input_shape {tuple(input_shape)})"
            )
        return (*input_shape[:-1], maps)

    def _borders(self, channels):
        if self.padding == "valid":
            return 0, 0
        return same_padding(channels, self.pool_size, self.strides, 1)

    def _window(self, channels):
        return (1, self.pool_size), (1, self.strides), ((0, 0), self._borders(channels))


def _as_map(array):
    pixels = int(np.prod(array.shape[1:-1], dtype=np.int64))
    return np.ascontiguousarray(array).reshape(array.shape[0], pixels, array.shape[-1], 1)


@registry.register("DepthwiseMaxPooling")
class DepthMaxPooling(_DepthPooling):
    """Maximum of every ``pool_size`` neighbouring channels (Géron, ch. 14, depthwise pooling).

    Parameters
    ----------
    pool_size : int
    strides : int, optional
        Default ``pool_size``.
    padding : str
        ``"valid"`` (default) or ``"same"``.
    """

    def forward(self, x, training):
        shape = self.output_shape(x.shape)
        window = self._window(x.shape[-1])
        y, argmax = backend.of(x).max_pool_forward(None, None, _as_map(x), *window)
        return y.reshape(shape), (argmax, x.shape)

    def backward(self, dy, cache):
        argmax, shape = cache
        dy = _as_map(dy)
        size = (dy.shape[1], shape[-1])
        window = self._window(shape[-1])
        return backend.of(dy).max_pool_backward(None, dy, argmax, size, *window).reshape(shape)


@registry.register("DepthwiseAveragePooling")
class DepthAveragePooling(_DepthPooling):
    """Mean of every ``pool_size`` neighbouring channels.

    Parameters
    ----------
    pool_size : int
    strides : int, optional
        Default ``pool_size``.
    padding : str
        ``"valid"`` (default) or ``"same"`` (the mean is over channels that exist).
    """

    def forward(self, x, training):
        shape = self.output_shape(x.shape)
        y = backend.of(x).average_pool_forward(None, _as_map(x), *self._window(x.shape[-1]))
        return y.reshape(shape), x.shape

    def backward(self, dy, cache):
        dy = _as_map(dy)
        size = (dy.shape[1], cache[-1])
        window = self._window(cache[-1])
        return backend.of(dy).average_pool_backward(None, dy, size, *window).reshape(cache)
