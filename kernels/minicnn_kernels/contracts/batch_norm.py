"""Batch normalization's contract: ``x [M, C]``, everything else ``[C]``."""

from . import arrays


def forward(op, y, mean, variance, x, gamma, beta, epsilon):
    """Checked ``(y, mean, variance, x, gamma, beta, epsilon)``; at least one row."""
    x = _rows(op, "x", x)
    _some(op, x)
    gamma = arrays.vector(op, "gamma", gamma, x.shape[1], x)
    beta = arrays.vector(op, "beta", beta, x.shape[1], x)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    inputs = [x, gamma, beta]
    mean = arrays.output(op, "mean", mean, x.shape[1:], x.dtype, *inputs)
    variance = arrays.output(op, "variance", variance, x.shape[1:], x.dtype, mean, *inputs)
    y = arrays.output(op, "y", y, x.shape, x.dtype, mean, variance, *inputs)
    return y, mean, variance, x, gamma, beta, epsilon


def inference(op, y, x, gamma, beta, mean, variance, epsilon):
    """Checked ``(y, x, gamma, beta, mean, variance, epsilon)``."""
    x = _rows(op, "x", x)
    gamma = arrays.vector(op, "gamma", gamma, x.shape[1], x)
    beta = arrays.vector(op, "beta", beta, x.shape[1], x)
    mean = arrays.shaped(op, "mean", mean, x.shape[1:], x)
    variance = arrays.shaped(op, "variance", variance, x.shape[1:], x)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    y = arrays.output(op, "y", y, x.shape, x.dtype, x, gamma, beta, mean, variance)
    return y, x, gamma, beta, mean, variance, epsilon


def backward(op, dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon, training):
    """Checked ``(dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon)``."""
    x = _rows(op, "x", x)
    if training:
        _some(op, x)
    dy = arrays.shaped(op, "dy", dy, x.shape, x)
    mean = arrays.shaped(op, "mean", mean, x.shape[1:], x)
    variance = arrays.shaped(op, "variance", variance, x.shape[1:], x)
    gamma = arrays.vector(op, "gamma", gamma, x.shape[1], x)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    inputs = [dy, x, mean, variance, gamma]
    dgamma = arrays.output(op, "dgamma", dgamma, x.shape[1:], x.dtype, *inputs, zero=True)
    dbeta = arrays.output(op, "dbeta", dbeta, x.shape[1:], x.dtype, dgamma, *inputs, zero=True)
    dx = arrays.output(op, "dx", dx, x.shape, x.dtype, dgamma, dbeta, *inputs)
    return dx, dgamma, dbeta, dy, x, mean, variance, gamma, epsilon


def _rows(op, name, array):
    array = arrays.floats(op, name, array, 2)
    if array.shape[1] < 1:
        raise ValueError(f"{op}: {name} must have channels, got shape {array.shape}")
    return array


def _some(op, x):
    if x.shape[0] < 1:
        raise ValueError(f"{op}: x must not be empty in training, got shape {x.shape}")
