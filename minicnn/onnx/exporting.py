"""From a model to an ONNX graph."""

import itertools

import numpy as np

from .. import __version__, activations, extras
from . import layout
from .exported import Exported
from .exporters import TABLE

# Gelu came with operator set 20 (ONNX 1.15, 2023); files of it need IR version 9.
OPSET, IR_VERSION = 20, 9


def export(model, data_format="channels_last"):
    """The ``onnx.ModelProto`` of a built model, at inference; see :func:`minicnn.onnx.save`."""
    onnx = extras.load("onnx", "onnx", "minicnn.onnx.save")
    model._ensure_built(None)
    network = model._network(False)
    exporter = Exporter()
    first = data_format == "channels_first"
    inputs = [
        exporter.add_input(name, tensor, first)
        for name, tensor in zip(model.input_names, network.inputs)
    ]
    outputs = exporter.add_network(network, inputs)
    names = [exporter.add_output(value, first) for value in outputs]
    graph = onnx.helper.make_graph(
        exporter.nodes,
        model.name,
        exporter.inputs,
        names,
        [onnx.numpy_helper.from_array(a, name) for name, a in exporter.constants.items()],
    )
    return onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="minicnn",
        producer_version=__version__,
    )


class Exporter:
    """Collects nodes and constants while a network is walked.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
    constants : dict
        Name to array.
    inputs : list of onnx.ValueInfoProto
    """

    def __init__(self):
        import onnx

        self._helper = onnx.helper
        self.nodes, self.constants, self.inputs = [], {}, []
        self._names, self._weights, self._stem = set(), {}, "value"
        self._arranged, self._outputs = {}, set()

    # The graph ------------------------------------------------------------------------------

    def add_input(self, name, tensor, channels_first):
        """Declare an input of the model."""
        order = self._edge_order(len(tensor.shape), channels_first)
        value = Exported(self._new_name(name), tuple(tensor.shape), order, tensor.dtype)
        self.inputs.append(self._declared(value))
        return value

    def add_output(self, value, channels_first):
        """The ``onnx.ValueInfoProto`` of an output of the model."""
        self._stem = value.name or "output"
        value = self.arranged(value, self._edge_order(value.rank, channels_first))
        given = {entry.name for entry in self.inputs}
        if value.name in given or value.name in self._outputs:
            value = self.mapped("Identity", value)
        self._outputs.add(value.name)
        return self._declared(value)

    def add_network(self, network, inputs):
        """Add every node of ``network``; returns the values of its outputs."""
        values = dict(zip(network.input_slots, inputs))
        for node, (read, written) in zip(network.nodes, network.slots):
            if node.training:
                raise ValueError(
                    f"save: {node.layer.label}: is called with training=True, "
                    "a file holds the model at inference"
                )
            made = self._add_layer(node.layer, [values[slot] for slot in read])
            values.update(zip(written, made))
        return [values[slot] for slot in network.output_slots]

    def _add_layer(self, layer, inputs):
        if layer._networks is not None and type(layer) not in TABLE:
            return self.add_network(layer._network(False), inputs)
        if type(layer) not in TABLE:
            raise ValueError(f"save: {layer.label}: this layer has no form in ONNX")
        self._stem = layer.name
        result = TABLE[type(layer)](self, layer, *inputs)
        return result if isinstance(result, list) else [result]

    def _declared(self, value):
        lengths = ["batch" if axis == 0 else value.shape[axis] for axis in value.order]
        kind = self._helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype))
        return self._helper.make_tensor_value_info(value.name, kind, lengths)

    @staticmethod
    def _edge_order(rank, channels_first):
        return layout.first(rank) if channels_first and rank > 2 else layout.plain(rank)

    # Nodes ----------------------------------------------------------------------------------

    def node(self, operator, *inputs, **attributes):
        """Add a node that reads the values called ``inputs``; returns the name it makes."""
        name = self._new_name(self._stem, operator)
        attributes = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(
            self._helper.make_node(operator, list(inputs), [name], name=name, **attributes)
        )
        return name

    def mapped(self, operator, value, *inputs, **attributes):
        """``value`` after an operator that keeps its shape, with further ``inputs``."""
        value = self.settled(value)
        return value.named(self.node(operator, value.name, *inputs, **attributes))

    def constant(self, array, hint="constant"):
        """Name of a constant."""
        name = self._new_name(f"{self._stem}/{hint}")
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def integers(self, values, hint):
        """Name of a constant of 64-bit integers."""
        return self.constant(np.array(values, np.int64), hint)

    def scalar(self, number, like):
        """Name of a constant number in the dtype of a value."""
        return self.constant(np.array(number, like.dtype))

    def weight(self, weight, turned=None):
        """Name of a layer's weight, in the file once however often the layer is called.

        Parameters
        ----------
        weight : Weight
        turned : callable, optional
            From its array to ONNX's.
        """
        if id(weight) not in self._weights:
            array = weight.value if turned is None else turned(weight.value)
            self._weights[id(weight)] = weight, self.constant(array, weight.name)
        return self._weights[id(weight)][1]

    def beside(self, array, value):
        """Name of a constant that meets ``value`` by broadcasting, its axes in the same order."""
        array = np.asarray(array, value.dtype)
        if array.ndim == 0:
            return self.constant(array)
        full = array.reshape((1,) * (value.rank - array.ndim) + array.shape)
        return self.constant(full.transpose(value.order))

    def activated(self, value, activation):
        """``value`` after an :class:`~minicnn.activations.Activation`."""
        from .exporters.activations import activate

        if isinstance(activation, activations.Composed):
            return self.add_network(activation.network_for(value.shape, value.dtype), [value])[0]
        return activate(self, value, activation)

    def _new_name(self, stem, operator=None):
        further = stem if operator is None else f"{stem}/{operator}"
        counted = (f"{further}_{count}" for count in itertools.count(1))
        name = next(n for n in itertools.chain((stem, further), counted) if n not in self._names)
        self._names.add(name)
        return name

    # Orders of axes -------------------------------------------------------------------------

    def arranged(self, value, order):
        """``value`` stored in ``order``, by a transpose where it is not already."""
        value, order = self.settled(value), tuple(order)
        if value.order == order:
            return value
        key = value.name, order
        if key not in self._arranged:
            stem, self._stem = self._stem, f"{value.name}/Transpose"
            self._arranged[key] = self._turned(value, layout.places(value.order, order))
            self._stem = stem
        return Exported(self._arranged[key], value.shape, order, value.dtype)

    def _turned(self, value, dims):
        """Name of ``value`` transposed: by a reshape inside the graph where that does it."""
        lengths = value.stored_shape
        known = None not in lengths[1:] and dims[0] == 0
        inside = value.name not in {entry.name for entry in self.inputs}
        if inside and known and layout.keeps_memory(lengths, dims):
            target = self.integers([0, *(lengths[place] for place in dims[1:])], "shape")
            return self.node("Reshape", value.name, target)
        return self.node("Transpose", value.name, perm=dims)

    def plain(self, value):
        """``value`` stored as the model has it."""
        return self.arranged(value, layout.plain(value.rank))

    def image(self, value, data_format="channels_last"):
        """``value`` with its channels second, as ONNX's operators of images take it."""
        last = data_format == "channels_last"
        return self.arranged(value, layout.first(value.rank) if last else layout.plain(value.rank))

    def alike(self, values):
        """``values`` of one rank in one order of axes."""
        values = [self.settled(value) for value in values]
        plain = layout.plain(values[0].rank)
        order = next((value.order for value in values if value.order != plain), plain)
        return [self.arranged(value, order) for value in values]

    def settled(self, value):
        """``value`` as one that a node made."""
        if value.source is None:
            return value
        return value.named(self.node("Flatten", self.plain(value.source).name))

    def reshaped(self, value, shape):
        """``value`` in another shape, row-major as the model counts."""
        if shape[1:].count(None) > 1:
            raise ValueError(f"save: {self._stem}: a reshape to {shape} has too many unknowns")
        target = [0, *(-1 if n is None else n for n in shape[1:])]
        name = self.node("Reshape", self.plain(value).name, self.integers(target, "shape"))
        return Exported(name, tuple(shape), layout.plain(len(shape)), value.dtype)
