"""Draws whose variance follows from the shape: Glorot's, LeCun's and He's."""

import math

from .base import real, registry
from .draws import Random, scaled, truncated

# Standard deviation of a unit normal cut off at two of them: truncated draws are divided by it.
_TRUNCATED_STDDEV = 0.87962566103423978


@registry.register()
class VarianceScaling(Random):
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
        self.scale = real(self, "scale", scale)
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
            return scaled(rng.random(shape, dtype), 2 * limit, -limit)
        if self.distribution == "untruncated_normal":
            return scaled(rng.standard_normal(shape, dtype), stddev, 0)
        return scaled(truncated(rng, shape, dtype), stddev / _TRUNCATED_STDDEV, 0)


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


def _one_of(kind, name, value, allowed):
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in allowed:
        raise ValueError(f"{kind}: {name} must be one of {allowed}, got {value!r}")
    return lowered
