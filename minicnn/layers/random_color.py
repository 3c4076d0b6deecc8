"""Images made lighter, darker, harder or softer at random."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .augmentation import Augmentation, interval, value_ends
from .base import registry


class _RandomColor(Augmentation):
    """Base: values leave ``value_range`` clipped, and no gradient passes where they were."""

    def __init__(self, value_range, seed, data_format, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.value_range = value_range
        self._low, self._high = value_ends(self.label, value_range)

    def _clipped(self, y):
        inside = (y >= self._low) & (y <= self._high)
        return np.clip(y, self._low, self._high, out=y), inside


def _each(drawn, x):
    """One number an image, to broadcast over ``x``."""
    return drawn.astype(x.dtype)[:, None, None, None]


@registry.register()
class RandomContrast(_RandomColor):
    """Moves each channel of an image away from, or towards, its mean: ``(x - mean) * c + mean``.

    Parameters
    ----------
    factor : float or (float, float)
        ``c`` is drawn from ``[1 - lower, 1 + upper]``; one number, in [0, 1], stands for both.
    value_range : (float, float)
        What values are clipped to, default (0, 255).
    seed : int, optional
    data_format : str, optional
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = factor
        pair = factor if isinstance(factor, (list, tuple)) else (factor, factor)
        if len(pair) != 2:
            raise ValueError(f"{self.label}: factor must be a number or two, got {factor!r}")
        self._lower = arrays.number(self.label, "factor", pair[0], 0, 1)
        self._upper = arrays.number(self.label, "factor", pair[1], 0)

    def draw(self, rng, shape):
        return rng.uniform(1 - self._lower, 1 + self._upper, shape[0])

    def change(self, x, drawn):
        return self._clipped(_towards_mean(x, _each(drawn, x)))

    def adjoint(self, dy, drawn, slope, shape):
        # The map is symmetric: scaling around the mean is its own transpose.
        return _towards_mean(dy * slope, _each(drawn, dy))


def _towards_mean(x, share):
    mean = x.mean(axis=(1, 2), keepdims=True)
    return (x - mean) * share + mean


@registry.register()
class RandomBrightness(_RandomColor):
    """Adds one random number to all of an image.

    Parameters
    ----------
    factor : float or (float, float)
        Interval of the number as a share of ``value_range``'s length, in [-1, 1]; one number
        means ``±factor``.
    value_range : (float, float)
        What values are clipped to, default (0, 255).
    seed : int, optional
    data_format : str, optional
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = factor
        self._delta = interval(self.label, "factor", factor)

    def draw(self, rng, shape):
        return rng.uniform(*self._delta, shape[0]) * (self._high - self._low)

    def change(self, x, drawn):
        return self._clipped(x + _each(drawn, x))

    def adjoint(self, dy, drawn, slope, shape):
        return dy * slope
