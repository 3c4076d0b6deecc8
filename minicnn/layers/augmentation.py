"""What all layers share that change images in training, each image its own way."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import config
from ..graph.tensor import is_symbolic
from . import layout
from .random_layer import RandomLayer


class Augmentation(RandomLayer):
    """Base of layers that change images at random in training and do nothing at inference.

    Images are ``(batch, height, width, channels)``; a single image may come without the batch.
    Called directly on arrays, the layer augments unless told ``training=False``, as in Keras;
    inside a model it follows the model.

    A subclass writes, for images of ``shape`` ``(N, H, W, C)``:

    - ``draw(rng, shape)``, the random numbers ``drawn`` from which the rest follows;
    - ``change(x, drawn)``, ``(y, slope)``: the changed images and what ``adjoint`` needs of them;
    - ``adjoint(dy, drawn, slope, shape)``, the gradient of the images.

    Parameters
    ----------
    seed : int, optional
        Default: the next one of :mod:`minicnn.random`.
    data_format : str, optional
    """

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.data_format = config.data_format(self.label, data_format)

    def __call__(self, inputs, training=None):
        if training is None and not is_symbolic(inputs):
            training = True
        return super().__call__(inputs, training)

    def output_shape(self, input_shape):
        layout.split_shape(self.label, input_shape, 2, self.data_format)
        return tuple(input_shape)

    def forward(self, x, training):
        if not training:
            return x, None
        images = as_batch(self.label, x, self.data_format)
        drawn = self.draw(np.random.default_rng(self.next_seed()), images.shape)
        y, slope = self.change(images, drawn)
        return as_given(y, x, self.data_format), (drawn, slope, images.shape)

    def backward(self, dy, cache):
        if cache is None:
            return dy
        drawn, slope, shape = cache
        dx = self.adjoint(as_batch(self.label, dy, self.data_format), drawn, slope, shape)
        return as_given(dx, dy, self.data_format)


def as_batch(label, x, data_format):
    """``x`` as ``[N, H, W, C]``."""
    batch = x[None] if x.ndim == 3 else x
    layout.split_shape(label, batch.shape, 2, data_format)
    return layout.to_last(batch, data_format)


def as_given(y, x, data_format):
    """``y``, ``[N, H, W, C]``, with the axes that ``x`` has."""
    y = layout.from_last(y, data_format)
    return y[0] if x.ndim == 3 else y


def interval(label, name, value):
    """``value`` as ``(least, most)``: two numbers in [-1, 1], or one that means ``±value``."""
    if isinstance(value, (list, tuple)):
        if len(value) != 2:
            raise ValueError(f"{label}: {name} must be a number or two, got {value!r}")
        least, most = sorted(arrays.number(label, name, end, -1, 1) for end in value)
        return least, most
    value = abs(arrays.number(label, name, value, -1, 1))
    return -value, value


def value_ends(label, value_range):
    """Least and greatest of a pair of numbers that differ."""
    if not isinstance(value_range, (list, tuple)) or len(value_range) != 2:
        raise ValueError(f"{label}: value_range must be two numbers, got {value_range!r}")
    low, high = sorted(arrays.number(label, "value_range", end) for end in value_range)
    if low == high:
        raise ValueError(f"{label}: value_range must not be empty, got {value_range!r}")
    return low, high


def one_of(label, name, value, allowed):
    """``value``, one of the strings ``allowed``, in any case."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in allowed:
        raise ValueError(f"{label}: {name} must be one of {allowed}, got {value!r}")
    return lowered
