"""How often the nearest class is the right one, for networks whose outputs are distances."""

import numpy as np

from .accuracy import sparse_categorical_accuracy
from .base import MeanMetricWrapper, registry


def nearest_accuracy(y_true, y_pred):
    """1 where the smallest prediction stands at the class number, else 0."""
    return sparse_categorical_accuracy(y_true, -np.asarray(y_pred))


@registry.register()
class NearestAccuracy(MeanMetricWrapper):
    """Mean of :func:`nearest_accuracy`."""

    def __init__(self, name="nearest_accuracy", dtype=None):
        super().__init__(nearest_accuracy, name, dtype)
