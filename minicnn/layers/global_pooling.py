"""Pooling over all places at once: one value for each channel."""

import math

from minicnn_kernels import backend

from .. import config
from .activated import check_flag
from .base import Layer, registry
from .layout import from_last, join_shape, split_shape, to_last


class GlobalPooling(Layer):
    """Base of the global pooling layers: ``[N, ..., C]`` becomes ``[N, C]``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
    keepdims : bool
        Keep the pooled axes with length 1.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.
    """

    rank = 2

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.data_format(self.label, data_format)
        self.keepdims = check_flag(self.label, "keepdims", keepdims)

    def output_shape(self, input_shape):
        batch, _, channels = split_shape(self.label, input_shape, self.rank, self.data_format)
        if not self.keepdims:
            return batch, channels
        return join_shape(batch, (1,) * self.rank, channels, self.data_format)

    def forward(self, x, training):
        x = to_last(x, self.data_format)
        batch, *size, channels = x.shape
        y, cache = self.pool(x.reshape(batch, math.prod(size), channels))
        if self.keepdims:
            y = y.reshape(join_shape(batch, (1,) * self.rank, channels, self.data_format))
        return y, (size, cache)

    def backward(self, dy, cache):
        size, cache = cache
        batch, channels = dy.shape[0], math.prod(dy.shape[1:])
        dx = self.unpool(dy.reshape(batch, channels), math.prod(size), cache)
        return from_last(dx.reshape(batch, *size, channels), self.data_format)


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel; of equal ones the first gets the gradient."""

    def pool(self, x):
        return backend.of(x).global_max_pool_forward(None, None, x)

    def unpool(self, dy, positions, argmax):
        return backend.of(dy).global_max_pool_backward(None, dy, argmax, positions)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    def pool(self, x):
        return backend.of(x).global_average_pool_forward(None, x), None

    def unpool(self, dy, positions, cache):
        return backend.of(dy).global_average_pool_backward(None, dy, positions)


@registry.register("GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """Maximum over ``W`` of ``[N, W, C]``; arguments as of :class:`GlobalPooling`."""

    rank = 1


@registry.register("GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """Maximum over ``H, W`` of ``[N, H, W, C]``; arguments as of :class:`GlobalPooling`."""


@registry.register("GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """Maximum over ``D, H, W`` of ``[N, D, H, W, C]``; arguments: :class:`GlobalPooling`."""

    rank = 3


@registry.register("GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """Mean over ``W`` of ``[N, W, C]``; arguments as of :class:`GlobalPooling`."""

    rank = 1


@registry.register("GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """Mean over ``H, W`` of ``[N, H, W, C]``; arguments as of :class:`GlobalPooling`."""


@registry.register("GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """Mean over ``D, H, W`` of ``[N, D, H, W, C]``; arguments as of :class:`GlobalPooling`."""

    rank = 3


GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
