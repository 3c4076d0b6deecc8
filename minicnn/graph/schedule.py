"""The steps in which a network runs: one a node, or one for a chain of nodes that were fused."""

import inspect

from . import fusion


class Schedule:
    """Steps in an order that can be run.

    Parameters
    ----------
    network : Network
    folding : bool
        See :func:`~minicnn.graph.fusion.find_chains`.

    Attributes
    ----------
    steps : list of NodeStep
    last_use : list of int
        For every tensor, the index of the last step that reads it (-1: none does).
    """

    def __init__(self, network, folding):
        ends = {chain[-1]: chain for chain in fusion.find_chains(network, folding)}
        inner = {index for chain in ends.values() for index in chain[:-1]}
        self.steps = []
        for index, node in enumerate(network.nodes):
            if index in ends:
                chain = ends[index]
                self.steps.append(
                    ChainStep([network.nodes[i] for i in chain], [network.slots[i] for i in chain])
                )
            elif index not in inner:
                self.steps.append(NodeStep(node, *network.slots[index]))
        self.last_use = [-1] * network.tensors
        for index, step in enumerate(self.steps):
            for slot in step.read:
                self.last_use[slot] = index
        for slot in network.output_slots:
            self.last_use[slot] = len(self.steps)


class NodeStep:
    """One node.

    Attributes
    ----------
    nodes : list of Node
    read, written : list of int
        Numbers of the tensors.
    """

    def __init__(self, node, read, written):
        self.nodes, self.read, self.written = [node], read, written

    def forward(self, xs, training, linear):
        """``(ys, cache)`` from the tensors of ``read``; those of ``written`` as a sequence.

        The nodes in ``linear`` run without their activation, which the loss takes over.
        """
        (node,) = self.nodes
        return _node_forward(node, xs, training, linear)

    def backward(self, dys, cache, wanted, linear):
        """Gradients of the tensors of ``read``, or ``None``; ``wanted`` says which are needed.

        The step may empty the list ``dys``, so that nobody else holds what it has done with.
        """
        (node,) = self.nodes
        return _node_backward(node, dys, cache, any(wanted), linear)


class ChainStep(NodeStep):
    """Nodes one behind the other; all but the first may read one more tensor."""

    def __init__(self, nodes, slots):
        self.nodes, self.slots = nodes, slots
        self.inner = {written[0] for _, written in slots[:-1]}
        self.read = [slot for read, _ in slots for slot in read if slot not in self.inner]
        self.written = slots[-1][1]
        self.runner = fusion.make_runner([node.layer for node in nodes])

    def forward(self, xs, training, linear):
        mode = training if self.nodes[0].training is None else self.nodes[0].training
        if self.nodes[-1] not in linear and self.runner.fits(xs, mode):
            y, cache = self.runner.forward(xs, mode)
            return (y,), (True, cache)
        # Layers are changed at times: then each runs on its own.
        values, caches = dict(zip(self.read, xs)), []
        for node, (read, written) in zip(self.nodes, self.slots):
            ys, cache = _node_forward(node, [values[slot] for slot in read], training, linear)
            values[written[0]] = ys[0]
            caches.append(cache)
        return ys, (False, caches)

    def backward(self, dys, cache, wanted, linear):
        fused, cache = cache
        if fused:
            return self.runner.backward(dys.pop(), cache, wanted)
        outer = []
        (dy,) = dys
        for index in range(len(self.nodes) - 1, -1, -1):
            node, (read, _) = self.nodes[index], self.slots[index]
            needs_dx = index > 0 or wanted[0]
            dxs = _node_backward(node, [dy], cache.pop(), needs_dx, linear) or [None]
            for slot, dx in zip(reversed(read), reversed(dxs)):
                if slot in self.inner:
                    dy = dx
                else:
                    outer.append(dx)
        return outer[::-1]


def _node_forward(node, xs, training, linear):
    mode = training if node.training is None else node.training
    run = node.layer.linear_forward if node in linear else node.layer.forward
    y, cache = run(xs[0] if node.single_input else xs, mode)
    return (y,) if node.single_output else y, cache


def _node_backward(node, dys, cache, needs_dx, linear):
    run = node.layer.linear_backward if node in linear else node.layer.backward
    dy = dys[0] if node.single_output else dys
    dx = run(dy, cache, needs_dx=needs_dx) if accepts_needs_dx(run) else run(dy, cache)
    return (dx,) if node.single_input and dx is not None else dx


_declares: dict = {}


def accepts_needs_dx(method):
    """Whether a ``backward`` lets one say that the input's gradient is not needed."""
    function = getattr(method, "__func__", method)
    known = _declares.get(function)
    if known is None:
        known = _declares[function] = "needs_dx" in inspect.signature(function).parameters
    return known
