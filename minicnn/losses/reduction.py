"""From one value a sample to one number: means, sums, weights and masks, as Keras has them."""

from functools import lru_cache

import numpy as np

_SCALED = ("sum_over_batch_size", "mean", "auto")
REDUCTIONS = (*_SCALED, "mean_with_sample_weight", "sum", "none", None)


def reduce(values, sample_weight, reduction):
    """``(number, scale)``: the reduced loss, and its derivative by each value.

    Raises
    ------
    ValueError
        If there is no reduction, or the weights do not fit the values.
    """
    if reduction in (None, "none"):
        raise ValueError("loss: reduction 'none' leaves no single number to train on")
    count = values.size
    if sample_weight is None:
        factor = 1.0 if reduction == "sum" or not count else 1.0 / count
        return float(np.add.reduce(values, None)) * factor, _uniform(
            values.shape, values.dtype, factor
        )
    weights = spread(sample_weight, values)
    if reduction == "mean_with_sample_weight":
        count = float(np.sum(sample_weight))  # as given, before it is spread
    factor = 1.0 if reduction == "sum" else 1.0 / count if count else 0.0
    scale = weights * weights.dtype.type(factor)
    return float(np.sum(values * weights)) * factor, scale


@lru_cache(maxsize=64)
def _uniform(shape, dtype, factor):
    return np.full(shape, factor, dtype)


def spread(sample_weight, values):
    """Weights as an array of the shape of ``values``: one a sample counts for all its values."""
    weights = np.asarray(sample_weight, values.dtype)
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    if weights.shape != values.shape[: weights.ndim]:
        raise ValueError(
            f"loss: sample_weight must have shape {values.shape} or its first axes, "
            f"got {np.shape(sample_weight)}"
        )
    weights = weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
    return np.broadcast_to(weights, values.shape)


def align(y_true, y_pred):
    """Both with one rank, where they differ by a last axis of length 1 (as Keras does it)."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        if y_pred.ndim == 1:
            return y_true, y_pred[:, None]
        return y_true[..., 0], y_pred
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        if y_true.ndim == 1:
            return y_true[:, None], y_pred
        return y_true, y_pred[..., 0]
    return y_true, y_pred


def masked(sample_weight, mask, values, reduction):
    """The weights with zeros where ``mask`` is false.

    Where the divisor is the number of values, those that are left count for those that are not.
    """
    share = 1.0
    if reduction in _SCALED:
        share = mask.size / max(np.count_nonzero(mask), 1)
    weights = mask.reshape(values.shape) * values.dtype.type(share)
    return weights if sample_weight is None else weights * spread(sample_weight, values)
