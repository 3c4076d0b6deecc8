"""First values of weights. Fans are counted from ``[*kernel, in, out]`` shapes, as in Keras.

A seed makes an initializer give the same values in every call; one that was given none draws its
seed from :mod:`minicnn.random` when it is made.
"""

import math
from numbers import Real

import numpy as np

from . import random
from .config import compute_dtype
from .registry import Configurable, Registry, serialize

registry = Registry("initializer")

# Standard deviation of a unit normal cut off at two of them: truncated draws are divided by it.
_TRUNCATED_STDDEV = 0.87962566103423978


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
        self.gain = _real(self, "gain", gain, -math.inf)

    def values(self, shape, dtype, rng):
        if len(shape) != 2:
            raise ValueError(f"Identity: shape must have 2 axes, got {shape}")
        return self.gain * np.eye(*shape, dtype=dtype)


class _Random(Initializer):
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
class RandomNormal(_Random):
    """Normal with ``mean`` and ``stddev``."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = _real(self, "mean", mean, -math.inf)
        self.stddev = _real(self, "stddev", stddev)

    def values(self, shape, dtype, rng):
        draws = self.generator(rng).standard_normal(shape, dtype)
        return _scaled(draws, self.stddev, self.mean)


@registry.register()
class TruncatedNormal(_Random):
    """Normal with ``mean`` and ``stddev``, redrawn where it is further than two ``stddev`` off."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = _real(self, "mean", mean, -math.inf)
        self.stddev = _real(self, "stddev", stddev)

    def values(self, shape, dtype, rng):
        return _scaled(_truncated(self.generator(rng), shape, dtype), self.stddev, self.mean)


@registry.register("uniform")
class RandomUniform(_Random):
    """Uniform in ``[minval, maxval)``."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval = _real(self, "minval", minval, -math.inf)
        self.maxval = _real(self, "maxval", maxval, self.minval)

    def values(self, shape, dtype, rng):
        draws = self.generator(rng).random(shape, dtype)
        return _scaled(draws, self.maxval - self.minval, self.minval)


@registry.register("OrthogonalInitializer")
class Orthogonal(_Random):
    """``gain`` times a random matrix with orthonormal columns (rows, if it is wider than high).

    All axes but the last are taken as rows (Saxe et al., 2014, arXiv:1312.6120).
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = _real(self, "gain", gain, -math.inf)

    def values(self, shape, dtype, rng):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: shape must have at least 2 axes, got {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        draws = self.generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(draws)
        q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # else the result would not be uniform
        return self.gain * (q.T if rows < columns else q).reshape(shape)


@registry.register()
class VarianceScaling(_Random):
    """Variance ``scale / fan``, so that signals keep their size through the layers.

    Parameters
    ----------
    scale : float
        Positive.
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which fan divides.
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}
        ``"normal"`` means the truncated one.
    seed : int, optional
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None):
        super().__init__(seed)
        kind = type(self).__name__
        self.scale = _real(self, "scale", scale)
        if self.scale == 0:
            raise ValueError(f"{kind}: scale must be positive, got {scale}")
        modes = ("fan_in", "fan_out", "fan_avg")
        self.mode = _one_of(kind, "mode", mode, modes)
        names = ("truncated_normal", "untruncated_normal", "uniform", "normal")
        distribution = _one_of(kind, "distribution", distribution, names)
        self.distribution = "truncated_normal" if distribution == "normal" else distribution

    def values(self, shape, dtype, rng):
        rng = self.generator(rng)
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(fan, 1))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return _scaled(rng.random(shape, dtype), 2 * limit, -limit)
        if self.distribution == "untruncated_normal":
            return _scaled(rng.standard_normal(shape, dtype), stddev, 0)
        return _scaled(_truncated(rng, shape, dtype), stddev / _TRUNCATED_STDDEV, 0)


@registry.register()
class GlorotUniform(VarianceScaling):
    """Uniform within ``sqrt(6 / (fan_in + fan_out))`` (Glorot and Bengio, 2010)."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_avg", "uniform", seed)


@registry.register()
class GlorotNormal(VarianceScaling):
    """Truncated normal of variance ``2 / (fan_in + fan_out)`` (Glorot and Bengio, 2010)."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


@registry.register()
class LecunUniform(VarianceScaling):
    """Uniform within ``sqrt(3 / fan_in)``."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_in", "uniform", seed)


@registry.register()
class LecunNormal(VarianceScaling):
    """Truncated normal of variance ``1 / fan_in`` (for SELU: Klambauer et al., 2017)."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


@registry.register()
class HeUniform(VarianceScaling):
    """Uniform within ``sqrt(6 / fan_in)`` (for ReLU: He et al., 2015)."""

    def __init__(self, seed=None):
        super().__init__(2.0, "fan_in", "uniform", seed)


@registry.register()
class HeNormal(VarianceScaling):
    """Truncated normal of variance ``2 / fan_in`` (for ReLU: He et al., 2015)."""

    def __init__(self, seed=None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


# Keras' second spelling of each.
constant, zeros, ones, identity, orthogonal = Constant, Zeros, Ones, Identity, Orthogonal
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling = VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
he_uniform, he_normal = HeUniform, HeNormal


def get(identifier):
    """The initializer that a name, class, configuration, array or callable means."""
    if isinstance(identifier, np.ndarray):
        return Constant(identifier)
    found = registry.get(identifier)
    if found is not None and not callable(found):
        raise TypeError(f"initializer: must be a name or an initializer, got {identifier!r}")
    return found


def deserialize(config):
    """The initializer that :func:`serialize` described."""
    return get(config)


def fans(shape):
    """``(fan_in, fan_out)`` of a weight: inputs of one output and outputs of one input.

    >>> fans((3, 3, 16, 32))
    (144, 288)
    """
    if len(shape) < 2:
        length = shape[0] if shape else 1
        return length, length
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


def _scaled(draws, factor, offset):
    draws *= draws.dtype.type(factor)
    draws += draws.dtype.type(offset)
    return draws


def _truncated(rng, shape, dtype):
    """Unit normal draws of at most two standard deviations."""
    draws = rng.standard_normal(shape, dtype)
    flat = draws.reshape(-1)
    outside = np.flatnonzero(np.abs(flat) > 2)
    while outside.size:
        flat[outside] = rng.standard_normal(outside.size, dtype)
        outside = outside[np.abs(flat[outside]) > 2]
    return draws


def _real(thing, name, value, low=0.0):
    kind = type(thing).__name__
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise TypeError(f"{kind}: {name} must be a real number, got {value!r}")
    if not (math.isfinite(value) and value >= low):
        least = "finite" if low == -math.inf else f"finite and at least {low}"
        raise ValueError(f"{kind}: {name} must be {least}, got {value}")
    return float(value)


def _one_of(kind, name, value, allowed):
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in allowed:
        raise ValueError(f"{kind}: {name} must be one of {allowed}, got {value!r}")
    return lowered


__all__ = ["Initializer", "deserialize", "fans", "get", "registry", "serialize"]
__all__ += [name for name in registry.names() if name in globals()]
