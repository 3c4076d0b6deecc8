"""Softmax, its logarithm, and cross-entropy fused with it; over the last axis of ``[M, C]``.

``p_c = exp(x_c) / sum_k exp(x_k)``; a shift of all ``x`` changes nothing, so the largest is taken
off first and no exponential overflows (``tf.nn.softmax``). Cross-entropy with logits is
``loss = -sum_c t_c log p_c``, and its gradient is simply ``p sum(t) - t``
(``tf.nn.softmax_cross_entropy_with_logits``).
"""

import numpy as np

from ..contracts import softmax as contract


def softmax_forward(y, x):
    """``y = softmax(x)``.

    Parameters
    ----------
    y : array [M, C] or None
        Probabilities; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
        Logits.

    Returns
    -------
    y
    """
    y, x = contract.forward("softmax_forward", y, x)
    with np.errstate(all="ignore"):
        y[...] = _softmax(x)
    return y


def softmax_backward(dx, dy, y):
    """``dx = y (dy - sum_k dy_k y_k)``.

    Parameters
    ----------
    dx : array [M, C] or None
        Gradient of the logits; overwritten.
    dy, y : array [M, C]
        Gradient of the probabilities, and the probabilities.

    Returns
    -------
    dx
    """
    dx, dy, y = contract.backward("softmax_backward", dx, dy, y)
    dx[...] = y * (dy - (dy * y).sum(axis=1, keepdims=True))
    return dx


def log_softmax_forward(y, x):
    """``y = log(softmax(x)) = x - log sum_k exp(x_k)``.

    Parameters
    ----------
    y : array [M, C] or None
        Logarithms of the probabilities; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
        Logits.

    Returns
    -------
    y
    """
    y, x = contract.forward("log_softmax_forward", y, x)
    with np.errstate(all="ignore"):
        y[...] = _log_softmax(x)
    return y


def log_softmax_backward(dx, dy, y):
    """``dx = dy - exp(y) sum_k dy_k``.

    Parameters
    ----------
    dx : array [M, C] or None
        Gradient of the logits; overwritten.
    dy, y : array [M, C]
        Gradient of the output, and the output (logarithms of the probabilities).

    Returns
    -------
    dx
    """
    dx, dy, y = contract.backward("log_softmax_backward", dx, dy, y)
    dx[...] = dy - np.exp(y) * dy.sum(axis=1, keepdims=True)
    return dx


def softmax_cross_entropy_forward(loss, p, x, targets):
    """``loss = -sum_c targets_c log p_c`` with ``p = softmax(x)``.

    A class whose target is 0 adds nothing, even where its probability is 0.

    Parameters
    ----------
    loss : array [M] or None
        One number a row; overwritten.
    p : array [M, C] or None
        Probabilities, which backward needs; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
        Logits.
    targets : array [M, C]
        Target probabilities.

    Returns
    -------
    loss, p
    """
    loss, p, x, targets = contract.cross_entropy_forward(
        "softmax_cross_entropy_forward", loss, p, x, targets
    )
    with np.errstate(all="ignore"):
        terms = np.where(targets == 0, 0, -targets * _log_softmax(x))
        loss[...] = terms.sum(axis=1)
        p[...] = _softmax(x)
    return loss, p


def softmax_cross_entropy_backward(dx, p, targets, scale):
    """``dx = scale (p sum_c targets_c - targets)``.

    Parameters
    ----------
    dx : array [M, C] or None
        Gradient of the logits; overwritten.
    p, targets : array [M, C]
        As in :func:`softmax_cross_entropy_forward`.
    scale : array [M]
        Gradient of the loss: weights, divided by the number of rows for a mean.

    Returns
    -------
    dx
    """
    dx, p, targets, scale = contract.cross_entropy_backward(
        "softmax_cross_entropy_backward", dx, p, targets, scale
    )
    dx[...] = scale[:, None] * (p * targets.sum(axis=1, keepdims=True) - targets)
    return dx


def sparse_softmax_cross_entropy_forward(loss, p, x, labels):
    """``loss = -log p[label]`` with ``p = softmax(x)``.

    Parameters
    ----------
    loss : array [M] or None
        One number a row; overwritten.
    p : array [M, C] or None
        Probabilities, which backward needs; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
        Logits.
    labels : array [M] of integers
        The true class of each row, ``0..C-1``; all are checked before anything is computed.

    Returns
    -------
    loss, p
    """
    loss, p, x, labels = contract.sparse_cross_entropy_forward(
        "sparse_softmax_cross_entropy_forward", loss, p, x, labels
    )
    with np.errstate(all="ignore"):
        loss[...] = -_log_softmax(x)[np.arange(len(x)), labels]
        p[...] = _softmax(x)
    return loss, p


def sparse_softmax_cross_entropy_backward(dx, p, labels, scale):
    """``dx = scale (p - onehot(labels))``.

    Parameters
    ----------
    dx : array [M, C] or None
        Gradient of the logits; overwritten.
    p : array [M, C]
        Probabilities of the forward pass.
    labels : array [M] of integers
        As in :func:`sparse_softmax_cross_entropy_forward`; checked again.
    scale : array [M]
        Gradient of the loss: weights, divided by the number of rows for a mean.

    Returns
    -------
    dx
    """
    dx, p, labels, scale = contract.sparse_cross_entropy_backward(
        "sparse_softmax_cross_entropy_backward", dx, p, labels, scale
    )
    dx[...] = p
    dx[np.arange(len(p)), labels] -= 1
    dx *= scale[:, None]
    return dx


def _softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _log_softmax(x):
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
