"""Batch normalization: two passes forward, two backward; sums over the batch end in float64."""

import numpy as np

from ..contracts import batch_norm as contract
from . import normalization
from .chunks import SMALL


def batch_norm_forward(y, mean, variance, x, gamma, beta, epsilon):
    """Normalize by the statistics of the batch.

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

    Returns
    -------
    y, mean, variance
    """
    y, mean, variance, x, gamma, beta, epsilon = contract.forward(
        "batch_norm_forward", y, mean, variance, x, gamma, beta, epsilon
    )
    normalization.statistics(mean, variance, x.reshape(-1), x.size < SMALL)
    return _normalize(y, x, gamma, beta, mean, variance, epsilon), mean, variance


def batch_norm_inference(y, x, gamma, beta, mean, variance, epsilon):
    """Normalize by given statistics.

    Parameters
    ----------
    y : array [M, C] or None
        Result; overwritten.
    x : array [M, C], float16 (computed in float32), float32 or float64
    gamma, beta : array [C] or None
        Scale and offset; ``None`` means 1 and 0.
    mean, variance : array [C]
    epsilon : float, not negative

    Returns
    -------
    y
    """
    y, *checked = contract.inference(
        "batch_norm_inference", y, x, gamma, beta, mean, variance, epsilon
    )
    return _normalize(y, *checked)


def batch_norm_backward(dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, training=True):
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

    Returns
    -------
    dx, dgamma, dbeta
    """
    dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon = contract.backward(
        "batch_norm_backward",
        *(dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, training),
    )
    sums = np.zeros((2, mean.size))
    flat = dx.reshape(-1), dy.reshape(-1), x.reshape(-1)
    if x.size:
        normalization.gradient_sums(sums, *flat[1:], mean, x.size < SMALL)
    with np.errstate(all="ignore"):
        inverse = 1 / np.sqrt(variance.astype(float) + epsilon)
        dgamma += sums[1] * inverse
        dbeta += sums[0]
        of_dy = inverse if gamma is None else gamma * inverse
        of_x, constant = np.zeros_like(sums)
        if training:
            of_x = -of_dy * inverse**2 * sums[1] / len(x)
            constant = -of_dy * sums[0] / len(x)
    coefficients = (c.astype(x.dtype) for c in (of_dy, of_x, constant))
    normalization.gradient(*flat, mean, *coefficients, x.size < SMALL)
    return dx, dgamma, dbeta


def _normalize(y, x, gamma, beta, mean, variance, epsilon):
    with np.errstate(all="ignore"):
        scale = 1 / np.sqrt(variance.astype(float) + epsilon)
    scale = (scale if gamma is None else gamma * scale).astype(x.dtype)
    offset = np.zeros_like(mean) if beta is None else beta
    flat = y.reshape(-1), x.reshape(-1)
    normalization.normalize(*flat, mean, scale, offset, x.size < SMALL)
    return y
