"""Draws from one distribution, whatever the shape; and orthogonal matrices."""

import math

import numpy as np

from .. import random
from .base import Initializer, real, registry


class Random(Initializer):
    """Draws: ``seed`` is an integer, or ``None`` for the next one of the library's stream."""

    def __init__(self, seed=None):
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise TypeError(f"{type(self).__name__}: seed must be an integer or None, got {seed!r}")
        self.seed = seed
        self._own_seed = random.next_seed() if seed is None else int(seed) % 2**64

    def generator(self, rng):
        """``rng`` or a generator that starts at the seed."""
        return np.random.default_rng(self._own_seed) if rng is None else rng


@registry.register("normal")
class RandomNormal(Random):
    """Normal with ``mean`` and ``stddev``."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = real(self, "mean", mean, -math.inf)
        self.stddev = real(self, "stddev", stddev)

    def values(self, shape, dtype, rng):
        draws = self.generator(rng).standard_normal(shape, dtype)
        return scaled(draws, self.stddev, self.mean)


@registry.register()
class TruncatedNormal(Random):
    """Normal with ``mean`` and ``stddev``, redrawn where it is further than two ``stddev`` off."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = real(self, "mean", mean, -math.inf)
        self.stddev = real(self, "stddev", stddev)

    def values(self, shape, dtype, rng):
        return scaled(truncated(self.generator(rng), shape, dtype), self.stddev, self.mean)


@registry.register("uniform")
class RandomUniform(Random):
    """Uniform in ``[minval, maxval)``."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval = real(self, "minval", minval, -math.inf)
        self.maxval = real(self, "maxval", maxval, self.minval)

    def values(self, shape, dtype, rng):
        draws = self.generator(rng).random(shape, dtype)
        return scaled(draws, self.maxval - self.minval, self.minval)


@registry.register("OrthogonalInitializer")
class Orthogonal(Random):
    """``gain`` times a random matrix with orthonormal columns (rows, if it is wider than high).

    All axes but the last are taken as rows (Saxe et al., 2014, arXiv:1312.6120).
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = real(self, "gain", gain, -math.inf)

    def values(self, shape, dtype, rng):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: shape must have at least 2 axes, got {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        draws = self.generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(draws)
        q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # else the result would not be uniform
        return self.gain * (q.T if rows < columns else q).reshape(shape)


def scaled(draws, factor, offset):
    """``draws * factor + offset``, in place."""
    draws *= draws.dtype.type(factor)
    draws += draws.dtype.type(offset)
    return draws


def truncated(rng, shape, dtype):
    """Unit normal draws of at most two standard deviations."""
    draws = rng.standard_normal(shape, dtype)
    flat = draws.reshape(-1)
    outside = np.flatnonzero(np.abs(flat) > 2)
    while outside.size:
        flat[outside] = rng.standard_normal(outside.size, dtype)
        outside = outside[np.abs(flat[outside]) > 2]
    return draws
