"""The initializer, and the checks of its settings."""

import math
from numbers import Real

import numpy as np

from ..config import compute_dtype
from ..registry import Configurable, Registry

registry = Registry("initializer")


class Initializer(Configurable):
    """Base of all initializers: ``initializer(shape, dtype=None, rng=None)`` makes an array.

    Parameters of the call
    ----------------------
    shape : tuple of int
    dtype : str or dtype, optional
        float32 or float64; default :func:`minicnn.config.floatx`.
    rng : numpy.random.Generator, optional
        Draw from it instead of the initializer's own seed.
    """

    def __call__(self, shape, dtype=None, rng=None):
        shape = tuple(int(length) for length in shape)
        values = self.values(shape, compute_dtype(dtype), rng)
        return np.asarray(values, compute_dtype(dtype), order="C")

    def values(self, shape, dtype, rng):
        """What a subclass writes: the array, or a number that fills it."""
        raise TypeError(f"{type(self).__name__}: must define values(shape, dtype, rng)")


def real(thing, name, value, low=0.0):
    """``value`` as a finite float of at least ``low``."""
    kind = type(thing).__name__
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise TypeError(f"{kind}: {name} must be a real number, got {value!r}")
    if not (math.isfinite(value) and value >= low):
        least = "finite" if low == -math.inf else f"finite and at least {low}"
        raise ValueError(f"{kind}: {name} must be {least}, got {value}")
    return float(value)
