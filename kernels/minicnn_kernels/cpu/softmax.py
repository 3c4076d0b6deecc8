"""Softmax and cross-entropy: a block of rows at a time, parallel for many of them."""

from ..capture import launch
from ..contracts import softmax as contract
from . import softmax_rows as rows

SMALL = 8192  # elements; an exponential each


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
    launch(_kernel("softmax", x.size), y, x)
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
    launch(_kernel("softmax_gradient", y.size), dx, dy, y)
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
    launch(_kernel("log_softmax", x.size), y, x)
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
    launch(_kernel("log_softmax_gradient", y.size), dx, dy, y)
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
    _kernel("cross_entropy", x.size)(loss, p, x, targets)
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
    _kernel("cross_entropy_gradient", p.size)(dx, p, targets, scale)
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
    _kernel("sparse_cross_entropy", x.size)(loss, p, x, labels)
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
    _kernel("sparse_cross_entropy_gradient", p.size)(dx, p, labels, scale)
    return dx


def _kernel(name, size):
    return getattr(rows, name if size < SMALL else name + "_parallel")
