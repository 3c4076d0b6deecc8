"""Penalties on weights or activities: ``regularizer(w)`` is the value, ``gradient(w)`` its slope.

The trainer adds the gradient to that of the weight; there is no tape that could find it.
"""

import math
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real

import numpy as np

from .registry import Configurable, Registry, deserializer, serialize

registry = Registry("regularizer")


class Regularizer(Configurable):
    """Base of all regularizers; a subclass defines ``__call__(w)`` and ``gradient(w)``."""

    def __call__(self, w):
        """The penalty, a float."""
        return 0.0

    def gradient(self, w):
        """Gradient of the penalty, an array like ``w``."""
        raise TypeError(f"{type(self).__name__}: must define gradient(w), no tape can derive it")


@registry.register()
class L1L2(Regularizer):
    """``l1 * sum |w| + l2 * sum w^2``."""

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _factor(self, "l1", l1, 0.0)
        self.l2 = _factor(self, "l2", l2, 0.0)

    def __call__(self, w):
        w = np.asarray(w)
        penalty = 0.0
        if self.l1:
            penalty += self.l1 * float(np.sum(np.abs(w), dtype=np.float64))
        if self.l2:
            penalty += self.l2 * float(np.sum(np.square(w), dtype=np.float64))
        return penalty

    def gradient(self, w):
        gradient = w * w.dtype.type(2 * self.l2)
        if self.l1:
            gradient += np.sign(w) * w.dtype.type(self.l1)
        return gradient


@registry.register()
class L1(L1L2):
    """``l1 * sum |w|``."""

    def __init__(self, l1=0.01):
        super().__init__(l1=_factor(self, "l1", l1, 0.01))


@registry.register()
class L2(L1L2):
    """``l2 * sum w^2``."""

    def __init__(self, l2=0.01):
        super().__init__(l2=_factor(self, "l2", l2, 0.01))


@registry.register()
class OrthogonalRegularizer(Regularizer):
    """``factor`` times the mean absolute cosine between the rows (or columns) of a matrix.

    Parameters
    ----------
    factor : float
    mode : {"rows", "columns"}
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = _factor(self, "factor", factor, 0.01)
        if mode not in ("rows", "columns"):
            raise ValueError(
                f"OrthogonalRegularizer: mode must be 'rows' or 'columns', got {mode!r}"
            )
        self.mode = mode

    def __call__(self, w):
        _, _, cosines, pairs = self._cosines(np.asarray(w))
        return self.factor * 0.5 * float(np.sum(np.abs(cosines))) / pairs

    def gradient(self, w):
        unit, norms, cosines, pairs = self._cosines(w)
        slope = np.sign(cosines) @ unit * w.dtype.type(self.factor / pairs)
        # Through the normalization only what is perpendicular to a row passes.
        slope -= unit * np.sum(slope * unit, axis=1, keepdims=True)
        slope /= norms
        return slope if self.mode == "rows" else np.ascontiguousarray(slope.T)

    def _cosines(self, w):
        if w.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer: w must have 2 axes, got shape {w.shape}")
        rows = w if self.mode == "rows" else w.T
        norms = np.maximum(np.sqrt(np.sum(rows * rows, axis=1, keepdims=True)), 1e-12)
        unit = rows / norms
        cosines = unit @ unit.T
        np.fill_diagonal(cosines, 0)
        return unit, norms, cosines, max(len(rows) * (len(rows) - 1) / 2, 1)


# Keras' second spelling of each.
l1, l2, orthogonal_regularizer = L1, L2, OrthogonalRegularizer


def l1_l2(l1=0.01, l2=0.01):
    """An :class:`L1L2` whose factors are not 0 by default, as ``tf.keras`` has it."""
    return L1L2(l1=l1, l2=l2)


_activity: ContextVar[list | None] = ContextVar("minicnn_activity_penalties", default=None)


@contextmanager
def activity_penalties():
    """Collect the penalties that activity regularizers give inside a ``with`` block.

    Yields a list to which each forward pass of such a layer adds a float, already divided by the
    batch size. Nothing is kept on layers, so passes in several threads do not meet.
    """
    penalties: list[float] = []
    token = _activity.set(penalties)
    try:
        yield penalties
    finally:
        _activity.reset(token)


def report_activity(penalty):
    """Add ``penalty`` to the list of the surrounding :func:`activity_penalties`, if any."""
    penalties = _activity.get()
    if penalties is not None:
        penalties.append(penalty)


def get(identifier):
    """The regularizer that a name, class, configuration or object means."""
    if identifier == "l1_l2":
        return l1_l2()
    found = registry.get(identifier)
    if found is not None and not (callable(found) and hasattr(found, "gradient")):
        raise TypeError(
            f"regularizer: must be a name or an object with __call__(w) and gradient(w), "
            f"got {identifier!r}"
        )
    return found


deserialize = deserializer(get)


def _factor(thing, name, value, default):
    value = default if value is None else value
    kind = type(thing).__name__
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise TypeError(f"{kind}: {name} must be a number, got {value!r}")
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{kind}: {name} must be finite and not negative, got {value}")
    return float(value)


__all__ = ["Regularizer", "activity_penalties", "deserialize", "get", "l1_l2", "registry"]
__all__ += ["report_activity", "serialize"]
__all__ += [name for name in registry.names() if name in globals()]
