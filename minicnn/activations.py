"""Activation functions: called on arrays they compute, called on symbolic tensors they add a node.

Layers use the objects behind them (:func:`get`): ``forward(z)`` gives ``(y, cache)`` and
``backward(dy, cache)`` the gradient of ``z``.
"""

import numpy as np

from minicnn_kernels import backend
from minicnn_kernels.contracts import activations as contract

from .config import compute_dtype
from .graph import composite
from .graph.network import Network
from .graph.tensor import OPERATORS, SymbolicTensor
from .registry import Registry
from .registry import serialize as _serialize

registry = Registry("activation")


class Activation:
    """Base of all activations; a subclass writes :meth:`forward` and :meth:`backward`.

    Parameters
    ----------
    name : str
        As :func:`get` knows it.
    """

    def __init__(self, name):
        self.name = self.__name__ = name

    def forward(self, z, in_place=False):
        """``(y, cache)``; with ``in_place`` the result may take the memory of ``z``."""
        raise TypeError(f"activation {self.name!r}: must define forward(z, in_place)")

    def backward(self, dy, cache):
        """Gradient of ``z``; ``dy`` is not changed (for "linear" it is returned as it is)."""
        raise TypeError(f"activation {self.name!r}: must define backward(dy, cache)")

    def __call__(self, x):
        if isinstance(x, SymbolicTensor):
            return OPERATORS["activation"](x, self)
        x = np.asarray(x)
        if x.dtype.kind not in "fiub":
            raise TypeError(f"activation {self.name!r}: x must be real numbers, got {x.dtype}")
        dtype = x.dtype if x.dtype in (np.float32, np.float64) else compute_dtype(None)
        array = np.array(x, dtype, ndmin=1)
        return self.forward(array)[0].reshape(x.shape)

    def __repr__(self):
        return f"<activation {self.name}>"


class Linear(Activation):
    """``y = z``."""

    def forward(self, z, in_place=False):
        return z, None

    def backward(self, dy, cache):
        return dy


class Elementwise(Activation):
    """One of the kernels' activations with its parameters (see the kernels' table).

    Parameters
    ----------
    kernel : str
    *parameters : float
        In the kernel's order; the kernel's defaults stand in for the rest.
    name : str, optional
        Default: ``kernel``.
    """

    def __init__(self, kernel, *parameters, name=None):
        super().__init__(name or kernel)
        self.kernel = kernel
        self.parameters = contract.checked(self.name, kernel, parameters)
        self.keeps_output = contract.saved(kernel, self.parameters) == "y"

    def forward(self, z, in_place=False):
        target = z if in_place and self.keeps_output and z.flags.carray else None
        y = backend.of(z).activation_forward(target, z, self.kernel, self.parameters)
        return y, y if self.keeps_output else z

    def backward(self, dy, cache):
        x, y = (None, cache) if self.keeps_output else (cache, None)
        ops = backend.of(dy)
        return ops.activation_backward(None, dy, x, y, self.kernel, self.parameters)


class Softmax(Activation):
    """``exp(z) / sum exp(z)`` along ``axis``, or its logarithm."""

    def __init__(self, name="softmax", axis=-1):
        super().__init__(name)
        self.axis = axis
        self._forward, self._backward = f"{name}_forward", f"{name}_backward"

    def forward(self, z, in_place=False):
        rows = self._rows(z)
        y = getattr(backend.of(z), self._forward)(None, rows)
        return self._restored(y, z.shape), y

    def backward(self, dy, cache):
        dx = getattr(backend.of(dy), self._backward)(None, self._rows(dy), cache)
        return self._restored(dx, dy.shape)

    def _rows(self, z):
        if not -z.ndim <= self.axis < z.ndim:
            raise ValueError(f"{self.name}: axis {self.axis} is not among those of {z.shape}")
        z = z if self._is_last(z.ndim) else np.moveaxis(z, self.axis, -1)
        return z.reshape(-1, z.shape[-1]) if z.size else z.reshape(0, z.shape[-1])

    def _restored(self, rows, shape):
        if self._is_last(len(shape)):
            return rows.reshape(shape)
        lengths = list(shape)
        lengths.append(lengths.pop(self.axis))
        return np.ascontiguousarray(np.moveaxis(rows.reshape(lengths), -1, self.axis))

    def _is_last(self, ndim):
        return self.axis % ndim == ndim - 1


class Composed(Activation):
    """A function that composes layers, operators and other activations, traced into a network.

    ``activation=lambda x: x * sigmoid(x)`` and ``activation=LeakyReLU(0.1)`` thus have a backward
    pass that nobody wrote.
    """

    def __init__(self, function):
        super().__init__(
            getattr(function, "__name__", None) or getattr(function, "name", "composed")
        )
        self.function = function
        self._networks = {}

    def forward(self, z, in_place=False):
        return composite.forward(self._network(z), z, False)

    def backward(self, dy, cache):
        return composite.backward(dy, cache, True)

    def __call__(self, x):
        return self.function(x)

    def _network(self, z):
        return self.network_for(z.shape, z.dtype.name)

    def network_for(self, shape, dtype):
        """What was composed, as a :class:`Network`, for tensors of ``shape`` (batch first)."""
        key = (tuple(shape[1:]), dtype)
        if key not in self._networks:
            self._networks[key] = self._trace(SymbolicTensor((None, *key[0]), dtype))
        return self._networks[key]

    def _trace(self, tensor):
        y = self.function(tensor)
        if not isinstance(y, SymbolicTensor):
            raise TypeError(
                f"activation {self.name!r}: must compose layers or functions of minicnn, or be an "
                f"Activation with forward and backward; got a {type(y).__name__} from it"
            )
        if y.shape[1:] != tensor.shape[1:]:
            raise ValueError(
                f"activation {self.name!r}: must keep the shape {tensor.shape}, got {y.shape}"
            )
        network = Network([tensor], [y], self.name)
        learning = [layer.name for layer in network.layers if layer.weights]
        if learning:
            raise ValueError(
                f"activation {self.name!r}: has weights, so it must be a layer of its own"
            )
        return network


# The functions, as Keras offers them ------------------------------------------------------------


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


swish, hard_swish = silu, hard_silu

# The objects behind those functions that are no composition of others.
_OBJECTS: dict[str, Activation] = {name: Elementwise(name) for name in contract.TABLE}
_OBJECTS["linear"] = Linear("linear")
_OBJECTS["leaky_relu"] = Elementwise("relu", 0.2, name="leaky_relu")
_OBJECTS["softmax"] = Softmax("softmax")
_OBJECTS["log_softmax"] = Softmax("log_softmax")


def get(identifier):
    """The :class:`Activation` that a name, function, configuration or layer means.

    ``None`` means "linear". A function of the caller's own must compose layers and functions of
    this library (it is traced); one with a derivative of its own is a subclass of
    :class:`Activation`.
    """
    if identifier is None:
        identifier = "linear"
    found = registry.get(identifier)
    if isinstance(found, Activation):
        return found
    if not callable(found):
        raise TypeError(f"activation: must be a name or a function, got {identifier!r}")
    name = getattr(found, "__name__", None)
    if name in registry and registry.find(name) is found and name in _OBJECTS:
        return _OBJECTS[name]
    return Composed(found)


def serialize(activation):
    """Name or ``{"class_name", "config"}`` of an activation."""
    return _serialize(activation.function if isinstance(activation, Composed) else activation)


def deserialize(config):
    """The :class:`Activation` that :func:`serialize` described."""
    return get(config)


__all__ = ["Activation", "deserialize", "get", "registry", "serialize"]
__all__ += [name for name in registry.names() if name in globals()]
