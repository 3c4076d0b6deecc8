"""Max and average pooling over one, two and three spatial axes."""

from minicnn_kernels import backend

from ..graph import engine
from .base import Layer, registry
from .windowed import Windowed


class Pooling(Windowed, Layer):
    """One value for each window of each channel: the base of all pooling layers.

    Parameters
    ----------
    pool_size : int or tuple of int
        Default 2.
    strides : int or tuple of int, optional
        Default: ``pool_size``.
    padding : str or tuple
        ``"valid"``, ``"same"``, or explicit ``((before, after), ...)`` of at most half a window.
        Padding never counts: neither as a maximum nor in the divisor of a mean.
    data_format : {"channels_last", "channels_first"}, optional
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.
    """

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(**kwargs)
        strides = pool_size if strides is None else strides
        self._set_window("pool_size", pool_size, strides, padding, data_format)
        pairs = () if isinstance(self.padding, str) else self.padding
        if any(max(pair) > size // 2 for pair, size in zip(pairs, self.pool_size)):
            raise ValueError(
                f"{self.label}: padding must be at most half of pool_size {self.pool_size}, "
                f"got {padding}"
            )

    def output_shape(self, input_shape):
        batch, spatial, channels = self._split(input_shape)
        return self._join(batch, self.window.output(self.label, spatial, input_shape), channels)

    def _windows(self, size):
        """``(pool, strides, padding)`` for an input of these sizes, as the kernels take them."""
        strides, padding, _ = self.window.geometry(size)
        return self.window.kernel_size, strides, padding


class MaxPooling(Pooling):
    """The largest value of each window; of equal ones the first gets the gradient."""

    def forward(self, x, training):
        x = self._enter(x)
        size = x.shape[1:-1]
        y, argmax = backend.of(x).max_pool_forward(
            None, None, x, *self._windows(size), keep_argmax=engine.is_recording()
        )
        return self._leave(y), (argmax, size)

    def backward(self, dy, cache):
        argmax, size = cache
        dy = self._enter(dy)
        dx = backend.of(dy).max_pool_backward(None, dy, argmax, size, *self._windows(size))
        return self._leave(dx)


class AveragePooling(Pooling):
    """The mean of each window over the cells that lie in the input."""

    def forward(self, x, training):
        x = self._enter(x)
        size = x.shape[1:-1]
        y = backend.of(x).average_pool_forward(None, x, *self._windows(size))
        return self._leave(y), size

    def backward(self, dy, cache):
        dy = self._enter(dy)
        dx = backend.of(dy).average_pool_backward(None, dy, cache, *self._windows(cache))
        return self._leave(dx)


@registry.register("MaxPool1D")
class MaxPooling1D(MaxPooling):
    """Max pooling of ``[N, W, C]``; arguments as of :class:`Pooling`."""

    rank = 1


@registry.register("MaxPool2D")
class MaxPooling2D(MaxPooling):
    """Max pooling of ``[N, H, W, C]``; arguments as of :class:`Pooling`.

    >>> import numpy as np
    >>> MaxPooling2D()(np.arange(16.0).reshape(1, 4, 4, 1)).ravel().tolist()
    [5.0, 7.0, 13.0, 15.0]
    """


@registry.register("MaxPool3D")
class MaxPooling3D(MaxPooling):
    """Max pooling of ``[N, D, H, W, C]``; arguments as of :class:`Pooling`."""

    rank = 3


@registry.register("AvgPool1D")
class AveragePooling1D(AveragePooling):
    """Average pooling of ``[N, W, C]``; arguments as of :class:`Pooling`."""

    rank = 1


@registry.register("AvgPool2D")
class AveragePooling2D(AveragePooling):
    """Average pooling of ``[N, H, W, C]``; arguments as of :class:`Pooling`."""


@registry.register("AvgPool3D")
class AveragePooling3D(AveragePooling):
    """Average pooling of ``[N, D, H, W, C]``; arguments as of :class:`Pooling`."""

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
