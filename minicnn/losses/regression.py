"""Losses of numbers: squared, absolute and relative errors, and what lies between."""

import numpy as np

from minicnn_kernels import memory
from minicnn_kernels.contracts import arrays

from ..config import epsilon
from .base import Loss, function_of, registry


class Elementwise(Loss):
    """A mean over the last axis of one term an element.

    A subclass writes :meth:`terms` and their derivative :meth:`slopes`.
    """

    def terms(self, y_true, y_pred):
        """One term an element."""
        raise TypeError(f"{self.label}: must define terms(y_true, y_pred)")

    def slopes(self, y_true, y_pred):
        """Derivative of each term by its prediction."""
        raise TypeError(f"{self.label}: must define slopes(y_true, y_pred)")

    def values(self, y_true, y_pred):
        return self.terms(y_true, y_pred).mean(axis=-1), (y_true, y_pred)

    def gradient(self, cache, scale):
        slopes = self.slopes(*cache)
        slopes *= scale[..., None] / slopes.dtype.type(max(slopes.shape[-1], 1))
        return slopes


@registry.register("mse", "MSE")
class MeanSquaredError(Loss):
    """``mean((y_pred - y_true)^2)``."""

    def values(self, y_true, y_pred):
        error = memory.empty(y_pred.shape, y_pred.dtype)  # pooled: outputs may be whole images
        np.subtract(y_pred, y_true, out=error)
        return np.einsum("...i,...i->...", error, error) / error.dtype.type(
            max(error.shape[-1], 1)
        ), error

    def gradient(self, cache, scale):
        factor = scale[..., None] * scale.dtype.type(2 / max(cache.shape[-1], 1))
        return np.multiply(cache, factor, out=memory.empty(cache.shape, cache.dtype))


@registry.register("mae", "MAE")
class MeanAbsoluteError(Elementwise):
    """``mean(|y_pred - y_true|)``."""

    def terms(self, y_true, y_pred):
        return np.abs(y_pred - y_true)

    def slopes(self, y_true, y_pred):
        return np.sign(y_pred - y_true)


@registry.register("mape", "MAPE")
class MeanAbsolutePercentageError(Elementwise):
    """``100 mean(|y_pred - y_true| / max(|y_true|, epsilon))``."""

    def terms(self, y_true, y_pred):
        return 100 * np.abs((y_pred - y_true) / _at_least_epsilon(np.abs(y_true)))

    def slopes(self, y_true, y_pred):
        return 100 * np.sign(y_pred - y_true) / _at_least_epsilon(np.abs(y_true))


@registry.register("msle", "MSLE")
class MeanSquaredLogarithmicError(Elementwise):
    """``mean((log(1 + y_pred) - log(1 + y_true))^2)``, both at least epsilon."""

    def terms(self, y_true, y_pred):
        return np.square(self._error(y_true, y_pred))

    def slopes(self, y_true, y_pred):
        inside = y_pred >= y_pred.dtype.type(epsilon())
        return 2 * self._error(y_true, y_pred) / (1 + _at_least_epsilon(y_pred)) * inside

    def _error(self, y_true, y_pred):
        return np.log1p(_at_least_epsilon(y_pred)) - np.log1p(_at_least_epsilon(y_true))


@registry.register("huber_loss")
class Huber(Elementwise):
    """``e^2 / 2`` up to ``|e| = delta``, a line of that slope beyond.

    Parameters
    ----------
    delta : float
    **settings
        ``reduction`` and ``name``.
    """

    def __init__(self, delta=1.0, **settings):
        super().__init__(**settings)
        self.delta = arrays.number("Huber", "delta", delta, 0)

    def terms(self, y_true, y_pred):
        error = np.abs(y_pred - y_true)
        delta = error.dtype.type(self.delta)
        return np.where(error <= delta, error * error / 2, delta * error - delta * delta / 2)

    def slopes(self, y_true, y_pred):
        return np.clip(y_pred - y_true, -self.delta, self.delta)


@registry.register("logcosh")
class LogCosh(Elementwise):
    """``mean(log(cosh(y_pred - y_true)))``."""

    def terms(self, y_true, y_pred):
        error = np.abs(y_pred - y_true)  # even, and so the exponential cannot overflow
        return error + np.log1p(np.exp(-2 * error)) - error.dtype.type(np.log(2))

    def slopes(self, y_true, y_pred):
        return np.tanh(y_pred - y_true)


@registry.register()
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between ``y_true`` and ``y_pred``: -1 where they point alike.

    Parameters
    ----------
    axis : int
        Along which the vectors lie.
    **settings
        ``reduction`` and ``name``.
    """

    def __init__(self, axis=-1, **settings):
        super().__init__(**settings)
        self.axis = axis

    def values(self, y_true, y_pred):
        target, _ = self._unit(y_true)
        unit, norm = self._unit(y_pred)
        values = -np.sum(target * unit, axis=self.axis)
        return values, (target, unit, norm, values)

    def gradient(self, cache, scale):
        target, unit, norm, values = cache
        # Only what is perpendicular to the prediction changes the angle.
        along = np.expand_dims(values, self.axis) * unit
        return -(target + along) / norm * np.expand_dims(scale, self.axis)

    def _unit(self, y):
        norm = np.sqrt(np.sum(y * y, axis=self.axis, keepdims=True))
        norm = np.maximum(norm, norm.dtype.type(epsilon()))
        return y / norm, norm


def _at_least_epsilon(y):
    return np.maximum(y, y.dtype.type(epsilon()))


mean_squared_error = mse = MSE = function_of(MeanSquaredError)
mean_absolute_error = mae = MAE = function_of(MeanAbsoluteError)
mean_absolute_percentage_error = mape = MAPE = function_of(MeanAbsolutePercentageError)
mean_squared_logarithmic_error = msle = MSLE = function_of(MeanSquaredLogarithmicError)
huber = function_of(Huber)
log_cosh = logcosh = function_of(LogCosh)
cosine_similarity = function_of(CosineSimilarity)
