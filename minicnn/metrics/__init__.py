"""Metrics under Keras' names, as classes, as functions and as strings."""

# ruff: noqa: F401 - the imports are this module's public names

from ..losses import (
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    mae,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    sparse_categorical_crossentropy,
)
from ..registry import deserializer, serialize
from .accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    of_shapes,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .auc import AUC
from .base import Mean, MeanMetricWrapper, Metric, Sum, registry
from .counts import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from .errors import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from .iou import IoU, MeanIoU
from .nearest import NearestAccuracy, nearest_accuracy
from .variable import Variable


def get(identifier):
    """The metric that a name, class, configuration, function or object means.

    Parameters
    ----------
    identifier : None, str, dict, class, callable or Metric
        A function is ``(y_true, y_pred) -> values``; its mean is logged under its name.

    Raises
    ------
    ValueError
        For an unknown name.
    TypeError
        For what is no metric at all.
    """
    metric = registry.get(identifier)
    if metric is None or isinstance(metric, Metric):
        return metric
    if callable(metric):
        return MeanMetricWrapper(metric)
    raise TypeError(f"metric: must be a name, a function or a Metric, got {metric!r}")


deserialize = deserializer(get)
