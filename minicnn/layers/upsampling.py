"""Larger feature maps: every pixel repeated, or interpolated between."""

import operator

from minicnn_kernels import backend

from .. import config
from .base import Layer, registry
from .layout import from_last, join_shape, split_shape, to_last

_INTERPOLATIONS = ("nearest", "bilinear")


class _UpSampling(Layer):
    axes = 2

    def __init__(self, size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.data_format(self.label, data_format)
        entries = size if isinstance(size, (list, tuple)) else [size] * self.axes
        try:
            sizes = tuple(operator.index(n) for n in entries if not isinstance(n, bool))
        except TypeError:
            raise TypeError(f"{self.label}: size must be integers, got {size!r}") from None
        if len(sizes) != self.axes or min(sizes) < 1:
            raise ValueError(
                f"{self.label}: size must be {self.axes} integers of at least 1, got {size!r}"
            )
        self.size = sizes

    def output_shape(self, input_shape):
        batch, spatial, channels = self._split(input_shape)
        spatial = [n if n is None else n * factor for n, factor in zip(spatial, self.size)]
        return join_shape(batch, spatial, channels, self.data_format)

    def _split(self, shape):
        return split_shape(self.label, shape, self.axes, self.data_format)

    def forward(self, x, training):
        self._split(x.shape)
        return from_last(self._enlarge(to_last(x, self.data_format)), self.data_format), None

    def backward(self, dy, cache):
        return from_last(self._collect(to_last(dy, self.data_format)), self.data_format)


@registry.register()
class UpSampling2D(_UpSampling):
    """Feature maps enlarged by whole factors.

    Parameters
    ----------
    size : int or (int, int)
        Factors of height and width, default 2.
    data_format : str, optional
    interpolation : str
        ``"nearest"`` (every pixel repeated) or ``"bilinear"`` (``tf.image.resize``'s, half-pixel
        centres).
    """

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(size, data_format, **kwargs)
        name = interpolation.lower() if isinstance(interpolation, str) else interpolation
        if name not in _INTERPOLATIONS:
            raise ValueError(
                f"{self.label}: interpolation must be one of {_INTERPOLATIONS}, "
                f"got {interpolation!r}"
            )
        self.interpolation = name

    def _enlarge(self, x):
        ops = backend.of(x)
        if self.interpolation == "nearest":
            return ops.upsample2d_nearest_forward(None, x, self.size)
        return ops.upsample2d_bilinear_forward(None, x, self.size)

    def _collect(self, dy):
        ops = backend.of(dy)
        if self.interpolation == "nearest":
            return ops.upsample2d_nearest_backward(None, dy, self.size)
        return ops.upsample2d_bilinear_backward(None, dy, self.size)


@registry.register()
class UpSampling1D(_UpSampling):
    """Every step of ``(batch, steps, channels)`` repeated.

    Parameters
    ----------
    size : int
        Default 2.
    data_format : str
        Default ``"channels_last"``, whatever the library's is, as in Keras.
    """

    axes = 1

    def __init__(self, size=2, data_format="channels_last", **kwargs):
        super().__init__(size, data_format, **kwargs)
        self.size = self.size[0]

    def output_shape(self, input_shape):
        batch, (steps,), channels = self._split(input_shape)
        steps = None if steps is None else steps * self.size
        return join_shape(batch, (steps,), channels, self.data_format)

    def _enlarge(self, x):  # a map one pixel wide
        y = backend.of(x).upsample2d_nearest_forward(None, x[:, :, None], (self.size, 1))
        return y[:, :, 0]

    def _collect(self, dy):
        dx = backend.of(dy).upsample2d_nearest_backward(None, dy[:, :, None], (self.size, 1))
        return dx[:, :, 0]


@registry.register()
class UpSampling3D(_UpSampling):
    """Every voxel of ``(batch, depth, height, width, channels)`` repeated.

    Parameters
    ----------
    size : int or (int, int, int)
        Factors of depth, height and width, default 2.
    data_format : str, optional
    """

    axes = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(size, data_format, **kwargs)

    def _enlarge(self, x):
        """First every slice, then the slices as rows of one tall image."""
        n, d, h, w, c = x.shape
        ops = backend.of(x)
        y = ops.upsample2d_nearest_forward(None, x.reshape(n * d, h, w, c), self.size[1:])
        h, w = y.shape[1:3]
        y = ops.upsample2d_nearest_forward(None, y.reshape(n, d, h * w, c), (self.size[0], 1))
        return y.reshape(n, d * self.size[0], h, w, c)

    def _collect(self, dy):
        n, d, h, w, c = dy.shape
        ops = backend.of(dy)
        dx = ops.upsample2d_nearest_backward(None, dy.reshape(n, d, h * w, c), (self.size[0], 1))
        d //= self.size[0]
        dx = ops.upsample2d_nearest_backward(None, dx.reshape(n * d, h, w, c), self.size[1:])
        return dx.reshape(n, d, *dx.shape[1:])
