"""The contract of softmax and cross-entropy: ``[M, C]``, over the last axis; labels in 0..C-1."""

import numpy as np

from . import arrays


def forward(op, y, x):
    """Checked ``(y, x)``."""
    x = _classes(op, "x", x)
    return arrays.output(op, "y", y, x.shape, x.dtype, x), x


def backward(op, dx, dy, y):
    """Checked ``(dx, dy, y)``."""
    y = _classes(op, "y", y)
    dy = arrays.shaped(op, "dy", dy, y.shape, y)
    return arrays.output(op, "dx", dx, y.shape, y.dtype, dy, y), dy, y


def cross_entropy_forward(op, loss, p, x, targets):
    """Checked ``(loss, p, x, targets)``."""
    x = _classes(op, "x", x)
    targets = arrays.shaped(op, "targets", targets, x.shape, x)
    return *_loss(op, loss, p, x, targets), x, targets


def cross_entropy_backward(op, dx, p, targets, scale):
    """Checked ``(dx, p, targets, scale)``."""
    p = _classes(op, "p", p)
    targets = arrays.shaped(op, "targets", targets, p.shape, p)
    scale = arrays.shaped(op, "scale", scale, p.shape[:1], p)
    dx = arrays.output(op, "dx", dx, p.shape, p.dtype, p, targets, scale)
    return dx, p, targets, scale


def sparse_cross_entropy_forward(op, loss, p, x, labels):
    """Checked ``(loss, p, x, labels)``; labels as int64."""
    x = _classes(op, "x", x)
    labels = checked_labels(op, labels, *x.shape)
    return *_loss(op, loss, p, x), x, labels


def sparse_cross_entropy_backward(op, dx, p, labels, scale):
    """Checked ``(dx, p, labels, scale)``; labels as int64."""
    p = _classes(op, "p", p)
    labels = checked_labels(op, labels, *p.shape)
    scale = arrays.shaped(op, "scale", scale, p.shape[:1], p)
    return arrays.output(op, "dx", dx, p.shape, p.dtype, p, scale), p, labels, scale


def checked_labels(op, labels, rows, classes):
    """``labels`` as int64 ``[rows]``, each in ``0..classes - 1``.

    Raises
    ------
    TypeError
        If they are no integers.
    ValueError
        For another shape, or naming the first label out of range and its row.
    """
    if not isinstance(labels, np.ndarray):
        raise TypeError(f"{op}: labels must be an array, got {type(labels).__name__}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{op}: labels must be integers, got {labels.dtype}")
    if labels.shape != (rows,):
        raise ValueError(f"{op}: labels must have shape ({rows},), got {labels.shape}")
    checked = labels
    if labels.dtype != np.int64 or not labels.flags.carray:
        checked = labels.astype(np.int64)
    # As unsigned numbers the negative ones are the largest.
    if rows and checked.view(np.uint64).max() >= classes:
        row = int(np.flatnonzero(checked.view(np.uint64) >= classes)[0])
        raise ValueError(
            f"{op}: labels must lie in 0..{classes - 1}, got {labels[row]} in row {row}"
        )
    return checked


def _loss(op, loss, p, x, *inputs):
    loss = arrays.output(op, "loss", loss, x.shape[:1], x.dtype, x, *inputs)
    return loss, arrays.output(op, "p", p, x.shape, x.dtype, x, loss, *inputs)


def _classes(op, name, array):
    array = arrays.floats(op, name, array, 2)
    if array.shape[1] < 1:
        raise ValueError(f"{op}: {name} must have at least one class, got shape {array.shape}")
    return array
