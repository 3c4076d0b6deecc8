"""Means of the losses' values, as metrics."""

import math

from .. import losses
from ..naming import snake_case
from .base import MeanMetricWrapper, registry


class LossMetric(MeanMetricWrapper):
    """The mean of a loss; a subclass names the loss class.

    Parameters
    ----------
    name, dtype
        As of any metric.
    **settings
        Of the loss, such as ``from_logits``.
    """

    loss_class: type = losses.Loss

    def __init__(self, name=None, dtype=None, **settings):
        loss = self.loss_class(**settings)
        super().__init__(loss.call, name or snake_case(type(self).__name__), dtype)
        for key, value in settings.items():
            setattr(self, key, value)
        self._arguments = settings

    def get_config(self):
        """Name, dtype and the loss' settings."""
        return {"name": self.name, "dtype": self.dtype, **self._arguments}


@registry.register("mse", "MSE")
class MeanSquaredError(LossMetric):
    """Mean of :func:`minicnn.losses.mean_squared_error`."""

    loss_class = losses.MeanSquaredError


@registry.register("rmse", "RMSE")
class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean squared error of all batches."""

    def result(self):
        return math.sqrt(super().result())


@registry.register("mae", "MAE")
class MeanAbsoluteError(LossMetric):
    """Mean of :func:`minicnn.losses.mean_absolute_error`."""

    loss_class = losses.MeanAbsoluteError


@registry.register("mape", "MAPE")
class MeanAbsolutePercentageError(LossMetric):
    """Mean of :func:`minicnn.losses.mean_absolute_percentage_error`."""

    loss_class = losses.MeanAbsolutePercentageError


@registry.register("msle", "MSLE")
class MeanSquaredLogarithmicError(LossMetric):
    """Mean of :func:`minicnn.losses.mean_squared_logarithmic_error`."""

    loss_class = losses.MeanSquaredLogarithmicError


@registry.register("logcosh", "log_cosh")
class LogCoshError(LossMetric):
    """Mean of :func:`minicnn.losses.log_cosh`, logged as ``logcosh``."""

    loss_class = losses.LogCosh

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(name, dtype)


@registry.register("bce", "BCE")
class BinaryCrossentropy(LossMetric):
    """Mean of :func:`minicnn.losses.binary_crossentropy`."""

    loss_class = losses.BinaryCrossentropy


@registry.register()
class CategoricalCrossentropy(LossMetric):
    """Mean of :func:`minicnn.losses.categorical_crossentropy`."""

    loss_class = losses.CategoricalCrossentropy


@registry.register()
class SparseCategoricalCrossentropy(LossMetric):
    """Mean of :func:`minicnn.losses.sparse_categorical_crossentropy`."""

    loss_class = losses.SparseCategoricalCrossentropy


@registry.register("kld", "KLD", "kl_divergence", "kullback_leibler_divergence")
class KLDivergence(LossMetric):
    """Mean of :func:`minicnn.losses.kl_divergence`."""

    loss_class = losses.KLDivergence


@registry.register()
class Poisson(LossMetric):
    """Mean of :func:`minicnn.losses.poisson`."""

    loss_class = losses.Poisson


@registry.register()
class Hinge(LossMetric):
    """Mean of :func:`minicnn.losses.hinge`."""

    loss_class = losses.Hinge


@registry.register()
class SquaredHinge(LossMetric):
    """Mean of :func:`minicnn.losses.squared_hinge`."""

    loss_class = losses.SquaredHinge


@registry.register()
class CategoricalHinge(LossMetric):
    """Mean of :func:`minicnn.losses.categorical_hinge`."""

    loss_class = losses.CategoricalHinge


@registry.register()
class CosineSimilarity(LossMetric):
    """Mean cosine of the angle between targets and predictions (1 where they point alike)."""

    loss_class = losses.CosineSimilarity

    def result(self):
        return -super().result()
