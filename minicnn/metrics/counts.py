"""Metrics from counts of right and wrong positives and negatives, at one or many thresholds."""

import numpy as np

from ..losses.reduction import align
from .base import Metric, registry


class Counts(Metric):
    """True and false positives and negatives at fixed thresholds.

    Parameters
    ----------
    thresholds : float or list of float, optional
        A prediction above is positive. Default 0.5, or minus infinity with ``top_k``.
    top_k : int, optional
        Only the ``k`` largest predictions of a row can be positive.
    class_id : int, optional
        Only this entry of the last axis counts.
    name, dtype
        As of any metric.
    """

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        self.thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        default = 0.5 if top_k is None else -np.inf
        self._limits = np.atleast_1d(
            np.asarray(default if thresholds is None else thresholds, np.float64)
        )
        if thresholds is not None and not np.all((self._limits >= 0) & (self._limits <= 1)):
            raise ValueError(
                f"{type(self).__name__}: thresholds must be in [0, 1], got {thresholds!r}"
            )
        super().__init__(name, dtype)

    def reset_state(self):
        self.true_positives = np.zeros(len(self._limits))
        self.false_positives = np.zeros(len(self._limits))
        self.positives = 0.0
        self.negatives = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = align(np.asarray(y_true), np.asarray(y_pred))
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{type(self).__name__}: y_true must have the shape of y_pred {y_pred.shape}, "
                f"got {y_true.shape}"
            )
        if self.top_k is not None:
            y_pred = _only_top(y_pred, self.top_k)
        weights = np.ones(y_pred.shape) if sample_weight is None else _spread(sample_weight, y_pred)
        if self.class_id is not None:
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
            weights = weights[..., self.class_id]
        self._count(y_true.reshape(-1) != 0, y_pred.reshape(-1), weights.reshape(-1))

    def _count(self, truth, y_pred, weights):
        for index, limit in enumerate(self._limits):
            positive = y_pred > limit
            self.true_positives[index] += weights[positive & truth].sum()
            self.false_positives[index] += weights[positive & ~truth].sum()
        self.positives += weights[truth].sum()
        self.negatives += weights[~truth].sum()

    def _told(self, values):
        """A float for one threshold, an array for a list of them."""
        return values if isinstance(self.thresholds, (list, tuple)) else float(values[0])


@registry.register()
class Precision(Counts):
    """Share of true ones among the predicted positives."""

    def result(self):
        return self._told(ratio(self.true_positives, self.true_positives + self.false_positives))


@registry.register()
class Recall(Counts):
    """Share of the true ones that are predicted positive."""

    def result(self):
        return self._told(ratio(self.true_positives, self.positives))


class _Count(Counts):
    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(thresholds, name=name, dtype=dtype)


@registry.register()
class TruePositives(_Count):
    """Number of positives predicted positive."""

    def result(self):
        return self._told(self.true_positives)


@registry.register()
class FalsePositives(_Count):
    """Number of negatives predicted positive."""

    def result(self):
        return self._told(self.false_positives)


@registry.register()
class TrueNegatives(_Count):
    """Number of negatives predicted negative."""

    def result(self):
        return self._told(self.negatives - self.false_positives)


@registry.register()
class FalseNegatives(_Count):
    """Number of positives predicted negative."""

    def result(self):
        return self._told(self.positives - self.true_positives)


def ratio(a, b):
    """``a / b``, and 0 where ``b`` is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def _only_top(y_pred, k):
    order = np.argsort(-y_pred, axis=-1, kind="stable")[..., :k]
    kept = np.full(y_pred.shape, -np.inf)
    np.put_along_axis(kept, order, np.take_along_axis(y_pred, order, axis=-1), axis=-1)
    return kept


def _spread(sample_weight, y_pred):
    weights = np.asarray(sample_weight, np.float64)
    if weights.ndim == y_pred.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    weights = weights.reshape(weights.shape + (1,) * (y_pred.ndim - weights.ndim))
    return np.broadcast_to(weights, y_pred.shape)
