"""Layers that only rearrange: Flatten, Reshape, Permute, RepeatVector, Identity."""

import math
import operator

import numpy as np

from .. import config
from .base import Layer, registry


@registry.register("Linear")
class Identity(Layer):
    """Its input, unchanged."""

    def forward(self, x, training):
        return x, None

    def backward(self, dy, cache):
        return dy


@registry.register()
class Flatten(Layer):
    """Every sample as one vector: ``(batch, h, w, c) -> (batch, h * w * c)``.

    Parameters
    ----------
    data_format : str, optional
        With ``"channels_first"`` the channels are moved last before, as in Keras, so that weights
        behind the layer serve both layouts.
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.data_format(self.label, data_format)

    def output_shape(self, input_shape):
        lengths = input_shape[1:]
        return (input_shape[0], None if None in lengths else math.prod(lengths))

    def forward(self, x, training):
        y = np.moveaxis(x, 1, -1) if self._moves(x.ndim) else x
        return np.ascontiguousarray(y).reshape(x.shape[0], math.prod(x.shape[1:])), y.shape

    def backward(self, dy, cache):
        dx = dy.reshape(cache)
        return np.moveaxis(dx, -1, 1) if self._moves(dx.ndim) else dx

    def _moves(self, rank):
        return self.data_format == "channels_first" and rank > 2


@registry.register()
class Reshape(Layer):
    """Samples in another shape, row-major order kept.

    Parameters
    ----------
    target_shape : tuple of int
        Without the batch axis; one entry may be -1: what remains.
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        try:
            shape = [operator.index(n) for n in np.atleast_1d(np.asarray(target_shape, object))]
        except TypeError:
            raise TypeError(
                f"{self.label}: target_shape must be integers, got {target_shape!r}"
            ) from None
        if shape.count(-1) > 1 or any(n < 1 and n != -1 for n in shape):
            raise ValueError(
                f"{self.label}: target_shape must be positive lengths with one -1 at most, "
                f"got {tuple(shape)}"
            )
        self.target_shape = tuple(shape)

    def output_shape(self, input_shape):
        lengths = input_shape[1:]
        if None in lengths:
            return (input_shape[0], *(None if n == -1 else n for n in self.target_shape))
        size, known = math.prod(lengths), math.prod(n for n in self.target_shape if n != -1)
        fits = size % known == 0 if -1 in self.target_shape else size == known
        if not fits:
            raise ValueError(
                f"{self.label}: target_shape {self.target_shape} does not hold the {size} elements "
                f"of input_shape {tuple(input_shape)}"
            )
        return (input_shape[0], *(size // known if n == -1 else n for n in self.target_shape))

    def forward(self, x, training):
        return np.ascontiguousarray(x).reshape(self.output_shape(x.shape)), x.shape

    def backward(self, dy, cache):
        return dy.reshape(cache)


@registry.register()
class Permute(Layer):
    """The axes of every sample in another order.

    Parameters
    ----------
    dims : tuple of int
        A permutation of 1, 2, ...; ``(2, 1)`` exchanges the first two axes behind the batch.
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"{self.label}: dims must be a permutation of 1..{len(self.dims)}, got {self.dims}"
            )

    def output_shape(self, input_shape):
        if len(input_shape) != len(self.dims) + 1:
            raise ValueError(
                f"{self.label}: input must have {len(self.dims) + 1} axes for dims {self.dims}, "
                f"got shape {tuple(input_shape)}"
            )
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def forward(self, x, training):
        self.output_shape(x.shape)
        return np.ascontiguousarray(x.transpose(0, *self.dims)), None

    def backward(self, dy, cache):
        return np.ascontiguousarray(dy.transpose(np.argsort([0, *self.dims])))


@registry.register()
class RepeatVector(Layer):
    """``(batch, features) -> (batch, n, features)``, ``n`` copies.

    Parameters
    ----------
    n : int
        At least 1.
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            raise TypeError(f"{self.label}: n must be an integer, got {n!r}")
        if n < 1:
            raise ValueError(f"{self.label}: n must be at least 1, got {n}")
        self.n = int(n)

    def output_shape(self, input_shape):
        if len(input_shape) != 2:
            raise ValueError(
                f"{self.label}: input must have 2 axes, got shape {tuple(input_shape)}"
            )
        return (input_shape[0], self.n, input_shape[1])

    def forward(self, x, training):
        self.output_shape(x.shape)
        return np.repeat(x[:, None], self.n, axis=1), None

    def backward(self, dy, cache):
        return dy.sum(axis=1)
