"""Zeros around feature maps, and borders cut off them."""

import numpy as np

from minicnn_kernels import memory

from .base import registry
from .borders import BorderLayer


class _ZeroPadding(BorderLayer):
    def __init__(self, padding, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.padding = self.pairs("padding", padding)

    def output_shape(self, input_shape):
        return self.resized(input_shape, self.padding, 1)

    def forward(self, x, training):
        y = memory.zeros(self.output_shape(x.shape), x.dtype)
        y[self.inner(y.shape, self.padding)] = x
        return y, None

    def backward(self, dy, cache):
        return _copied(dy[self.inner(dy.shape, self.padding)])


class _Cropping(BorderLayer):
    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.cropping = self.pairs("cropping", cropping)

    def output_shape(self, input_shape):
        shape = self.resized(input_shape, self.cropping, -1)
        if any(length is not None and length < 1 for length in shape[1:]):
            raise ValueError(
                f"{self.label}: cropping {self.cropping} leaves nothing of input_shape "
                f"{tuple(input_shape)}"
            )
        return shape

    def forward(self, x, training):
        self.output_shape(x.shape)
        return _copied(x[self.inner(x.shape, self.cropping)]), x.shape

    def backward(self, dy, cache):
        dx = memory.zeros(cache, dy.dtype)
        dx[self.inner(cache, self.cropping)] = dy
        return dx


def _copied(view):
    copy = memory.empty(view.shape, view.dtype)
    np.copyto(copy, view)
    return copy


@registry.register()
class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after the steps of ``(batch, steps, channels)``.

    Parameters
    ----------
    padding : int or (before, after)
        Default 1.
    data_format : str, optional
    """

    axes = 1

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)


@registry.register()
class ZeroPadding2D(_ZeroPadding):
    """Zeros around every feature map.

    Parameters
    ----------
    padding : int, (int, int) or ((top, bottom), (left, right))
        Default 1.
    data_format : str, optional
    """

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)


@registry.register()
class ZeroPadding3D(_ZeroPadding):
    """Zeros around every volume.

    Parameters
    ----------
    padding : int, three ints or three (before, after) pairs
        Default 1.
    data_format : str, optional
    """

    axes = 3

    def __init__(self, padding=(1, 1, 1), data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)


@registry.register()
class Cropping1D(_Cropping):
    """Cuts steps off both ends of ``(batch, steps, channels)``.

    Parameters
    ----------
    cropping : int or (before, after)
        Default 1.
    data_format : str, optional
    """

    axes = 1

    def __init__(self, cropping=(1, 1), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


@registry.register()
class Cropping2D(_Cropping):
    """Cuts the borders off every feature map.

    Parameters
    ----------
    cropping : int, (int, int) or ((top, bottom), (left, right))
        Default 0.
    data_format : str, optional
    """

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


@registry.register()
class Cropping3D(_Cropping):
    """Cuts the borders off every volume.

    Parameters
    ----------
    cropping : int, three ints or three (before, after) pairs
        Default 1.
    data_format : str, optional
    """

    axes = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)
