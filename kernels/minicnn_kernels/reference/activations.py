"""Activations: each function beside its derivative, element by element.

The derivative is written in terms of the output ``y`` where that is enough, else of the input
``x``; :func:`minicnn_kernels.contracts.activations.saved` tells which. Definitions as in Keras 3
(``keras.activations``); ``scaled_tanh`` is LeCun's ``A tanh(S a)`` (LeNet-5, 1998, appendix A).
"""

import numpy as np
from scipy import special

from ..contracts import activations as contract
from ..contracts.activations import ALPHA_SELU, SCALE_SELU


def activation_forward(y, x, name, parameters=()):
    """``y = f(x)`` for the activation ``name``.

    Parameters
    ----------
    y : array or None
        Result, shaped as ``x``; overwritten. May be ``x`` itself.
    x : array of any shape, float16 (computed in float32), float32 or float64
    name : str
        A key of :data:`minicnn_kernels.contracts.activations.TABLE`.
    parameters : sequence of float
        The activation's parameters in the table's order; defaults stand in for missing ones.

    Returns
    -------
    y
    """
    y, x, parameters = contract.forward("activation_forward", y, x, name, parameters)
    with np.errstate(all="ignore"):
        y[...] = _FUNCTIONS[name](x, *parameters)
    return y


def activation_backward(dx, dy, x, y, name, parameters=()):
    """``dx = dy f'(x)`` for the activation ``name``.

    Parameters
    ----------
    dx : array or None
        Gradient of the input; overwritten. May be ``dy`` itself.
    dy : array
        Gradient of the output.
    x, y : array or None
        Input and output of the forward pass; only the one that ``saved`` names is looked at.
    name, parameters
        As in :func:`activation_forward`.

    Returns
    -------
    dx
    """
    dx, dy, kept, parameters = contract.backward(
        "activation_backward", dx, dy, x, y, name, parameters
    )
    with np.errstate(all="ignore"):
        dx[...] = dy * _DERIVATIVES[name](kept, *parameters)
    return dx


def _relu(x, slope, top, threshold):
    below = slope * (x - threshold) if slope else np.zeros_like(x)
    return np.minimum(np.where(x <= threshold, below, x), top)


def _relu_derivative(kept, slope, top, threshold):
    return np.where(kept > threshold, (kept < top) | (top == np.inf), slope)


def _normal_cdf(x):
    return 0.5 * (1 + special.erf(x * np.sqrt(0.5)))


def _gelu(x, approximate):
    if not approximate:
        return x * _normal_cdf(x)
    return x * special.expit(2 * _gelu_argument(x))


def _gelu_derivative(x, approximate):
    if not approximate:
        return _normal_cdf(x) + x * np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    half = special.expit(2 * _gelu_argument(x))  # (1 + tanh u) / 2 = sigmoid(2 u)
    slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x * x)
    return half + 2 * x * half * (1 - half) * slope


def _gelu_argument(x):
    return np.sqrt(2 / np.pi) * (x + 0.044715 * x * x * x)


def _silu_derivative(x):
    s = special.expit(x)
    return s + x * s * (1 - s)


def _mish(x):
    return x * np.tanh(np.logaddexp(x, 0))


def _mish_derivative(x):
    t = np.tanh(np.logaddexp(x, 0))
    return np.where(x > 20, 1, t + x * (1 - t * t) * special.expit(x))


def _elu(x, alpha):
    return np.where(x < 0, alpha * np.expm1(np.minimum(x, 0)), x)


_FUNCTIONS = {
    "relu": _relu,
    "relu6": lambda x: _relu(x, 0, 6, 0),
    "elu": _elu,
    "selu": lambda x: SCALE_SELU * _elu(x, ALPHA_SELU),
    "sigmoid": special.expit,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "tanh": np.tanh,
    "scaled_tanh": lambda x, amplitude, slope: amplitude * np.tanh(slope * x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "exponential": np.exp,
    "silu": lambda x: x * special.expit(x),
    "gelu": _gelu,
    "mish": _mish,
}

_DERIVATIVES = {
    "relu": _relu_derivative,
    "relu6": lambda y: _relu_derivative(y, 0, 6, 0),
    "elu": lambda y, alpha: np.where(y > 0, 1, y + alpha),
    "selu": lambda y: np.where(y > 0, SCALE_SELU, y + SCALE_SELU * ALPHA_SELU),
    "sigmoid": lambda y: y * (1 - y),
    "hard_sigmoid": lambda y: np.where((y > 0) & (y < 1), 1 / 6, 0),
    "tanh": lambda y: 1 - y * y,
    "scaled_tanh": lambda y, amplitude, slope: slope * (amplitude - y * y / amplitude),
    "softplus": lambda y: -np.expm1(-y),
    "softsign": lambda x: 1 / (1 + np.abs(x)) ** 2,
    "exponential": lambda y: y,
    "silu": _silu_derivative,
    "gelu": _gelu_derivative,
    "mish": _mish_derivative,
}
