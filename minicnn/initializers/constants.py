"""First values that nothing draws."""

import math

import numpy as np

from .base import Initializer, real, registry


@registry.register()
class Constant(Initializer):
    """Every element is ``value``; an array is broadcast to the shape."""

    def __init__(self, value=0.0):
        array = np.asarray(value)
        if array.dtype.kind not in "fiu" or not np.all(np.isfinite(array)):
            raise TypeError(f"Constant: value must be finite real numbers, got {value!r}")
        self.value = value

    def values(self, shape, dtype, rng):
        return np.broadcast_to(np.asarray(self.value, dtype), shape).copy()


@registry.register("zero")
class Zeros(Initializer):
    """Every element is 0."""

    def values(self, shape, dtype, rng):
        return np.zeros(shape, dtype)


@registry.register("one")
class Ones(Initializer):
    """Every element is 1."""

    def values(self, shape, dtype, rng):
        return np.ones(shape, dtype)


@registry.register("IdentityInitializer")
class Identity(Initializer):
    """``gain`` times the identity matrix; for two axes only."""

    def __init__(self, gain=1.0):
        self.gain = real(self, "gain", gain, -math.inf)

    def values(self, shape, dtype, rng):
        if len(shape) != 2:
            raise ValueError(f"Identity: shape must have 2 axes, got {shape}")
        return self.gain * np.eye(*shape, dtype=dtype)
