"""Running a network forward and backward. There is no tape: the graph is known beforehand."""

import inspect
from contextvars import ContextVar

import numpy as np

from minicnn_kernels import memory

# Whether the pass that is running keeps caches: networks inside a network ask. A layer's forward
# that is called by hand may be followed by its backward.
_recording: ContextVar[bool] = ContextVar("minicnn_recording", default=True)


def is_recording():
    """Whether a backward pass may follow the running forward pass."""
    return _recording.get()


class Pass:
    """What one forward pass leaves for its backward pass.

    Attributes
    ----------
    outputs : list of ndarray
    caches : list
        One entry a node, as its layer returned it; ``None`` once used.
    shapes : list of tuple
        Shape and dtype of every tensor, for gradients that nobody sends.
    """

    __slots__ = ("caches", "outputs", "shapes")


def forward(network, arrays, training=False, record=False, linear=()):
    """Run every node once.

    Parameters
    ----------
    network : Network
    arrays : list of ndarray
        One for each input.
    training : bool
        Mode of the layers that behave differently in training.
    record : bool
        Keep the caches that :func:`backward` needs.
    linear : collection of Node
        Nodes whose layer runs without its activation (the loss takes it over).

    Returns
    -------
    Pass
    """
    token = _recording.set(record)
    try:
        return _forward(network, arrays, training, record, linear)
    finally:
        _recording.reset(token)


def _forward(network, arrays, training, record, linear):
    values = [None] * network.tensors
    caches = [None] * len(network.nodes)
    shapes = [None] * network.tensors
    for slot, array in zip(network.input_slots, arrays):
        values[slot] = array
        shapes[slot] = (array.shape, array.dtype)
    for index, node in enumerate(network.nodes):
        read, written = network.slots[index]
        x = [values[slot] for slot in read]
        mode = training if node.training is None else node.training
        run = node.layer.linear_forward if node in linear else node.layer.forward
        y, cache = run(x[0] if node.single_input else x, mode)
        if record:
            caches[index] = cache
        for slot, value in zip(written, (y,) if node.single_output else y):
            values[slot] = value
            shapes[slot] = (value.shape, value.dtype)
        del x, y, cache
        for slot in read:  # what nobody reads any more goes back to the memory pool
            if network.last_use[slot] == index:
                values[slot] = None
    result = Pass()
    result.outputs = [values[slot] for slot in network.output_slots]
    result.caches = caches
    result.shapes = shapes
    return result


def backward(network, run, dys, wants_inputs=False, linear=()):
    """Walk the nodes in reverse, add to the weights' gradients, return those of the inputs.

    Parameters
    ----------
    network : Network
    run : Pass
        Of a forward pass with ``record=True``. Each cache is freed as soon as it was used.
    dys : list of ndarray or None
        Gradient of each output; ``None`` means zero.
    wants_inputs : bool
        Whether the gradients of the inputs are needed at all.
    linear : collection of Node
        As in :func:`forward`.

    Returns
    -------
    list of ndarray or None
        Gradients of the inputs, ``None`` where not wanted or unreached.
    """
    wanted = _wanted(network, wants_inputs)
    gradients = [None] * network.tensors
    for slot, dy in zip(network.output_slots, dys):
        _add(gradients, slot, dy)
    for index in range(len(network.nodes) - 1, -1, -1):
        node = network.nodes[index]
        read, written = network.slots[index]
        arrived = [gradients[slot] for slot in written]
        for slot in written:
            gradients[slot] = None
        cache, run.caches[index] = run.caches[index], None
        if not any(wanted[slot] for slot in written) or all(g is None for g in arrived):
            continue
        dy = [_zeros_if_none(g, run.shapes[slot]) for g, slot in zip(arrived, written)]
        dx = _node_backward(node, dy, cache, any(wanted[slot] for slot in read), node in linear)
        del arrived, dy, cache
        if dx is None:
            continue
        for slot, gradient in zip(read, (dx,) if node.single_input else dx):
            if wanted[slot]:
                _add(gradients, slot, gradient)
    return [gradients[slot] for slot in network.input_slots]


def _node_backward(node, dy, cache, needs_dx, linear):
    layer = node.layer
    run = layer.linear_backward if linear else layer.backward
    dy = dy[0] if node.single_output else dy
    if _accepts_needs_dx(run):
        return run(dy, cache, needs_dx=needs_dx)
    return run(dy, cache)


_declares: dict = {}


def _accepts_needs_dx(method):
    function = getattr(method, "__func__", method)
    known = _declares.get(function)
    if known is None:
        known = _declares[function] = "needs_dx" in inspect.signature(function).parameters
    return known


def _wanted(network, wants_inputs):
    """For every tensor, whether its gradient reaches a trainable weight or a wanted input."""
    wanted = [False] * network.tensors
    for slot in network.input_slots:
        wanted[slot] = wants_inputs
    for node, (read, written) in zip(network.nodes, network.slots):
        reaches = bool(node.layer.trainable_weights) or any(wanted[slot] for slot in read)
        for slot in written:
            wanted[slot] = wanted[slot] or reaches
    return wanted


def _add(gradients, slot, gradient):
    """Sum fan-in. Never in place: a layer may have returned one array for two inputs."""
    if gradient is None:
        return
    before = gradients[slot]
    if before is not None:
        total = memory.empty(before.shape, before.dtype)
        gradient = np.add(before, gradient, out=total)
    gradients[slot] = gradient


def _zeros_if_none(gradient, shape_and_dtype):
    if gradient is not None:
        return gradient
    shape, dtype = shape_and_dtype
    return np.zeros(shape, dtype)
