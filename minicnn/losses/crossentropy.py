"""Cross-entropies, of probabilities and of logits.

Of logits they come with the activation built in, which is exact where the probabilities would
have rounded to 0 or 1; the trainer swaps one for the other where the last layer allows it.
"""

import numpy as np

from minicnn_kernels import backend

from ..config import epsilon
from .base import Loss, function_of, registry


@registry.register()
class CategoricalCrossentropy(Loss):
    """``-sum(y_true * log(y_pred))`` over classes; ``y_true`` holds one probability a class.

    Parameters
    ----------
    from_logits : bool
        ``y_pred`` has not passed a softmax yet.
    label_smoothing : float
        In [0, 1]: how far the targets are drawn towards ``1 / classes``.
    axis : int
        Of the classes.
    **settings
        ``reduction`` and ``name``.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, **settings):
        super().__init__(**settings)
        self.from_logits = bool(from_logits)
        self.label_smoothing = _smoothing(self, label_smoothing)
        self.axis = axis

    def check(self, y_true, shape):
        is_column = y_true.ndim == len(shape) and y_true.shape[-1] == 1 and shape[-1] != 1
        if is_column or y_true.ndim == len(shape) - 1:
            raise ValueError(
                f"{self.label}: y_true must have the output's shape {tuple(shape)}, got "
                f"{y_true.shape}; class numbers go with SparseCategoricalCrossentropy"
            )
        super().check(y_true, shape)

    def values(self, y_true, y_pred):
        targets, x = _last(y_true, self.axis), _last(y_pred, self.axis)
        if self.label_smoothing:
            rest = self.label_smoothing / x.shape[-1]
            targets = targets * targets.dtype.type(1 - self.label_smoothing) + x.dtype.type(rest)
        if self.from_logits:
            rows = _rows(x)
            values, p = backend.of(x).softmax_cross_entropy_forward(
                None, None, rows, _rows(targets)
            )
            return values.reshape(x.shape[:-1]), (p, _rows(targets), x.shape)
        total = np.sum(x, axis=-1, keepdims=True)
        q = x / total
        return -np.sum(targets * np.log(_clipped(q)), axis=-1), (q, targets, total)

    def gradient(self, cache, scale):
        if self.from_logits:
            p, targets, shape = cache
            dx = backend.of(p).softmax_cross_entropy_backward(
                None, p, targets, np.ascontiguousarray(scale.reshape(-1))
            )
            return _restored(dx.reshape(shape), self.axis)
        q, targets, total = cache
        dq = -targets / _clipped(q) * _inside(q) * scale[..., None]
        return _restored((dq - np.sum(dq * q, axis=-1, keepdims=True)) / total, self.axis)

    def from_logits_of(self, activation):
        if activation != "softmax" or self.from_logits or self.axis != -1:
            return None
        return CategoricalCrossentropy(
            True, self.label_smoothing, reduction=self.reduction, name=self.name
        )

    def predictions(self, cache):
        (p, *_), _, shape = cache
        return p.reshape(shape)


@registry.register()
class SparseCategoricalCrossentropy(Loss):
    """``-log(y_pred[label])``; ``y_true`` holds class numbers.

    Parameters
    ----------
    from_logits : bool
        ``y_pred`` has not passed a softmax yet.
    ignore_class : int, optional
        A label whose positions count neither in the sum nor in the number.
    axis : int
        Of the classes.
    **settings
        ``reduction`` and ``name``.
    """

    def __init__(self, from_logits=False, ignore_class=None, axis=-1, **settings):
        super().__init__(**settings)
        self.from_logits = bool(from_logits)
        self.ignore_class = ignore_class
        self.axis = axis

    def check(self, y_true, shape):
        """Labels must be integers of the output's shape without classes, each a class number."""
        shape = list(shape)
        classes = shape.pop(self.axis)
        given = y_true.shape[:-1] if _has_spare_axis(y_true, len(shape)) else y_true.shape
        if len(given) != len(shape) or any(w not in (None, g) for g, w in zip(given, shape)):
            hint = (
                "; one-hot rows go with CategoricalCrossentropy" if len(given) > len(shape) else ""
            )
            raise ValueError(
                f"{self.label}: y_true must have shape {tuple(shape)}, got {y_true.shape}{hint}"
            )
        if y_true.dtype.kind not in "iu":
            raise TypeError(
                f"{self.label}: labels must be integers, got {y_true.dtype}"
                + (" with NaN" if y_true.dtype.kind == "f" and np.isnan(y_true).any() else "")
            )
        self._check_range(y_true, classes)

    def _check_range(self, labels, classes):
        if not labels.size or (labels.min() >= 0 and (classes is None or labels.max() < classes)):
            return
        bad = labels < 0
        if classes is not None:
            bad |= labels >= classes
        if self.ignore_class is not None:
            bad &= labels != self.ignore_class
        places = np.argwhere(bad)
        if len(places):
            place = places[0]
            top = "" if classes is None else f"..{classes - 1}"
            raise ValueError(
                f"{self.label}: labels must be in 0{top}, got {labels[tuple(place)]} in row "
                f"{place[0]}" + (f" at {tuple(int(i) for i in place)}" if len(place) > 1 else "")
            )

    def prepare(self, y_true, y_pred):
        if _has_spare_axis(y_true, y_pred.ndim - 1):
            y_true = y_true[..., 0]
        return y_true, y_pred

    def values(self, y_true, y_pred):
        x = _last(y_pred, self.axis)
        labels = y_true.reshape(-1)
        if self.ignore_class is not None:
            labels = np.where(labels == self.ignore_class, 0, labels)
        rows = _rows(x)
        # Keras takes the logarithm of clipped probabilities for logits.
        logits = rows if self.from_logits else np.log(_clipped(rows))
        values, p = backend.of(x).sparse_softmax_cross_entropy_forward(None, None, logits, labels)
        values = values.reshape(x.shape[:-1])
        if self.ignore_class is not None:
            values = values * self.mask(y_true)
        return values, (p, labels, rows, x.shape)

    def mask(self, y_true):
        return None if self.ignore_class is None else y_true != self.ignore_class

    def gradient(self, cache, scale):
        p, labels, rows, shape = cache
        scale = np.ascontiguousarray(scale.reshape(-1))
        dx = backend.of(p).sparse_softmax_cross_entropy_backward(None, p, labels, scale)
        if not self.from_logits:
            dx *= _inside(rows) / _clipped(rows)
        return _restored(dx.reshape(shape), self.axis)

    def from_logits_of(self, activation):
        if activation != "softmax" or self.from_logits or self.axis != -1:
            return None
        return SparseCategoricalCrossentropy(
            True, self.ignore_class, reduction=self.reduction, name=self.name
        )

    def predictions(self, cache):
        (p, *_), _, shape = cache
        return p.reshape(shape)


