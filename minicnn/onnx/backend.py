"""ONNX's backend interface: any ONNX model, run by MiniCNN."""

import contextlib

import numpy as np

from ..errors import FormatError
from ..models import Model
from . import reading
from .importing import Importer, check_nodes, is_known
from .value import Value


class Backend:
    """Runs ONNX models, after ``onnx.backend.base.Backend``.

    ONNX's tests of single operators hand weights and shapes over as inputs, and treat the first
    axis as any other. So a model is built when its inputs are known: what must be constant is
    taken from them, and if the graph does not keep its first axis, an axis of length 1 is put
    before it as the batch.
    """

    @classmethod
    def supports_device(cls, device):
        """Whether ``device`` ("CPU", "CPU:0" ...) is there: the processor is."""
        return device.partition(":")[0] == "CPU"

    @classmethod
    def is_compatible(cls, model, device="CPU", **options):
        """Whether every operator of ``model`` is one of MiniCNN's."""
        return cls.supports_device(device) and all(is_known(node) for node in model.graph.node)

    @classmethod
    def prepare(cls, model, device="CPU", **options):
        """A :class:`Prepared` model, to be run many times.

        Raises
        ------
        FormatError
            If ``model`` is malformed or has an operator that is none of MiniCNN's.
        """
        if not cls.supports_device(device):
            raise ValueError(f"prepare: device must be CPU, got {device!r}")
        return Prepared(model)

    @classmethod
    def run_model(cls, model, inputs, device="CPU", **options):
        """Prepare and run once; see :meth:`Prepared.run`."""
        return cls.prepare(model, device, **options).run(inputs)

    @classmethod
    def run_node(cls, node, inputs, device="CPU", outputs_info=None, opset_version=None, **options):
        """Run one ``onnx.NodeProto``.

        Parameters
        ----------
        node : onnx.NodeProto
        inputs : list of ndarray
            One for each input that has a name.
        device : str
        outputs_info : ignored
        opset_version : int, optional
            Default: the newest.
        """
        import onnx

        helper = onnx.helper
        names = list(dict.fromkeys(name for name in node.input if name))
        if len(names) != len(inputs):
            raise ValueError(f"run_node: needs {len(names)} inputs, got {len(inputs)}")
        values = [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(np.asarray(array).dtype), np.shape(array)
            )
            for name, array in zip(names, inputs)
        ]
        made = [onnx.ValueInfoProto(name=name) for name in node.output if name]
        version = opset_version or onnx.defs.onnx_opset_version()
        graph = helper.make_graph([node], "node", values, made)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])
        return cls.run_model(model, inputs, device)


class Prepared:
    """An ONNX model that was checked; built for the shapes of the inputs that come."""

    def __init__(self, model):
        with reading.blaming():
            reading.check(model)
            check_nodes(model)
            self._graph = model.graph
            self._opset = reading.operator_set(model)
            self._constants = reading.initializers(model.graph)
        self._inputs = [i.name for i in model.graph.input if i.name not in self._constants]
        self._last = None

    def run(self, inputs, **options):
        """Outputs, a tuple of arrays, of ``inputs``: a list of arrays, or a dict by name."""
        if not isinstance(inputs, dict):
            arrays = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
            if len(arrays) != len(self._inputs):
                raise ValueError(f"run: needs {len(self._inputs)} inputs, got {len(arrays)}")
            inputs = dict(zip(self._inputs, arrays))
        given = {name: np.asarray(inputs[name]) for name in self._inputs}
        if self._last is None or not self._last.fits(given):
            self._last = self._build(given)
        return self._last.run(given)

    def _build(self, given):
        try:
            return _Built(Importer(self._graph, self._opset, self._constants, given=given), given)
        except FormatError as refused:
            lifted = Importer(self._graph, self._opset, self._constants, given=given, lifted=True)
            with contextlib.suppress(FormatError):
                return _Built(lifted, given)
            raise refused from None


class _Built:
    """The model of a graph for inputs of given shapes, and of given values where it needs them."""

    def __init__(self, importer, given):
        self._lifted, self._outputs = importer.lifted, importer.run()
        self._shapes = {name: array.shape for name, array in given.items()}
        self._used = {name: given[name].copy() for name in importer.used}
        self._fed = [name for name in given if name in importer.inputs]
        tensors = [value.tensor for value in self._outputs if isinstance(value, Value)]
        self._model = None
        if tensors:
            self._model = Model([importer.inputs[name].tensor for name in self._fed], tensors)

    def fits(self, given):
        """Whether the model holds for these inputs too."""
        return self._shapes == {name: array.shape for name, array in given.items()} and all(
            np.array_equal(array, given[name]) for name, array in self._used.items()
        )

    def run(self, given):
        """The graph's outputs, a tuple of arrays."""
        results = iter(())
        if self._model is not None:
            arrays = [given[name][None] if self._lifted else given[name] for name in self._fed]
            results = self._model(arrays if len(arrays) > 1 else arrays[0])
            results = iter(results if isinstance(results, list) else [results])
        return tuple(self._array(output, results) for output in self._outputs)

    def _array(self, output, results):
        if not isinstance(output, Value):
            return np.asarray(output)
        array = next(results)
        return array[0] if self._lifted else array
