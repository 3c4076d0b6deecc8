"""One node of an ONNX graph while it is converted: what an operator's function works with."""

import math

import numpy as np

from ..errors import FormatError
from ..layers import Permute, Reshape
from ..layers.activated import ActivatedLayer
from ..layers.operands import float_dtype
from . import layout
from .reading import printable
from .value import Value

_MISSING = object()


class Call:
    """A node: its inputs as values or constants, its attributes, and the layers it becomes.

    Parameters
    ----------
    importer : Importer
    proto : onnx.NodeProto
    attributes : dict
        Name to value, strings decoded, tensors as arrays.
    """

    def __init__(self, importer, proto, attributes):
        self.importer, self.proto = importer, proto
        self.attributes = attributes
        self.operator, self.opset = proto.op_type, importer.opset
        self.inputs, self.outputs = list(proto.input), list(proto.output)

    @property
    def label(self):
        """How messages name the node: ``Conv 'conv1'``."""
        return label_of(self.proto)

    def refuse(self, message):
        """Raise :class:`FormatError` naming file and node."""
        raise FormatError(printable(f"{self.label}: {message}"), self.importer.file)

    # Arguments ------------------------------------------------------------------------------

    def attribute(self, name, default=None):
        """Value of an attribute, or ``default``."""
        return self.attributes.get(name, default)

    def has(self, index):
        """Whether input number ``index`` is given."""
        return index < len(self.inputs) and self.inputs[index] != ""

    def wants(self, index):
        """Whether output number ``index`` is read by anybody."""
        return index < len(self.outputs) and self.importer.readers(self.outputs[index]) > 0

    def operand(self, index):
        """Input number ``index``, a :class:`Value`, or an array if it is a constant."""
        name = self.inputs[index]
        return (
            self.importer.constants[name] if name in self.importer.constants else self.tensor(index)
        )

    def tensor(self, index=0, integers=False):
        """Input number ``index`` as a :class:`Value`, in whatever order it is stored."""
        if not self.has(index):
            self.refuse(f"input {index} is missing")
        value = self.importer.value(self.inputs[index], self)
        if not integers and np.dtype(value.dtype).kind != "f":
            self.refuse(f"input {self.inputs[index]!r} is of {value.dtype}, not of real numbers")
        return value

    def constant(self, index, default=_MISSING):
        """Input number ``index`` as an array; it must not depend on the model's input."""
        if not self.has(index):
            if default is _MISSING:
                self.refuse(f"input {index} is missing")
            return default
        return self.importer.constant(self.inputs[index], self)

    def setting(self, name, index, default=None):
        """What newer operator sets take as input ``index`` and older ones as attribute ``name``."""
        if self.has(index):
            return self.constant(index).tolist()
        return self.attribute(name, default)

    def number(self, name, index, default=None):
        """:meth:`setting` of one number."""
        value = self.setting(name, index, default)
        return value if value is None else np.asarray(value).reshape(()).item()

    def scalar(self, number):
        """A number as a constant in the dtype of the node's first input."""
        return np.asarray(number, self.tensor().dtype)

    def image(self, index=0):
        """Input number ``index`` with its channels stored last; its first axis is the batch."""
        value = self.tensor(index)
        if value.lifted or value.rank < 2:
            self.refuse(f"needs a batch axis and channels, got shape {value.shape}")
        return self.arranged(value, layout.last(value.rank))

    # Layers ---------------------------------------------------------------------------------

    def layer(self, layer_class, inputs, *arguments, weights=None, **options):
        """Apply a new layer to a symbolic tensor or a list of them.

        Parameters
        ----------
        layer_class : class
        inputs : SymbolicTensor or list of SymbolicTensor
        weights : dict, optional
            Attribute of the layer to array: its weights.
        *arguments, **options
            Of the layer.
        """
        tensor = inputs[0] if isinstance(inputs, list) else inputs
        options = {"dtype": float_dtype(tensor), **options}
        layer = layer_class(*arguments, name=self.importer.new_name(self.proto), **options)
        output = layer(inputs)
        for name, array in (weights or {}).items():
            getattr(layer, name).assign(array)
        return output

    def mapped(self, layer_class, value, *arguments, **options):
        """``value`` after a layer that works element by element, in any order of axes."""
        return value.holding(self.layer(layer_class, value.tensor, *arguments, **options))

    def activated(self, name, layer_class, *arguments):
        """The first input after activation ``name``: part of the layer before it, if it has none.

        The layer must have made the input and nobody else may read it; otherwise a new layer of
        ``layer_class`` does it.
        """
        value, source = self.tensor(), self.inputs[0]
        layer = value.tensor.node and value.tensor.node.layer
        bare = isinstance(layer, ActivatedLayer) and layer.activation.name == "linear"
        alone = self.importer.makers.get(value.tensor) == source
        if bare and alone and self.importer.readers(source) == 1:
            layer.activation = name
            return value
        return self.mapped(layer_class, value, *arguments)

    # Orders of axes -------------------------------------------------------------------------

    def arranged(self, value, order):
        """``value`` stored in ``order``, by a transpose where it is not already."""
        value = self.settled(value)
        if value.order == tuple(order):
            return value
        key = value.tensor, tuple(order)
        if key not in self.importer.arranged:
            self.importer.arranged[key] = self._arrange(value, tuple(order))
        return self.importer.arranged[key]

    def plain(self, value):
        """``value`` stored as ONNX has it."""
        return self.arranged(value, layout.plain(value.rank))

    def settled(self, value):
        """``value`` with its flattened axis in ONNX's order."""
        if value.unflat is None:
            return value
        lengths, order = value.unflat
        apart = self.reshaped(value.tensor, lengths)
        dims = layout.places(order, layout.plain(len(order)))
        turned = self.layer(Permute, apart, [place + 1 for place in dims])
        return Value(self.reshaped(turned, [math.prod(lengths)]), value.order)

    def _arrange(self, value, order):
        dims = layout.places(value.order, order)
        lengths = value.tensor.shape[value.lifted :]
        if not value.lifted and dims[0] != 0:
            self.refuse(f"moves the batch axis of {value.shape}, which a model keeps in front")
        unknown = [n for n in lengths[1 - value.lifted :] if n is None]
        if layout.keeps_memory(lengths, dims) and not unknown:
            target = [lengths[place] for place in dims[1 - value.lifted :]]
            return Value(self.reshaped(value.tensor, target), order)
        inner = [place + value.lifted for place in dims]
        return Value(self.layer(Permute, value.tensor, inner[1 - value.lifted :]), order)

    def reshaped(self, tensor, lengths):
        """``tensor`` with other lengths behind its batch axis; one may be ``None``."""
        lengths = list(lengths)
        if lengths.count(None) > 1:
            self.refuse(f"more than one unknown length in {tuple(lengths)}")
        known = [-1 if n is None else int(n) for n in lengths]
        if tuple(tensor.shape[1:]) == tuple(lengths):
            return tensor
        return self.layer(Reshape, tensor, known)

    def unsqueezed(self, value, axes):
        """``value`` with new axes of length 1, counted in the result."""
        if not axes:
            return value
        value = self.settled(value)
        rank = value.rank + len(axes)
        axes = layout.counted(axes, rank)
        order = layout.with_new(value.order, axes)
        if not value.lifted and order[0] in axes:
            self.refuse("puts an axis before the batch axis, which a model keeps in front")
        lengths = iter(value.tensor.shape[value.lifted :])
        target = [1 if axis in axes else next(lengths) for axis in order]
        return Value(self.reshaped(value.tensor, target[1 - value.lifted :]), order)

    def squeezed(self, value, axes):
        """``value`` without ``axes``, whose length must be 1."""
        if not axes:
            return value
        value = self.settled(value)
        axes = layout.counted(axes, value.rank)
        if any(value.shape[axis] != 1 for axis in axes):
            self.refuse(f"axes {axes} of {value.shape} must have length 1")
        lengths = value.tensor.shape[value.lifted :]
        kept = [n for n, axis in zip(lengths, value.order) if axis not in axes]
        return Value(
            self.reshaped(value.tensor, kept[1 - value.lifted :]),
            layout.without(value.order, axes),
        )


def label_of(proto):
    """How messages name an ``onnx.NodeProto``: by its name or that of its first output."""
    name = proto.name or next(iter(proto.output), "")
    return f"{proto.op_type[:40]} {name[:100]!r}"
