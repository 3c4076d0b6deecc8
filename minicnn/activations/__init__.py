"""Activation functions: called on arrays they compute, called on symbolic tensors they add a node.

Layers use the objects behind them (:func:`get`): ``forward(z)`` gives ``(y, cache)`` and
``backward(dy, cache)`` the gradient of ``z``.
"""

from .base import Activation, Linear, registry
from .composed import Composed
from .functions import (
    elu,
    exponential,
    gelu,
    hard_sigmoid,
    hard_silu,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    scaled_tanh,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
)
from .kernels import Elementwise, Softmax
from .lookup import deserialize, get, serialize

swish, hard_swish = silu, hard_silu

__all__ = [
    "Activation",
    "Composed",
    "Elementwise",
    "Linear",
    "Softmax",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "registry",
    "relu",
    "relu6",
    "scaled_tanh",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]
