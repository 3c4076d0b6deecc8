"""Layers that are random in training and do nothing at inference."""

import math

import numpy as np

from minicnn_kernels import backend

from .. import config
from .base import registry
from .random_layer import RandomLayer


class _RateLayer(RandomLayer):
    """Keeps ``rate``, a probability in [0, 1)."""

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = _number(self.label, "rate", rate, 0, 1)


def _number(label, name, value, low, high):
    """``value`` as a float in ``[low, high)``; NaN is in no interval."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{label}: {name} must be a number, got {value!r}")
    if not low <= value < high:
        raise ValueError(f"{label}: {name} must be in [{low}, {high}), got {value}")
    return float(value)


class _MaskLayer(_RateLayer):
    """Draws a mask whose shape ``noise_shape_of(shape)`` gives; ``None``: the input's own."""

    def output_shape(self, input_shape):
        self._mask_shape(input_shape)
        return input_shape

    def forward(self, x, training):
        shape = self._mask_shape(x.shape)
        if not training or self.rate == 0:
            return x, None
        seed = self.next_seed()
        ops = backend.of(x)
        if shape == x.shape:
            return ops.dropout_forward(None, x, self.rate, seed), seed
        mask = ops.dropout_forward(None, np.ones(shape, x.dtype), self.rate, seed)
        return x * mask, mask

    def backward(self, dy, cache):
        if cache is None:
            return dy
        if isinstance(cache, int):
            return backend.of(dy).dropout_backward(None, dy, self.rate, cache)
        return dy * cache

    def _mask_shape(self, shape):
        noise = self.noise_shape_of(shape)
        if noise is None:
            return tuple(shape)
        fits = len(noise) == len(shape) and all(
            n in (None, 1) or length is None or n == length for n, length in zip(noise, shape)
        )
        if not fits:
            raise ValueError(
                f"{self.label}: noise_shape {tuple(noise)} must broadcast to the input's shape "
                f"{tuple(shape)}"
            )
        return tuple(length if n is None else n for n, length in zip(noise, shape))


@registry.register()
class Dropout(_MaskLayer):
    """Zeroes elements with probability ``rate`` and scales the others by ``1 / (1 - rate)``.

    Parameters
    ----------
    rate : float
        In [0, 1).
    noise_shape : tuple, optional
        Shape of the mask, broadcast over the input: ``(None, 1, 1, channels)`` drops whole maps;
        ``None`` means the input's length.
    seed : int, optional

    References
    ----------
    Srivastava et al. 2014, *Dropout*, in the inverted form of ``tf.nn.dropout``.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, seed, **kwargs)
        if noise_shape is not None:
            noise_shape = [None if n is None else int(n) for n in noise_shape]
        self.noise_shape = noise_shape

    def noise_shape_of(self, shape):
        return self.noise_shape


class _SpatialDropout(_MaskLayer):
    """Drops whole feature maps."""

    axes = 2

    def __init__(self, rate, seed=None, data_format=None, **kwargs):
        super().__init__(rate, seed, **kwargs)
        self.data_format = config.data_format(self.label, data_format)

    def noise_shape_of(self, shape):
        if len(shape) != self.axes + 2:
            raise ValueError(
                f"{self.label}: input must have {self.axes + 2} axes, got shape {tuple(shape)}"
            )
        ones = [1] * self.axes
        return [None, *ones, None] if self.data_format == "channels_last" else [None, None, *ones]


@registry.register()
class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of ``(batch, steps, channels)`` (Tompson et al., 2015).

    Parameters
    ----------
    rate : float
    seed : int, optional
    data_format : str, optional
    """

    axes = 1


@registry.register()
class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole feature maps of ``(batch, height, width, channels)``.

    Parameters
    ----------
    rate : float
    seed : int, optional
    data_format : str, optional
    """

    def __init__(self, rate, data_format=None, seed=None, **kwargs):
        super().__init__(rate, seed, data_format, **kwargs)


@registry.register()
class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole feature maps of ``(batch, depth, height, width, channels)``.

    Parameters
    ----------
    rate : float
    seed : int, optional
    data_format : str, optional
    """

    axes = 3

    def __init__(self, rate, data_format=None, seed=None, **kwargs):
        super().__init__(rate, seed, data_format, **kwargs)


@registry.register()
class GaussianNoise(RandomLayer):
    """Adds normal noise of standard deviation ``stddev`` in training.

    Parameters
    ----------
    stddev : float
        At least 0.
    seed : int, optional
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.stddev = _number(self.label, "stddev", stddev, 0, math.inf)

    def forward(self, x, training):
        if not training or self.stddev == 0:
            return x, None
        return x + self.stddev * _normal(x, self.next_seed()), None

    def backward(self, dy, cache):
        return dy


@registry.register()
class GaussianDropout(_RateLayer):
    """Multiplies by normal noise of mean 1 and variance ``rate / (1 - rate)`` in training.

    Parameters
    ----------
    rate : float
        In [0, 1).
    seed : int, optional
    """

    def forward(self, x, training):
        if not training or self.rate == 0:
            return x, None
        noise = 1 + math.sqrt(self.rate / (1 - self.rate)) * _normal(x, self.next_seed())
        return x * noise, noise

    def backward(self, dy, cache):
        return dy if cache is None else dy * cache


def _normal(x, seed):
    return np.random.default_rng(seed).standard_normal(x.shape, x.dtype)


@registry.register()
class AlphaDropout(Dropout):
    """Dropout that keeps mean 0 and variance 1: for networks of ``selu``.

    Dropped elements become ``-1.7581`` (selu's limit), then all are scaled and shifted.

    Parameters
    ----------
    rate : float
        In [0, 1).
    noise_shape : tuple, optional
        See :class:`Dropout`.
    seed : int, optional

    References
    ----------
    Klambauer et al. 2017, *Self-normalizing neural networks*, section 3.
    """

    def forward(self, x, training):
        if not training or self.rate == 0:
            return x, None
        limit = -1.6732632423543772 * 1.0507009873554805
        scale = ((1 - self.rate) * (1 + self.rate * limit**2)) ** -0.5
        shift = -scale * limit * self.rate
        ones = np.ones(self._mask_shape(x.shape), x.dtype)
        kept = backend.of(x).dropout_forward(None, ones, self.rate, self.next_seed()) != 0
        slope = np.where(kept, x.dtype.type(scale), x.dtype.type(0))
        offset = np.where(kept, x.dtype.type(shift), x.dtype.type(scale * limit + shift))
        return x * slope + offset, slope

    def backward(self, dy, cache):
        return dy if cache is None else dy * cache
