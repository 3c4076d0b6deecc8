"""Area under the ROC or precision-recall curve, as Keras approximates it by thresholds."""

import numpy as np

from ..losses.reduction import align
from .base import Metric, registry
from .counts import ratio

_EPSILON = 1e-7  # Keras' fixed margin around [0, 1]


@registry.register()
class AUC(Metric):
    """Area under a curve of (false positive rate, recall) or of (recall, precision).

    Parameters
    ----------
    num_thresholds : int
        Points of the curve.
    curve : {"ROC", "PR"}
    summation_method : {"interpolation", "minoring", "majoring"}
        Trapezoids, or rectangles below or above the curve; for "PR" the interpolation is that of
        Davis and Goadrich, *The relationship between precision-recall and ROC curves*.
    name, dtype
        As of any metric.
    thresholds : list of float, optional
        In place of ``num_thresholds`` even ones.
    multi_label : bool
        One area for each entry of the last axis, averaged.
    label_weights : list of float, optional
        Of that average.
    from_logits : bool
        Predictions have not passed a sigmoid yet.
    """

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        label_weights=None,
        from_logits=False,
    ):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"AUC: curve must be 'ROC' or 'PR', got {curve!r}")
        if summation_method not in ("interpolation", "minoring", "majoring"):
            raise ValueError(
                "AUC: summation_method must be 'interpolation', 'minoring' or 'majoring', "
                f"got {summation_method!r}"
            )
        if thresholds is None and num_thresholds < 2:
            raise ValueError(f"AUC: num_thresholds must be at least 2, got {num_thresholds}")
        self.num_thresholds, self.curve = num_thresholds, curve
        self.summation_method, self.thresholds = summation_method, thresholds
        self.multi_label, self.label_weights = bool(multi_label), label_weights
        self.from_logits = bool(from_logits)
        inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
        if thresholds is not None:
            inner = np.sort(np.asarray(thresholds, np.float64))
        self._limits = np.concatenate([[-_EPSILON], inner, [1 + _EPSILON]])
        super().__init__(name, dtype)

    def reset_state(self):
        # Histograms of how many thresholds lie below each prediction, [label, bin].
        self._positive = self._negative = np.zeros((1, len(self._limits) + 1))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = align(np.asarray(y_true), np.asarray(y_pred))
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"AUC: y_true must have the shape of y_pred {y_pred.shape}, got {y_true.shape}"
            )
        if self.from_logits:
            y_pred = 0.5 + 0.5 * np.tanh(0.5 * y_pred.astype(np.float64))
        elif y_pred.size and not (y_pred.min() >= 0 and y_pred.max() <= 1):
            raise ValueError(
                f"AUC: predictions must be in [0, 1], got {y_pred.min()} to {y_pred.max()}; "
                "logits need from_logits=True"
            )
        labels = y_pred.shape[-1] if self.multi_label else 1
        weights = np.ones(y_pred.shape)
        if sample_weight is not None:
            given = np.asarray(sample_weight, np.float64)
            weights *= given.reshape(given.shape + (1,) * (y_pred.ndim - given.ndim))
        bins = len(self._limits) + 1
        # Compared in float32, as predictions and Keras' thresholds are.
        limits = self._limits.astype(y_pred.dtype)
        place = np.searchsorted(limits, y_pred.reshape(-1, labels), side="left")
        place = (place + np.arange(labels) * bins).reshape(-1)
        truth, weights = y_true.reshape(-1) != 0, weights.reshape(-1)
        for name, chosen in (("_positive", truth), ("_negative", ~truth)):
            counts = np.bincount(place, weights * chosen, labels * bins).reshape(labels, bins)
            setattr(self, name, getattr(self, name) + counts)

    def result(self):
        # Positive at threshold i are those with more than i thresholds below them.
        tp, fp = (np.cumsum(h[:, ::-1], axis=1)[:, ::-1][:, 1:] for h in self._histograms())
        fn = self._positive.sum(axis=1, keepdims=True) - tp
        tn = self._negative.sum(axis=1, keepdims=True) - fp
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = _interpolated_precision(tp, fp, fn)
        else:
            recall = ratio(tp, tp + fn)
            x, y = recall, ratio(tp, tp + fp)
            if self.curve == "ROC":
                x, y = ratio(fp, fp + tn), recall
            areas = np.sum((x[:, :-1] - x[:, 1:]) * self._heights(y), axis=1)
        if self.label_weights is None:
            return float(areas.mean())
        weights = np.asarray(self.label_weights, np.float64)
        return float(ratio(np.sum(areas * weights), weights.sum()))

    def _histograms(self):
        return self._positive, self._negative

    def _heights(self, y):
        left, right = y[:, :-1], y[:, 1:]
        if self.summation_method == "interpolation":
            return (left + right) / 2
        return (np.minimum if self.summation_method == "minoring" else np.maximum)(left, right)


def _interpolated_precision(tp, fp, fn):
    """Between two thresholds true positives grow linearly with all positives."""
    p = tp + fp
    dtp, dp = tp[:, :-1] - tp[:, 1:], p[:, :-1] - p[:, 1:]
    slope = ratio(dtp, np.maximum(dp, 0))
    intercept = tp[:, 1:] - slope * p[:, 1:]
    both = (p[:, :-1] > 0) & (p[:, 1:] > 0)
    growth = np.where(both, ratio(p[:, :-1], p[:, 1:]), 1.0)
    total = np.maximum(tp[:, 1:] + fn[:, 1:], 0)
    return np.sum(ratio(slope * (dtp + intercept * np.log(growth)), total), axis=1)
