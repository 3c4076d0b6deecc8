"""What normalizations share: a learned scale and shift."""

import math

import numpy as np

from .. import constraints, initializers, regularizers
from .base import Layer


class ScaledLayer(Layer):
    """Base of normalizations that learn a scale ``gamma`` and a shift ``beta`` along axes.

    Parameters
    ----------
    epsilon : float
        Positive; keeps the division finite.
    center, scale : bool
        Whether there is a ``beta``, a ``gamma``.
    beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, \
beta_constraint, gamma_constraint : object or name, optional
    """

    def __init__(
        self,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.epsilon = self._number("epsilon", epsilon, math.inf)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma = self.beta = None

    def _number(self, name, value, high):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{self.label}: {name} must be a number, got {value!r}")
        if not (0 <= value <= high and math.isfinite(value)):
            raise ValueError(f"{self.label}: {name} must be in [0, {high}], got {value}")
        return float(value)

    def checked_axis(self, axis, shape):
        """``axis`` counted from the front; its length must be known and positive."""
        if not -len(shape) <= axis < len(shape) or axis % len(shape) == 0:
            raise ValueError(
                f"{self.label}: axis must name one of {len(shape)} axes but the batch's, got {axis}"
            )
        axis %= len(shape)
        if shape[axis] is None or shape[axis] < 1:
            raise ValueError(
                f"{self.label}: axis {axis} must have a known length of at least 1, "
                f"got input_shape {tuple(shape)}"
            )
        return axis

    def add_scale_and_shift(self, shape):
        """Make ``gamma`` and ``beta``, each if wanted."""
        for name, wanted in (("gamma", self.scale), ("beta", self.center)):
            if not wanted:
                continue
            weight = self.add_weight(
                name,
                shape,
                getattr(self, f"{name}_initializer"),
                regularizer=getattr(self, f"{name}_regularizer"),
                constraint=getattr(self, f"{name}_constraint"),
            )
            setattr(self, name, weight)

    def gradient_of(self, weight):
        """The array to add the gradient of ``weight`` to, ``None`` if it does not learn."""
        return weight.gradient() if self.is_learning(weight) else None