@registry.register("bce", "BCE")
class BinaryCrossentropy(Loss):
    """``-mean(y_true log(y_pred) + (1 - y_true) log(1 - y_pred))`` over an axis.

    Parameters
    ----------
    from_logits : bool
        ``y_pred`` has not passed a sigmoid yet.
    label_smoothing : float
        In [0, 1]: how far the targets are drawn towards 1/2.
    axis : int
        Of the mean.
    **settings
        ``reduction`` and ``name``.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, **settings):
        super().__init__(**settings)
        self.from_logits = bool(from_logits)
        self.label_smoothing = _smoothing(self, label_smoothing)
        self.axis = axis

    def values(self, y_true, y_pred):
        y_true, y_pred = _last(y_true, self.axis), _last(y_pred, self.axis)
        if self.label_smoothing:
            smooth = y_pred.dtype.type(self.label_smoothing)
            y_true = y_true * (1 - smooth) + smooth / 2
        if self.from_logits:
            p = backend.of(y_pred).activation_forward(None, y_pred, "sigmoid")
            # log(1 + exp(-|x|)) cannot overflow.
            terms = np.maximum(y_pred, 0) - y_pred * y_true + np.log1p(np.exp(-np.abs(y_pred)))
        else:
            p = _clipped(y_pred)
            terms = -(y_true * np.log(p) + (1 - y_true) * np.log1p(-p))
        return terms.mean(axis=-1), (p, y_true, y_pred)

    def gradient(self, cache, scale):
        p, y_true, y_pred = cache
        slopes = p - y_true
        if not self.from_logits:
            slopes *= _inside(y_pred) / (p * (1 - p))
        dx = slopes * (scale[..., None] / p.dtype.type(max(p.shape[-1], 1)))
        return _restored(dx, self.axis)

    def from_logits_of(self, activation):
        if activation != "sigmoid" or self.from_logits or self.axis != -1:
            return None
        return BinaryCrossentropy(
            True, self.label_smoothing, reduction=self.reduction, name=self.name
        )

    def predictions(self, cache):
        (p, *_), _, shape = cache
        return p.reshape(shape)


def _smoothing(loss, value):
    value = float(value)
    if not 0 <= value <= 1:
        raise ValueError(f"{loss.label}: label_smoothing must be in [0, 1], got {value}")
    return value


def _has_spare_axis(labels, axes):
    return labels.ndim == axes + 1 and labels.shape[-1] == 1


def _clipped(p):
    small = p.dtype.type(epsilon())
    return np.clip(p, small, 1 - small)


def _inside(p):
    """Where clipping let the gradient pass."""
    small = p.dtype.type(epsilon())
    return (p >= small) & (p <= 1 - small)


def _last(x, axis):
    return x if axis in (-1, x.ndim - 1) else np.ascontiguousarray(np.moveaxis(x, axis, -1))


def _restored(dx, axis):
    return dx if axis in (-1, dx.ndim - 1) else np.ascontiguousarray(np.moveaxis(dx, -1, axis))


def _rows(x):
    return x if x.ndim == 2 else x.reshape(int(np.prod(x.shape[:-1])), x.shape[-1])


categorical_crossentropy = function_of(CategoricalCrossentropy)
sparse_categorical_crossentropy = function_of(SparseCategoricalCrossentropy)
binary_crossentropy = bce = BCE = function_of(BinaryCrossentropy)
