"""Batch normalization: two passes forward, two backward; sums over the batch end in float64."""

import numpy as np

from .. import memory
from ..capture import launch
from ..contracts import batch_norm as contract
from ..jit import threads
from . import normalization, normalization_gradient, streaming

ALONE = 100_000  # elements below which one thread is done before a second one is awake


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
    normalization.statistics(mean, variance, _sums(x), x.reshape(-1), _workers(x))
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
    sums, flat, workers = _sums(x), (dy.reshape(-1), x.reshape(-1)), _workers(x)
    gamma = np.ones_like(mean) if gamma is None else gamma
    factors = _factors(mean, variance, gamma, beta, epsilon)
    limits = contract.passed(activation, x.dtype)
    normalization_gradient.gradient_sums(sums, *flat, factors, limits, workers)
    of_g, *others = normalization_gradient.coefficients(
        dgamma, dbeta, sums, len(x), variance, gamma, epsilon
    )
    others = tuple(others) if training else None
    normalization_gradient.gradient(
        *(dx.reshape(-1), *flat, mean.size, factors, of_g, others, limits, workers),
        _past(dx, 3),
    )
    return dx, dgamma, dbeta


def _normalize(y, x, gamma, beta, mean, variance, epsilon, residual, activation):
    launch(
        normalization.normalize,
        *(y.reshape(-1), x.reshape(-1), None if residual is None else residual.reshape(-1)),
        *(mean.size, _factors(mean, variance, gamma, beta, epsilon)),
        *(contract.limits(activation, x.dtype), _workers(x), _past(y, 2)),
    )


def _past(y, arrays):
    """Whether to store ``y``, one of so many arrays, past the caches."""
    return streaming.worth(y, y.shape[1], arrays=arrays)


def _factors(mean, variance, gamma, beta, epsilon):
    """What a kernel multiplies by and adds; ``None`` becomes 1 and 0."""
    gamma = np.ones_like(mean) if gamma is None else gamma
    beta = np.zeros_like(mean) if beta is None else beta
    return normalization.widened(mean, variance, gamma, beta, epsilon)


def _workers(x):
    return 1 if x.size < ALONE else threads()


def _sums(x):
    """Scratch for two sums of every channel and piece."""
    return memory.empty((normalization.piece_count(x.size, x.shape[1]), 2, x.shape[1]), float)
