"""Batch normalization's contract: ``x [M, C]``, everything else ``[C]``."""

import numpy as np

from . import arrays

# What may follow in the same pass, and the limits it keeps the output in.
ACTIVATIONS = {"linear": None, "relu": (0.0, np.inf), "relu6": (0.0, 6.0)}


def forward(op, y, mean, variance, x, gamma, beta, epsilon, activation, residual):
    """Checked ``(y, mean, variance, x, gamma, beta, epsilon, residual)``; at least one row."""
    _known(op, activation)
    x = _rows(op, "x", x)
    _some(op, x)
    gamma = arrays.vector(op, "gamma", gamma, x.shape[1], x)
    beta = arrays.vector(op, "beta", beta, x.shape[1], x)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    residual = _residual(op, residual, x)
    inputs = [x, gamma, beta, residual]
    mean = arrays.output(op, "mean", mean, x.shape[1:], x.dtype, *inputs)
    variance = arrays.output(op, "variance", variance, x.shape[1:], x.dtype, mean, *inputs)
    y = arrays.output(op, "y", y, x.shape, x.dtype, mean, variance, *inputs)
    return y, mean, variance, x, gamma, beta, epsilon, residual


def inference(op, y, x, gamma, beta, mean, variance, epsilon, activation, residual):
    """Checked ``(y, x, gamma, beta, mean, variance, epsilon, residual)``; ``y`` may be ``x``."""
    _known(op, activation)
    x = _rows(op, "x", x)
    gamma = arrays.vector(op, "gamma", gamma, x.shape[1], x)
    beta = arrays.vector(op, "beta", beta, x.shape[1], x)
    mean = arrays.shaped(op, "mean", mean, x.shape[1:], x)
    variance = arrays.shaped(op, "variance", variance, x.shape[1:], x)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    residual = _residual(op, residual, x)
    y = arrays.in_place(op, "y", y, x, gamma, beta, mean, variance, residual)
    return y, x, gamma, beta, mean, variance, epsilon, residual


def backward(
    op, dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, training, activation, beta
):
    """Checked ``(dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, beta)``."""
    _known(op, activation)
    x = _rows(op, "x", x)
    if training:
        _some(op, x)
    dy = arrays.shaped(op, "dy", dy, x.shape, x)
    mean = arrays.shaped(op, "mean", mean, x.shape[1:], x)
    variance = arrays.shaped(op, "variance", variance, x.shape[1:], x)
    gamma = arrays.vector(op, "gamma", gamma, x.shape[1], x)
    beta = arrays.vector(op, "beta", beta, x.shape[1], x)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    inputs = [dy, x, mean, variance, gamma, beta]
    dgamma = arrays.output(op, "dgamma", dgamma, x.shape[1:], x.dtype, *inputs, zero=True)
    dbeta = arrays.output(op, "dbeta", dbeta, x.shape[1:], x.dtype, dgamma, *inputs, zero=True)
    dx = arrays.output(op, "dx", dx, x.shape, x.dtype, dgamma, dbeta, *inputs)
    return dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, beta


def limits(activation, dtype):
    """``(bounded, low, high)`` of the output, the limits in ``dtype``."""
    low, high = ACTIVATIONS[activation] or (-np.inf, np.inf)
    return activation != "linear", dtype.type(low), dtype.type(high)


def passed(activation, dtype):
    """``(bounded, low, high)``: ``dy`` passes where ``low < z <= high``, if bounded at all."""
    bounded, low, high = limits(activation, dtype)
    return bounded, low, high if high == np.inf else np.nextafter(high, low)


def _known(op, activation):
    if activation not in ACTIVATIONS:
        raise ValueError(f"{op}: activation must be one of {(*ACTIVATIONS,)}, got {activation!r}")


def _residual(op, residual, x):
    return None if residual is None else arrays.shaped(op, "residual", residual, x.shape, x)


def _rows(op, name, array):
    array = arrays.floats(op, name, array, 2)
    if array.shape[1] < 1:
        raise ValueError(f"{op}: {name} must have channels, got shape {array.shape}")
    return array


def _some(op, x):
    if x.shape[0] < 1:
        raise ValueError(f"{op}: x must not be empty in training, got shape {x.shape}")
