"""Functions under TensorFlow's names, on arrays (computed at once) and on symbolic tensors.

On a symbolic tensor each is a layer, so a ``Lambda``, a ``call()`` or a functional model can use
it and gradients go through it.
"""

# ruff: noqa: F401

from ..activations import (
    elu,
    gelu,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    swish,
    tanh,
)
from ..activations import leaky_relu as _leaky_relu
from .convolution import (
    conv1d,
    conv2d,
    conv2d_transpose,
    conv3d,
    depthwise_conv2d,
    separable_conv2d,
)
from .normalization import (
    batch_normalization,
    bias_add,
    dropout,
    l2_loss,
    l2_normalize,
    local_response_normalization,
    lrn,
    moments,
    zero_fraction,
)
from .pooling import avg_pool, max_pool

__all__ = [
    *("avg_pool", "batch_normalization", "bias_add", "conv1d", "conv2d", "conv2d_transpose"),
    *("conv3d", "depthwise_conv2d", "dropout", "elu", "gelu", "l2_loss", "l2_normalize"),
    *("leaky_relu", "local_response_normalization", "log_softmax", "lrn", "max_pool", "moments"),
    *("relu", "relu6", "selu", "separable_conv2d", "sigmoid", "silu", "softmax", "softplus"),
    *("softsign", "swish", "tanh", "zero_fraction"),
]


def leaky_relu(features, alpha=0.2):
    """``x`` above 0, else ``alpha * x``."""
    return _leaky_relu(features, alpha)
