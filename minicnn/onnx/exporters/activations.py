"""Activations, and the layers that are nothing else."""

import math

from ... import activations, layers
from .table import exports

_NAMES = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "exponential": "Exp",
    "mish": "Mish",
    "selu": "Selu",
}


@exports(layers.Activation, layers.ReLU, layers.LeakyReLU, layers.ELU, layers.Softmax)
def activation(exporter, layer, x):
    """The layer's function."""
    return exporter.activated(x, layer.function)


@exports(layers.PReLU)
def prelu(exporter, layer, x):
    """``PRelu``."""
    x = exporter.settled(x)
    return exporter.mapped("PRelu", x, exporter.beside(layer.alpha.value, x))


def activate(exporter, x, function):
    """``x`` after an :class:`~minicnn.activations.Activation` of the library."""
    if type(function) is activations.Linear:
        return x
    x = exporter.settled(x)
    if type(function) is activations.Softmax:
        operator = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[function.name]
        return exporter.mapped(operator, x, axis=x.place(function.axis))
    if type(function) is not activations.Elementwise:
        raise ValueError(f"save: activation {function.name!r} has no form in ONNX")
    if function.kernel in _NAMES:
        return exporter.mapped(_NAMES[function.kernel], x)
    return _FORMS[function.kernel](exporter, x, *function.parameters)


def _relu(exporter, x, slope, limit, threshold):
    if threshold:
        return _relu_above(exporter, x, slope, limit, threshold)
    if slope:
        y = exporter.mapped("LeakyRelu", x, alpha=slope)
        return y if limit == math.inf else exporter.mapped("Min", y, exporter.scalar(limit, x))
    if limit == math.inf:
        return exporter.mapped("Relu", x)
    return exporter.mapped("Clip", x, exporter.scalar(0, x), exporter.scalar(limit, x))


def _relu_above(exporter, x, slope, limit, threshold):
    bound = exporter.scalar(threshold, x)
    above = exporter.node("GreaterOrEqual", x.name, bound)
    below = exporter.node("Sub", x.name, bound)
    below = exporter.node("Mul", below, exporter.scalar(slope, x))
    y = x if limit == math.inf else exporter.mapped("Min", x, exporter.scalar(limit, x))
    return x.named(exporter.node("Where", above, y.name, below))


def _relu6(exporter, x):
    return _relu(exporter, x, 0, 6, 0)


def _elu(exporter, x, alpha):
    return exporter.mapped("Elu", x, alpha=alpha)


def _hard_sigmoid(exporter, x):
    return exporter.mapped("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _scaled_tanh(exporter, x, amplitude, slope):
    y = exporter.mapped("Tanh", exporter.mapped("Mul", x, exporter.scalar(slope, x)))
    return exporter.mapped("Mul", y, exporter.scalar(amplitude, x))


def _silu(exporter, x):
    return exporter.mapped("Mul", x, exporter.node("Sigmoid", x.name))


def _gelu(exporter, x, approximate):
    return exporter.mapped("Gelu", x, approximate="tanh" if approximate else "none")


_FORMS = {
    "relu": _relu,
    "relu6": _relu6,
    "elu": _elu,
    "hard_sigmoid": _hard_sigmoid,
    "scaled_tanh": _scaled_tanh,
    "silu": _silu,
    "gelu": _gelu,
}
