"""Batch normalization (Ioffe and Szegedy 2015) of ``[M, C]``: M counts batch and positions.

``y = gamma (x - mean) / sqrt(variance + epsilon) + beta`` with the mean and the biased variance
of the batch in training, and moving ones at inference (``keras.layers.BatchNormalization``).
"""

import numpy as np

from ..contracts import batch_norm as contract


def batch_norm_forward(
    y, mean, variance, x, gamma, beta, epsilon, activation="linear", residual=None
):
    """Normalize by the statistics of the batch: ``y = activation(normalized x + residual)``.

    Parameters
    ----------
    y : array [M, C] or None
        Result; overwritten.
    mean, variance : array [C] or None
        The batch's mean and biased variance, which backward needs; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
        At least one row.
    gamma, beta : array [C] or None
        Scale and offset; ``None`` means 1 and 0.
    epsilon : float, not negative
    activation : {"linear", "relu", "relu6"}
    residual : array [M, C] or None
        Added before the activation.

    Returns
    -------
    y, mean, variance
    """
    y, mean, variance, x, gamma, beta, epsilon, residual = contract.forward(
        "batch_norm_forward", y, mean, variance, x, gamma, beta, epsilon, activation, residual
    )
    mean[:] = x.mean(axis=0, dtype=float)
    variance[:] = x.var(axis=0, dtype=float)
    _normalize(y, x, gamma, beta, mean, variance, epsilon, residual, activation)
    return y, mean, variance


def batch_norm_inference(
    y, x, gamma, beta, mean, variance, epsilon, activation="linear", residual=None
):
    """Normalize by given statistics: ``y = activation(normalized x + residual)``.

    Parameters
    ----------
    y : array [M, C] or None
        Result; overwritten. May be ``x`` itself.
    x : array [M, C], float16 (computed in float32), float32 or float64
    gamma, beta : array [C] or None
        Scale and offset; ``None`` means 1 and 0.
    mean, variance : array [C]
    epsilon : float, not negative
    activation : {"linear", "relu", "relu6"}
    residual : array [M, C] or None
        Added before the activation.

    Returns
    -------
    y
    """
    y, *checked = contract.inference(
        *("batch_norm_inference", y, x, gamma, beta, mean, variance, epsilon),
        *(activation, residual),
    )
    _normalize(y, *checked, activation)
    return y


def batch_norm_backward(
    dx,
    dgamma,
    dbeta,
    dy,
    x,
    mean,
    variance,
    gamma,
    epsilon,
    training=True,
    activation="linear",
    beta=None,
):
    """Gradients; in training they flow through the batch's mean and variance too.

    With ``n = (x - mean) / sqrt(variance + epsilon)``: ``dbeta += sum dy``,
    ``dgamma += sum dy n``, and
    ``dx = gamma / sqrt(variance + epsilon) (dy - mean(dy) - n mean(dy n))``; at inference the
    two means are left out.

    Parameters
    ----------
    dx : array [M, C] or None
        Gradient of the input; overwritten.
    dgamma, dbeta : array [C] or None
        Gradients of scale and offset; added to. ``None`` starts from zeros.
    dy, x : array [M, C]
        Gradient of the output, and the input of the forward pass.
    mean, variance : array [C]
        The statistics that the forward pass used.
    gamma : array [C] or None
    epsilon : float, not negative
    training : bool
        Whether the statistics were the batch's own.
    activation : {"linear", "relu", "relu6"}
        What followed in the forward pass without a residual. Whether it let a number through is
        told from ``x``; with a residual, undo the activation first.
    beta : array [C] or None
        Offset, looked at for the activation only.

    Returns
    -------
    dx, dgamma, dbeta
    """
    dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, beta = contract.backward(
        *("batch_norm_backward", dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon),
        *(training, activation, beta),
    )
    with np.errstate(all="ignore"):
        inverse = 1 / np.sqrt(variance + epsilon)
        n = (x - mean) * inverse
        bounded, low, high = contract.passed(activation, x.dtype)
        if bounded:
            z = (1 if gamma is None else gamma) * n + (0 if beta is None else beta)
            dy = np.where((z > low) & (z <= high), dy, x.dtype.type(0))
        if training:
            means = dy.mean(axis=0, dtype=float) + n * (dy * n).mean(axis=0, dtype=float)
        else:
            means = 0
        dgamma += (dy * n).sum(axis=0, dtype=float)
        dbeta += dy.sum(axis=0, dtype=float)
        dx[...] = (1 if gamma is None else gamma) * inverse * (dy - means)
    return dx, dgamma, dbeta


def _normalize(y, x, gamma, beta, mean, variance, epsilon, residual, activation):
    with np.errstate(all="ignore"):
        scale = (1 if gamma is None else gamma) / np.sqrt(variance + epsilon)
        y[...] = (x - mean) * scale + (0 if beta is None else beta)
    if residual is not None:
        y += residual
    bounded, low, high = contract.limits(activation, x.dtype)
    if bounded:
        y.clip(low, high, out=y)
