"""Projections of weights, applied after each update: ``constraint(w)`` is the array allowed."""

import math
from numbers import Real

import numpy as np

from .config import epsilon
from .registry import Configurable, Registry, deserializer, serialize

registry = Registry("constraint")


class Constraint(Configurable):
    """Base of all constraints."""

    def __call__(self, w):
        """What ``w`` becomes; ``w`` itself is not changed."""
        return w


@registry.register("nonneg")
class NonNeg(Constraint):
    """Negative weights become 0."""

    def __call__(self, w):
        return np.maximum(w, 0)


class _Norm(Constraint):
    def norms(self, w):
        """Euclidean norms along ``axis``, kept as axes of length 1."""
        axes = self.axis if self.axis is None or isinstance(self.axis, int) else tuple(self.axis)
        return np.sqrt(np.sum(np.square(w), axis=axes, keepdims=True))

    def rescaled(self, w, norms, desired):
        """``w`` with norms ``desired`` instead of ``norms``."""
        return w * (desired / (norms + w.dtype.type(epsilon())))


@registry.register("maxnorm")
class MaxNorm(_Norm):
    """Norms along ``axis`` of at most ``max_value``.

    Parameters
    ----------
    max_value : float
    axis : int or sequence of int
        ``0`` for a ``Dense`` kernel, ``[0, 1, 2]`` for each filter of a ``Conv2D``.
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value = _number(self, "max_value", max_value, 0)
        self.axis = _axis(self, axis)

    def __call__(self, w):
        norms = self.norms(w)
        return self.rescaled(w, norms, np.minimum(norms, w.dtype.type(self.max_value)))


@registry.register("unitnorm")
class UnitNorm(_Norm):
    """Norms along ``axis`` of 1."""

    def __init__(self, axis=0):
        self.axis = _axis(self, axis)

    def __call__(self, w):
        return self.rescaled(w, self.norms(w), w.dtype.type(1))


@registry.register()
class MinMaxNorm(_Norm):
    """Norms along ``axis`` between ``min_value`` and ``max_value``.

    Parameters
    ----------
    min_value, max_value : float
    rate : float
        1 enforces it at once; less moves the norm that part of the way in each step.
    axis : int or sequence of int
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = _number(self, "min_value", min_value, 0)
        self.max_value = _number(self, "max_value", max_value, self.min_value)
        self.rate = _number(self, "rate", rate, 0)
        self.axis = _axis(self, axis)

    def __call__(self, w):
        norms = self.norms(w)
        rate = w.dtype.type(self.rate)
        clipped = np.clip(norms, w.dtype.type(self.min_value), w.dtype.type(self.max_value))
        return self.rescaled(w, norms, rate * clipped + (1 - rate) * norms)


# Keras' second spelling of each.
non_neg, max_norm, unit_norm, min_max_norm = NonNeg, MaxNorm, UnitNorm, MinMaxNorm
# And those of Keras 1, which Keras 2 kept.
nonneg, maxnorm, unitnorm = NonNeg, MaxNorm, UnitNorm


def get(identifier):
    """The constraint that a name, class, configuration or callable means."""
    found = registry.get(identifier)
    if found is not None and not callable(found):
        raise TypeError(f"constraint: must be a name or a callable, got {identifier!r}")
    return found


deserialize = deserializer(get)


def _number(thing, name, value, low):
    kind = type(thing).__name__
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise TypeError(f"{kind}: {name} must be a number, got {value!r}")
    if not (math.isfinite(value) and value >= low):
        raise ValueError(f"{kind}: {name} must be finite and at least {low}, got {value}")
    return value


def _axis(thing, axis):
    axes = axis if isinstance(axis, (list, tuple)) else (axis,)
    if any(isinstance(a, bool) or not isinstance(a, (int, np.integer)) for a in axes):
        raise TypeError(f"{type(thing).__name__}: axis must be integers, got {axis!r}")
    return axis


__all__ = ["Constraint", "deserialize", "get", "registry", "serialize"]
__all__ += [name for name in registry.names() if name in globals()]
