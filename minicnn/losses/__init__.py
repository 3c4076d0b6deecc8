"""Losses under Keras' names, as classes, as functions and as strings; gradients by hand."""

# ruff: noqa: F401 - the imports are this module's public names

from ..registry import deserializer, serialize
from .base import FunctionLoss, Loss, registry
from .crossentropy import (
    BCE,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    bce,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from .divergence import (
    KLD,
    KLDivergence,
    Poisson,
    kl_divergence,
    kld,
    kullback_leibler_divergence,
    poisson,
)
from .hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from .map_criterion import MAPCriterion, map_criterion
from .regression import (
    MAE,
    MAPE,
    MSE,
    MSLE,
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    logcosh,
    mae,
    mape,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    msle,
)


def get(identifier):
    """The loss that a name, class, configuration, function or object means.

    Parameters
    ----------
    identifier : None, str, dict, class, callable or Loss
        A function is one of this module, or your own ``(y_true, y_pred) -> (values, gradient)``.

    Raises
    ------
    ValueError
        For an unknown name.
    TypeError
        For what is no loss at all, or a subclass of :class:`Loss` without a gradient.
    """
    loss = registry.get(getattr(identifier, "loss_class", identifier))
    if loss is None:
        return None
    if isinstance(loss, Loss):
        if type(loss).gradient is Loss.gradient:
            raise TypeError(
                f"{loss.label}: must define values(y_true, y_pred) and gradient(cache, scale); "
                "no tape can derive the gradient"
            )
        return loss
    if callable(loss):
        return FunctionLoss(loss)
    raise TypeError(f"loss: must be a name, a function or a Loss, got {loss!r}")


deserialize = deserializer(get)
