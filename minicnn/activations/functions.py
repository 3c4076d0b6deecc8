"""The functions, as Keras offers them."""

import numpy as np

from .base import registry
from .kernels import Elementwise, Softmax
from .lookup import get


@registry.register()
def linear(x):
    """``x`` itself."""
    return x


@registry.register()
def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """``x`` up to ``max_value``; below ``threshold``, ``negative_slope * (x - threshold)``."""
    limit = np.inf if max_value is None else max_value
    return Elementwise("relu", negative_slope, limit, threshold)(x)


@registry.register()
def leaky_relu(x, negative_slope=0.2):
    """``x`` above 0, else ``negative_slope * x``."""
    return Elementwise("relu", negative_slope, name="leaky_relu")(x)


@registry.register()
def relu6(x):
    """``min(max(x, 0), 6)``."""
    return get("relu6")(x)


@registry.register()
def elu(x, alpha=1.0):
    """``x`` above 0, else ``alpha * (exp(x) - 1)`` (Clevert et al., 2016)."""
    return Elementwise("elu", alpha)(x)


@registry.register()
def selu(x):
    """``1.0507 * elu(x, 1.67326)`` (Klambauer et al., 2017)."""
    return get("selu")(x)


@registry.register()
def sigmoid(x):
    """``1 / (1 + exp(-x))``."""
    return get("sigmoid")(x)


@registry.register()
def hard_sigmoid(x):
    """``relu6(x + 3) / 6``, as in Keras 3."""
    return get("hard_sigmoid")(x)


@registry.register()
def tanh(x):
    """Hyperbolic tangent."""
    return get("tanh")(x)


@registry.register()
def scaled_tanh(x, amplitude=1.7159, slope=2 / 3):
    """``amplitude * tanh(slope * x)`` (LeCun et al., 1998)."""
    return Elementwise("scaled_tanh", amplitude, slope)(x)


@registry.register()
def softplus(x):
    """``log(1 + exp(x))``."""
    return get("softplus")(x)


@registry.register()
def softsign(x):
    """``x / (1 + |x|)``."""
    return get("softsign")(x)


@registry.register()
def exponential(x):
    """``exp(x)``."""
    return get("exponential")(x)


@registry.register("swish")
def silu(x):
    """``x * sigmoid(x)``, also called swish."""
    return get("silu")(x)


@registry.register()
def gelu(x, approximate=False):
    """``x * P(X <= x)`` for a unit normal X; ``approximate`` takes the tanh form."""
    return Elementwise("gelu", float(approximate))(x)


@registry.register()
def mish(x):
    """``x * tanh(softplus(x))``."""
    return get("mish")(x)


@registry.register("hard_swish")
def hard_silu(x):
    """``x * hard_sigmoid(x)`` (Howard et al., 2019)."""
    return x * hard_sigmoid(x)


@registry.register()
def log_sigmoid(x):
    """``log(sigmoid(x))``."""
    return -softplus(-x)


@registry.register()
def softmax(x, axis=-1):
    """``exp(x) / sum exp(x)`` along ``axis``."""
    return Softmax("softmax", axis)(x)


@registry.register()
def log_softmax(x, axis=-1):
    """``x - log(sum exp(x))`` along ``axis``."""
    return Softmax("log_softmax", axis)(x)
