"""Hinge losses: nothing to gain beyond a margin of 1."""

import numpy as np

from .base import Loss, function_of, registry
from .regression import Elementwise


@registry.register()
class Hinge(Elementwise):
    """``mean(max(1 - y_true * y_pred, 0))``; targets are -1 and 1, or all 0 and 1."""

    def terms(self, y_true, y_pred):
        return np.maximum(1 - _signs(y_true) * y_pred, 0)

    def slopes(self, y_true, y_pred):
        signs = _signs(y_true)
        return -signs * (signs * y_pred <= 1)


@registry.register()
class SquaredHinge(Elementwise):
    """``mean(max(1 - y_true * y_pred, 0)^2)``; targets are -1 and 1, or all 0 and 1."""

    def terms(self, y_true, y_pred):
        return np.square(np.maximum(1 - _signs(y_true) * y_pred, 0))

    def slopes(self, y_true, y_pred):
        signs = _signs(y_true)
        return -2 * signs * np.maximum(1 - signs * y_pred, 0)


@registry.register()
class CategoricalHinge(Loss):
    """``max(1 + best wrong score - right score, 0)``; ``y_true`` is one-hot."""

    def values(self, y_true, y_pred):
        right = np.sum(y_true * y_pred, axis=-1)
        others = (1 - y_true) * y_pred
        wrong = np.max(others, axis=-1)
        margin = wrong - right + 1
        return np.maximum(margin, 0), (y_true, others == wrong[..., None], margin >= 0)

    def gradient(self, cache, scale):
        y_true, best, active = cache
        share = best / np.sum(best, axis=-1, keepdims=True, dtype=y_true.dtype)  # ties share
        return (share * (1 - y_true) - y_true) * (scale * active)[..., None]


def _signs(y_true):
    binary = np.all((y_true == 0) | (y_true == 1))
    return 2 * y_true - 1 if binary else y_true


hinge = function_of(Hinge)
squared_hinge = function_of(SquaredHinge)
categorical_hinge = function_of(CategoricalHinge)
