"""A part of the graph between chosen inputs and outputs, in an order that can be run."""

from .order import listed_layers
from .schedule import Schedule


class Network:
    """Nodes between ``inputs`` and ``outputs`` in topological order, tensors numbered.

    Parameters
    ----------
    inputs, outputs : list of SymbolicTensor
    name : str
        For messages.

    Attributes
    ----------
    nodes : list of Node
    layers : list
        Each layer once, in the order of Keras; see :func:`~minicnn.graph.order.listed_layers`.
    slots : list of (list of int, list of int)
        For every node, the numbers of its input and output tensors.
    input_slots, output_slots : list of int
    tensors : int

    Raises
    ------
    ValueError
        If an output does not depend on the inputs alone.
    """

    def __init__(self, inputs, outputs, name="model"):
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.name = name
        self.nodes = _sorted_nodes(self.inputs, self.outputs, name)
        self._number_tensors()
        self.layers = listed_layers(self)
        self._schedules = {}

    def schedule(self, folding):
        """The :class:`~minicnn.graph.schedule.Schedule`, made by the first call.

        Parameters
        ----------
        folding : bool
            Whether no backward pass follows and statistics are fixed.
        """
        if folding not in self._schedules:
            self._schedules[folding] = Schedule(self, folding)
        return self._schedules[folding]

    def _number_tensors(self):
        numbers = {}

        def number(tensor):
            return numbers.setdefault(id(tensor), len(numbers))

        self.input_slots = [number(t) for t in self.inputs]
        self.slots = [
            ([number(t) for t in node.inputs], [number(t) for t in node.outputs])
            for node in self.nodes
        ]
        self.output_slots = [number(t) for t in self.outputs]
        self.tensors = len(numbers)


def _sorted_nodes(inputs, outputs, name):
    """Depth-first post-order without recursion: deep networks pass Python's stack limit."""
    known = {id(tensor) for tensor in inputs}
    order, done, open_ = [], set(), set()
    stack = [(t, False) for t in reversed(outputs)]
    while stack:
        tensor, finished = stack.pop()
        node = tensor.node
        if id(tensor) in known or (node is not None and id(node) in done):
            continue
        if node is None:
            raise ValueError(
                f"{name}: an output depends on {tensor!r}, which is not among the inputs"
            )
        if finished:
            done.add(id(node))
            order.append(node)
            continue
        if id(node) in open_:
            continue
        open_.add(id(node))
        stack.append((tensor, True))
        stack.extend((t, False) for t in reversed(node.inputs))
    return order
