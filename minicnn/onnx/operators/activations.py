"""Functions of one tensor, element by element, and Softmax."""

import math

from ... import layers
from ..layout import plain
from ..value import Value
from .arithmetic import joined
from .table import operator

_ACTIVATIONS = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Mish": "mish",
    "Exp": "exponential",
}
_FUNCTIONS = {
    "Neg": "negative",
    "Abs": "absolute",
    "Sqrt": "sqrt",
    "Log": "log",
    "Sin": "sin",
    "Cos": "cos",
}
_SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}


@operator(*_ACTIVATIONS)
def activation(call):
    """``Activation`` of that name, or the ``activation`` of the convolution before it."""
    name = _ACTIVATIONS[call.operator]
    return call.activated(name, layers.Activation, name)


@operator(*_FUNCTIONS)
def function(call):
    """``Elementwise`` of that name."""
    return call.mapped(layers.Elementwise, call.tensor(), _FUNCTIONS[call.operator])


@operator("LeakyRelu")
def leaky_relu(call):
    """``LeakyReLU``; also of a negative slope."""
    slope = call.attribute("alpha", 0.01)
    if slope < 0:
        return call.mapped(layers.Activation, call.tensor(), "relu", parameters=[slope])
    return call.mapped(layers.LeakyReLU, call.tensor(), slope)


@operator("Elu")
def elu(call):
    """``ELU``."""
    return call.mapped(layers.ELU, call.tensor(), call.attribute("alpha", 1.0))


@operator("Celu")
def celu(call):
    """``alpha * elu(x / alpha)`` (Barron, 2017)."""
    alpha = call.attribute("alpha", 1.0)
    x = _times(call, call.tensor(), 1 / alpha)
    return _times(call, call.mapped(layers.ELU, x, 1.0), alpha)


@operator("Selu")
def selu(call):
    """``Activation("selu")``; with other constants ``gamma * elu(x, alpha)``."""
    alpha, gamma = (call.attribute(name, value) for name, value in _SELU.items())
    if all(math.isclose(v, w, rel_tol=1e-6) for v, w in zip((alpha, gamma), _SELU.values())):
        return call.mapped(layers.Activation, call.tensor(), "selu")
    return _times(call, call.mapped(layers.ELU, call.tensor(), alpha), gamma)


@operator("HardSigmoid")
def hard_sigmoid(call):
    """``Activation("hard_sigmoid")`` for slope 1/6, else ``min(max(alpha * x + beta, 0), 1)``."""
    alpha, beta = call.attribute("alpha", 0.2), call.attribute("beta", 0.5)
    if math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5:
        return call.mapped(layers.Activation, call.tensor(), "hard_sigmoid")
    x = _times(call, call.tensor(), alpha)
    return call.mapped(layers.ReLU, joined(call, "add", x, call.scalar(beta)), 1.0)


@operator("HardSwish")
def hard_swish(call):
    """``x * hard_sigmoid(x)``."""
    x = call.tensor()
    return joined(call, "multiply", x, call.mapped(layers.Activation, x, "hard_sigmoid"))


@operator("Swish")
def swish(call):
    """``Activation("silu")``; with another slope ``x * sigmoid(alpha * x)``."""
    x, alpha = call.tensor(), call.attribute("alpha", 1.0)
    if alpha == 1:
        return call.mapped(layers.Activation, x, "silu")
    return joined(
        call, "multiply", x, call.mapped(layers.Activation, _times(call, x, alpha), "sigmoid")
    )


@operator("Gelu")
def gelu(call):
    """``Activation("gelu")``, exact or approximated by tanh."""
    approximate = call.attribute("approximate", "none")
    if approximate not in ("none", "tanh"):
        call.refuse(f"approximate must be 'none' or 'tanh', got {approximate!r}")
    parameters = [1.0] if approximate == "tanh" else None
    return call.mapped(layers.Activation, call.tensor(), "gelu", parameters=parameters)


@operator("PRelu")
def prelu(call):
    """``PReLU`` whose slopes are shared along the axes of which ONNX repeats them."""
    x, slope = call.settled(call.tensor()), call.constant(1)
    if slope.ndim > x.rank:
        call.refuse(f"slope of shape {slope.shape} must broadcast to {x.shape}")
    if call.opset < 7 and slope.ndim == 1 and x.rank > 1:  # one a channel
        slope = slope.reshape(-1, *(1,) * (x.rank - 2))
    slope = slope.reshape((1,) * (x.rank - slope.ndim) + slope.shape).transpose(x.order)
    if not x.lifted:
        if slope.shape[0] != 1:
            call.refuse("slopes differ between samples")
        slope = slope[0]
    shared = [axis for axis, length in enumerate(slope.shape, 1) if length == 1]
    return call.mapped(layers.PReLU, x, shared_axes=shared or None, weights={"alpha": slope})


@operator("Clip")
def clip(call):
    """``ReLU`` with a limit from 0 on, else a maximum and a minimum with constants."""
    x = call.tensor()
    low, high = call.number("min", 1), call.number("max", 2)
    if low == 0 and high is not None and 0 <= high < math.inf:
        return call.mapped(layers.ReLU, x, high)
    y = x if low is None else joined(call, "maximum", x, call.scalar(low))
    y = y if high is None else joined(call, "minimum", y, call.scalar(high))
    return call.mapped(layers.Identity, x) if y is x else y


@operator("Softmax", "LogSoftmax")
def softmax(call):
    """``Softmax`` along one axis, or, before operator set 13, along all from ``axis`` on."""
    x = call.settled(call.tensor())
    axis = call.attribute("axis", -1 if call.opset >= 13 else 1)
    axis = x.axis(axis)
    if call.opset < 13 and any(n != 1 for n in x.shape[axis + 1 :]):
        return _flat_softmax(call, call.plain(x), axis)
    return _softmax(call, x, axis)


def _softmax(call, x, axis):
    last = x.place(axis) == x.tensor.ndim - 1
    if call.operator == "Softmax" and last and x is call.tensor():
        return call.activated("softmax", layers.Softmax)
    if call.operator == "Softmax":
        return call.mapped(layers.Softmax, x, x.place(axis))
    rest = [other for other in x.order if other != axis]  # the layer works along the last axis
    return call.mapped(layers.Activation, call.arranged(x, [*rest, axis]), "log_softmax")


def _flat_softmax(call, x, axis):
    if axis == 0 and not x.lifted:
        call.refuse("runs over the batch axis")
    if None in x.shape[axis:]:
        call.refuse(f"needs known lengths, got input of shape {x.shape}")
    lengths = x.shape[1 - x.lifted :]
    kept = axis - (1 - x.lifted)
    flat = [*lengths[:kept], math.prod(x.shape[axis:])]
    y = Value(call.reshaped(x.tensor, flat), plain(axis + 1))
    return x.holding(call.reshaped(_softmax(call, y, axis).tensor, lengths))


def _times(call, x, factor):
    return joined(call, "multiply", x, call.scalar(factor))
