"""The layer: constructor, ``output_shape``, ``build``, ``forward``, ``backward``."""

import numpy as np

from .. import naming
from ..config import compute_dtype
from ..graph import composite
from ..graph.tensor import Node, is_symbolic
from ..registry import Registry, arguments, serialize
from .weight_holder import WeightHolder

registry = Registry("layer")

# Arguments that Keras lets a first layer take in place of an Input before it.
_SHAPE_ARGUMENTS = ("input_shape", "batch_input_shape", "batch_shape", "input_dim", "batch_size")


class Layer(WeightHolder):
    """Base of all layers.

    A subclass keeps every constructor argument as an attribute of the same name and writes, in
    this order, ``__init__``, ``output_shape``, ``build``, ``forward`` and ``backward``; or it
    writes only ``call``, composing other layers, and is traced once when it is built.

    No activation is kept on the layer: ``forward`` returns ``(y, cache)`` and ``backward`` gets
    that cache back, so a layer may stand in a graph twice and two threads may use one model.

    Parameters
    ----------
    name : str, optional
        Default: the class name in snake case, counted up.
    trainable : bool
        Whether its weights learn.
    dtype : str, optional
        ``"float32"`` (default, see :func:`minicnn.config.floatx`) or ``"float64"``.
    **shape
        ``input_shape`` (without batch), ``batch_input_shape``, ``input_dim``, ``batch_size``:
        lets the layer begin a ``Sequential`` without an ``Input``. Also old Keras' ``weights``, a
        list of arrays that the layer starts with.
    """

    def __init__(self, *, name=None, trainable=True, dtype=None, **shape):
        kind = type(self).__name__
        self._first_weights = shape.pop("weights", None)
        unknown = sorted(set(shape) - set(_SHAPE_ARGUMENTS))
        if unknown:
            raise TypeError(f"{kind}: unknown argument {unknown[0]!r}")
        if name is not None and (not isinstance(name, str) or not name):
            raise TypeError(f"{kind}: name must be a non-empty string, got {name!r}")
        self.name = name or naming.unique_name(naming.snake_case(kind))
        self.dtype = compute_dtype(dtype).name
        self.batch_input_shape = _batch_input_shape(kind, **shape)
        self.built = False
        self._trainable = bool(trainable)
        self._weights = []
        self._sublayers = []
        self._networks = None
        self._nodes = []

    # What a subclass writes -----------------------------------------------------------------

    def output_shape(self, input_shape):
        """Shape of the output, batch first; lists of shapes for several inputs or outputs."""
        if self._networks is None and hasattr(self, "call"):
            self._ensure_built(input_shape)
        if self._networks is not None:
            shapes = [tensor.shape for tensor in self._networks[False].outputs]
            return shapes if len(shapes) > 1 else shapes[0]
        return input_shape

    def build(self, input_shape):
        """Make the weights; called once, with the shape of the first input."""

    def forward(self, x, training):
        """``(y, cache)``: the output and what :meth:`backward` needs, nothing more."""
        return composite.forward(self._network(training), x, training)

    def backward(self, dy, cache, needs_dx=True):
        """Add to the gradient of each weight, return the gradient of the input."""
        return composite.backward(dy, cache, needs_dx)

    # Calling --------------------------------------------------------------------------------

    def __call__(self, inputs, training=None, **arguments):
        """On arrays: compute (inference unless ``training=True``). On symbolic tensors: a node."""
        if is_symbolic(inputs):
            return self._call_symbolic(inputs, training, **arguments)
        if isinstance(inputs, (list, tuple)) and not _is_nested_numbers(inputs):
            x = [self._array(item) for item in inputs]
            shape = [(None, *item.shape[1:]) for item in x]
        else:
            x = self._array(inputs)
            shape = (None, *x.shape[1:])
        self._ensure_built(shape)
        return self.forward(x, bool(training), **arguments)[0]

    def _call_symbolic(self, inputs, training, **arguments):
        single_input = not isinstance(inputs, (list, tuple))
        tensors = [self._symbolic(t) for t in ([inputs] if single_input else inputs)]
        shape = tensors[0].shape if single_input else [t.shape for t in tensors]
        self._ensure_built(shape)
        shapes = self.output_shape(shape)
        single_output = not isinstance(shapes, list)
        shapes = [shapes] if single_output else shapes
        node = Node(self, tensors, shapes, single_input, single_output, training)
        self._nodes.append(node)
        return node.outputs[0] if single_output else node.outputs

    def _symbolic(self, tensor):
        """``tensor`` in this layer's dtype: mixed float types get a ``Cast`` between them."""
        if not is_symbolic(tensor):
            raise TypeError(
                f"{self.label}: inputs must all be symbolic tensors or all arrays, "
                f"got {type(tensor).__name__}"
            )
        floats = ("float32", "float64")
        if tensor.dtype in floats and self.dtype in floats and tensor.dtype != self.dtype:
            return registry.find("Cast")(dtype=self.dtype)(tensor)
        return tensor

    def _array(self, value):
        array = np.asarray(value)
        if array.ndim == 0:
            raise ValueError(f"{self.label}: input must have a batch axis, got a scalar")
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{self.label}: input must be real numbers, got {array.dtype}")
        return array.astype(self.dtype, copy=False)

    def _ensure_built(self, input_shape):
        if self.built:
            return
        self.build(input_shape)
        if hasattr(self, "call"):
            self._networks = composite.trace(self, input_shape, self.dtype)
        self._sublayers = self._find_sublayers()
        self.built = True
        if not self._trainable:
            self.trainable = False
        if self._first_weights is not None:
            self.set_weights(self._first_weights)
            self._first_weights = None

    def _find_sublayers(self):
        """Those kept as attributes, in that order as in Keras, then what ``call`` makes."""
        found = {id(layer): layer for layer in _layers_in(list(vars(self).values()))}
        for network in (self._networks or {}).values():
            found.update((id(layer), layer) for layer in network.layers)
        return list(found.values())

    def _network(self, training):
        return self._networks[bool(training)]

    # Describing -----------------------------------------------------------------------------

    @property
    def label(self):
        """How messages name the layer: ``Conv2D 'c1'``."""
        return f"{type(self).__name__} {self.name!r}"

    @property
    def input(self):
        """Symbolic input of the layer's first call (a list if it has several)."""
        node = self._first_node()
        return node.inputs[0] if node.single_input else node.inputs

    @property
    def output(self):
        """Symbolic output of the layer's first call (a list if it has several)."""
        node = self._first_node()
        return node.outputs[0] if node.single_output else node.outputs

    @property
    def input_shape(self):
        """Shape of :attr:`input`."""
        tensors = self.input
        return [t.shape for t in tensors] if isinstance(tensors, list) else tensors.shape

    def _first_node(self):
        if not self._nodes:
            raise AttributeError(f"{self.label}: has no input yet, it was never called")
        return self._nodes[0]

    def compute_output_shape(self, input_shape):
        """Keras' name of :meth:`output_shape`."""
        return self.output_shape(input_shape)

    def get_config(self):
        """The constructor's arguments as plain data, read from the attributes of their names."""
        config = {name: serialize(value) for name, value in arguments(self).items()}
        if self.batch_input_shape is not None:
            config["batch_input_shape"] = list(self.batch_input_shape)
        return config

    @classmethod
    def from_config(cls, config):
        """A new layer from :meth:`get_config`."""
        return cls(**config)

    def __repr__(self):
        return f"<{self.label}>"


def _layers_in(value):
    """Every layer in nested lists, tuples and dicts."""
    if isinstance(value, Layer):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _layers_in(item)


def _is_nested_numbers(value):
    """Whether a list is plain data (``[[1, 2], [3, 4]]``) rather than several arrays."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (int, float, np.number))


def _batch_input_shape(kind, input_shape=None, batch_input_shape=None, batch_shape=None,
                       input_dim=None, batch_size=None):  # fmt: skip
    if input_dim is not None:
        input_shape = (input_dim,)
    shape = batch_input_shape or batch_shape
    if shape is None and input_shape is not None:
        input_shape = (input_shape,) if isinstance(input_shape, int) else input_shape
        shape = (batch_size, *input_shape)
    if shape is None:
        return None
    for length in shape:
        if length is None:
            continue
        if isinstance(length, (bool, float, str)) or int(length) != length:
            raise TypeError(f"{kind}: input_shape must be integers or None, got {tuple(shape)}")
        if length < 1:
            raise ValueError(f"{kind}: input_shape must be positive, got {tuple(shape)}")
    return tuple(None if length is None else int(length) for length in shape)
