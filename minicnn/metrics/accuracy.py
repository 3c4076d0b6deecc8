"""How often the prediction is right."""

import numpy as np

from minicnn_kernels.contracts import arrays

from ..losses.reduction import align
from .base import MeanMetricWrapper, registry


def _aligned(op, y_true, y_pred):
    """Both as arrays of shapes that can be compared."""
    y_true, y_pred = align(np.asarray(y_true), np.asarray(y_pred))
    try:
        np.broadcast_shapes(y_true.shape, y_pred.shape)
    except ValueError:
        raise ValueError(
            f"{op}: y_true must have the shape of y_pred {y_pred.shape}, got {y_true.shape}"
        ) from None
    return y_true, y_pred


def accuracy(y_true, y_pred):
    """1 where ``y_pred`` equals ``y_true``, else 0."""
    y_true, y_pred = _aligned("accuracy", y_true, y_pred)
    return np.equal(y_true, y_pred).astype(np.float64)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """Share of the last axis where ``y_pred > threshold`` equals ``y_true``."""
    y_true, y_pred = _aligned("binary_accuracy", y_true, y_pred)
    return np.equal(y_true, y_pred > threshold).mean(axis=-1)


def categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction stands at the largest target, else 0."""
    return np.equal(np.argmax(y_true, axis=-1), np.argmax(y_pred, axis=-1)).astype(np.float64)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction stands at the class number, else 0."""
    return np.equal(_labels(y_true, y_pred), np.argmax(y_pred, axis=-1)).astype(np.float64)


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class of the largest target is among the ``k`` largest predictions, else 0."""
    return sparse_top_k_categorical_accuracy(np.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class number is among the ``k`` largest predictions, else 0."""
    y_pred = np.asarray(y_pred)
    labels = _labels(y_true, y_pred).astype(np.int64)
    right = np.take_along_axis(y_pred, labels[..., None], axis=-1)
    better = np.count_nonzero(y_pred > right, axis=-1)  # ties count for us, as in TensorFlow
    return ((better < k) & np.isfinite(right[..., 0])).astype(np.float64)


def _labels(y_true, y_pred):
    y_true = np.asarray(y_true)
    spare = y_true.ndim == np.ndim(y_pred) and y_true.shape[-1] == 1
    return y_true[..., 0] if spare else y_true


@registry.register()
class Accuracy(MeanMetricWrapper):
    """Mean of :func:`accuracy`."""

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


@registry.register()
class BinaryAccuracy(MeanMetricWrapper):
    """Mean of :func:`binary_accuracy`."""

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


@registry.register()
class CategoricalAccuracy(MeanMetricWrapper):
    """Mean of :func:`categorical_accuracy`."""

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


@registry.register()
class SparseCategoricalAccuracy(MeanMetricWrapper):
    """Mean of :func:`sparse_categorical_accuracy`."""

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


@registry.register()
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """Mean of :func:`top_k_categorical_accuracy`."""

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        k = arrays.integer("TopKCategoricalAccuracy", "k", k, 1)
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


@registry.register()
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """Mean of :func:`sparse_top_k_categorical_accuracy`."""

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None):
        k = arrays.integer("SparseTopKCategoricalAccuracy", "k", k, 1)
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


def of_shapes(y_true_shape, y_pred_shape, name):
    """The accuracy that ``"accuracy"`` means for these shapes, as Keras picks it."""
    if y_pred_shape[-1] == 1:
        return BinaryAccuracy(name)
    is_sparse = len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1
    return SparseCategoricalAccuracy(name) if is_sparse else CategoricalAccuracy(name)
