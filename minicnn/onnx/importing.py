"""From the graph of an ONNX file to a model."""

import re
from collections import Counter

import numpy as np

from ..errors import FormatError
from ..layers import Input
from ..layers.weight import awaiting_values
from ..models import Model
from . import folding, layout
from .call import Call, label_of
from .operators import TABLE
from .reading import attribute_value, blaming, operator_set, printable
from .value import Value

# Stands for a batch of unknown length where a graph asks for it; no product of real lengths.
_ANY_BATCH = 2_147_483_629


class Importer:
    """Converts one graph, node by node, in the order of the file.

    Parameters
    ----------
    graph : onnx.GraphProto
    opset : int
        Version of ONNX's operators.
    constants : dict
        Name to array: the graph's initializers.
    file : path, optional
        For messages.
    channels_last : bool
        Whether inputs and outputs of three axes and more have their channels last, instead of
        second as ONNX has them.
    given : dict, optional
        Name to array: values of the inputs. An input that an operator needs as a constant (a
        weight, a shape) then is one; the model holds for these values.
    lifted : bool
        Put an axis of length 1, the model's batch, before all axes of the graph, so that the
        graph may do with its first axis whatever it likes.

    Attributes
    ----------
    inputs : dict
        Name to value of the inputs that the model has.
    used : set of str
        Names in ``given`` that became constants.
    makers : dict
        Tensor to the name of the ONNX value that it was made for.
    batch : int
        Length of the batch axis that the file gives, or a number that stands for it: shapes may
        name it.
    """

    def __init__(
        self, graph, opset, constants, file=None, channels_last=False, given=None, lifted=False
    ):
        self.graph, self.opset, self.file = graph, opset, file
        self.constants = dict(constants)
        self.channels_last, self.given, self.lifted = channels_last, given, lifted
        self.inputs, self.used, self.arranged, self.makers = {}, set(), {}, {}
        self.batch = 0
        self._values, self._names, self._counts = {}, set(), Counter()
        self._declared = {i.name: i for i in graph.input if i.name not in constants}
        self._read = Counter(name for node in graph.node for name in node.input)
        self._read.update(output.name for output in graph.output)

    def run(self):
        """Convert every node; returns the graph's outputs, values or arrays."""
        with blaming(self.file), awaiting_values(float("inf")):  # the file brings them all
            for name in self._declared if self.given is None else ():
                self._make_input(name)
            for proto in self.graph.node:
                self._convert(proto)
            return [self._output(output.name) for output in self.graph.output]

    def model(self, name=None):
        """Convert the graph to a :class:`~minicnn.models.Model`."""
        outputs = self.run()
        for output, value in zip(self.graph.output, outputs):
            if not isinstance(value, Value):
                raise FormatError(f"output {output.name!r} does not depend on an input", self.file)
        inputs = [self.inputs[name].tensor for name in self._declared if name in self.inputs]
        if not inputs or not outputs:
            raise FormatError("the graph must have an input and an output", self.file)
        return Model(inputs, [value.tensor for value in outputs], name=name)

    # Nodes ----------------------------------------------------------------------------------

    def _convert(self, proto):
        attributes = {a.name: attribute_value(a, self.file) for a in proto.attribute}
        call = Call(self, proto, attributes)
        try:
            results = self._results(call)
        except FormatError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
            call.refuse(str(error).partition("\n")[0])
        for name, result in zip(call.outputs, results):
            if name in self._values or name in self.constants:
                call.refuse(f"output {name!r} exists already")
            if not isinstance(result, Value):
                self.constants[name] = result
                continue
            self._values[name] = result
            self.makers.setdefault(result.tensor, name)

    def _results(self, call):
        given = [name for name in call.inputs if name]
        folds = call.operator in folding.TABLE and all(name in self.constants for name in given)
        if folds or call.operator not in TABLE:
            return folding.fold(call)
        result = TABLE[call.operator](call)
        return result if isinstance(result, list) else [result]

    # Values ---------------------------------------------------------------------------------

    def value(self, name, call):
        """The :class:`Value` called ``name``, of an input or of a node before."""
        if name in self._declared and name not in self._values:
            self._make_input(name)
        if name not in self._values:
            constant = " is a constant, the operator needs a tensor of the graph"
            call.refuse(f"input {name!r}{constant if name in self.constants else ' is unknown'}")
        return self._values[name]

    def constant(self, name, call):
        """The array called ``name``."""
        if name in self.constants:
            return self.constants[name]
        if self.given is not None and name in self.given:
            self.used.add(name)
            return self.given[name]
        known = name in self._values or name in self._declared
        call.refuse(f"input {name!r} {'must be a constant' if known else 'is unknown'}")

    def is_constant(self, name):
        """Whether ``name`` is a constant, or could be made one."""
        declared = self.given is not None and name in self._declared
        integer = declared and self._input_dtype(name) in ("int32", "int64")
        return name in self.constants or (declared and not integer)

    def readers(self, name):
        """How many inputs of nodes and outputs of the graph read ``name``."""
        return self._read[name] if name else 0

    def is_computed(self, name):
        """Whether a node made the value ``name``."""
        return name in self._values and name not in self.inputs

    def new_name(self, proto):
        """A name for a layer, near to the node's."""
        return self._new_label(proto.name, proto.op_type.lower())

    def _new_label(self, name, otherwise):
        stem = re.sub(r"[^A-Za-z0-9_.]+", "_", name[:100]).strip("_") or otherwise
        label = stem
        while label in self._names:
            self._counts[stem] += 1
            label = f"{stem}_{self._counts[stem]}"
        self._names.add(label)
        return label

    def _make_input(self, name):
        shape, dtype = self._input_shape(name), self._input_dtype(name)
        order = layout.plain(len(shape))
        if not self.lifted:
            if not shape:
                raise FormatError(f"input {name!r} is a scalar and has no batch axis", self.file)
            if self.channels_last and len(shape) > 2:
                order = layout.last(len(shape))
            self.batch = self.batch or shape[0] or _ANY_BATCH
            shape = [shape[axis] for axis in order[1:]]
        label = self._new_label(name, "input")
        self.inputs[name] = Value(Input(shape, dtype=dtype, name=label), order)
        self._values[name] = self.inputs[name]

    def _input_shape(self, name):
        if self.given is not None and name in self.given:
            return list(np.shape(self.given[name]))
        tensor = self._declared[name].type.tensor_type
        if not tensor.HasField("shape"):
            raise FormatError(f"input {name!r} must have a known number of axes", self.file)
        lengths = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
        return [None if n is None or n < 0 else n for n in lengths]

    def _input_dtype(self, name):
        import onnx

        types = onnx.TensorProto
        known = {types.FLOAT: "float32", types.DOUBLE: "float64"}
        known.update({types.INT32: "int32", types.INT64: "int64"})
        kind = self._declared[name].type.tensor_type.elem_type
        if kind not in known:
            told = types.DataType.Name(kind) if kind in types.DataType.values() else kind
            raise FormatError(f"input {name!r} must be of FLOAT or DOUBLE, got {told}", self.file)
        return known[kind]

    def _output(self, name):
        if name in self.constants:
            return self.constants[name]
        proto = next(output for output in self.graph.output if output.name == name)
        if name not in self._values and name not in self._declared:
            raise FormatError(f"output {name!r} is made by no node", self.file)
        import onnx

        call = Call(self, onnx.NodeProto(op_type="Transpose", name=proto.name), {})
        value = self.value(name, call)
        if self.channels_last and value.rank > 2 and not self.lifted:
            return call.arranged(value, layout.last(value.rank))
        return call.plain(value)


def check_nodes(model, file=None):
    """Refuse operators that are none of MiniCNN's, and nodes that break ONNX's own schemas.

    Raises
    ------
    FormatError
        Naming the node.
    """
    import onnx

    context = onnx.onnx_cpp2py_export.checker.CheckerContext()
    context.ir_version = model.ir_version
    context.opset_imports = {"": operator_set(model, file)}
    for node in model.graph.node:
        reason = None if is_known(node) else f"operator {_full_name(node)} is none of MiniCNN's"
        try:
            if reason is None:
                onnx.checker.check_node(node, context)
        except onnx.checker.ValidationError as error:
            reason = str(error).partition("\n")[0]
        if reason is not None:
            raise FormatError(printable(f"{label_of(node)}: {reason}"), file)


def is_known(node):
    """Whether the operator of an ``onnx.NodeProto`` is one of MiniCNN's."""
    name = node.op_type
    return node.domain in ("", "ai.onnx") and (name in TABLE or name in folding.TABLE)


def _full_name(proto):
    name = f"{proto.domain}.{proto.op_type}" if proto.domain else proto.op_type
    return name[:80]
