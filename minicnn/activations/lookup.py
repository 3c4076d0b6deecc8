"""What a name, function or configuration means as an activation."""

from minicnn_kernels.contracts import activations as contract

from ..registry import deserializer
from ..registry import serialize as _serialize
from .base import Activation, Linear, registry
from .composed import Composed
from .kernels import Elementwise, Softmax

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


deserialize = deserializer(get)
