"""Distances between distributions: Kullback-Leibler and Poisson."""

import numpy as np

from ..config import epsilon
from .base import Loss, function_of, registry
from .regression import Elementwise


@registry.register("kld", "KLD", "kl_divergence", "kullback_leibler_divergence")
class KLDivergence(Loss):
    """``sum(y_true * log(y_true / y_pred))`` over the last axis, both clipped to [epsilon, 1]."""

    def values(self, y_true, y_pred):
        small = y_pred.dtype.type(epsilon())
        target, p = np.clip(y_true, small, 1), np.clip(y_pred, small, 1)
        slopes = -target / p * (p == y_pred)
        return np.sum(target * np.log(target / p), axis=-1), slopes

    def gradient(self, cache, scale):
        return cache * scale[..., None]


@registry.register()
class Poisson(Elementwise):
    """``mean(y_pred - y_true * log(y_pred + epsilon))``."""

    def terms(self, y_true, y_pred):
        return y_pred - y_true * np.log(y_pred + y_pred.dtype.type(epsilon()))

    def slopes(self, y_true, y_pred):
        return 1 - y_true / (y_pred + y_pred.dtype.type(epsilon()))


kl_divergence = kld = KLD = kullback_leibler_divergence = function_of(KLDivergence)
poisson = function_of(Poisson)
