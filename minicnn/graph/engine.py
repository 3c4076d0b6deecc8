"""Running a network forward and backward. There is no tape: the graph is known beforehand."""

from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from minicnn_kernels import backend

# Whether the pass that is running keeps caches: networks inside a network ask. A layer's forward
# that is called by hand may be followed by its backward.
_recording: ContextVar[bool] = ContextVar("minicnn_recording", default=True)


def is_recording():
    """Whether a backward pass may follow the running forward pass."""
    return _recording.get()


@contextmanager
def recording(record):
    """Set inside what :func:`is_recording` says."""
    token = _recording.set(record)
    try:
        yield
    finally:
        _recording.reset(token)


class Pass:
    """What one forward pass leaves for its backward pass.

    Attributes
    ----------
    outputs : list of ndarray
    caches : list
        One entry a step, as it returned it; ``None`` once used.
    shapes : list of tuple
        Shape and dtype of every tensor, for gradients that nobody sends.
    steps : list of NodeStep
        As they were run.
    """

    __slots__ = ("caches", "outputs", "shapes", "steps")


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
    with recording(record):
        return _forward(network, arrays, training, record, linear)


def _forward(network, arrays, training, record, linear):
    schedule = network.schedule(folding=not (record or training))
    values = [None] * network.tensors
    caches = [None] * len(schedule.steps)
    shapes = [None] * network.tensors
    for slot, array in zip(network.input_slots, arrays):
        values[slot] = array
        shapes[slot] = (array.shape, array.dtype)
    for index, step in enumerate(schedule.steps):
        xs = [values[slot] for slot in step.read]
        ys, cache = step.forward(xs, training, linear)
        if record:
            caches[index] = cache
        for slot, value in zip(step.written, ys):
            values[slot] = value
            shapes[slot] = (value.shape, value.dtype)
        del xs, ys, cache, value
        for slot in step.read:  # what nobody reads any more goes back to the memory pool
            if schedule.last_use[slot] == index:
                values[slot] = None
    result = Pass()
    result.outputs = [values[slot] for slot in network.output_slots]
    result.caches, result.shapes, result.steps = caches, shapes, schedule.steps
    return result


def backward(network, run, dys, wants_inputs=False, linear=()):
    """Walk the steps in reverse, add to the weights' gradients, return those of the inputs.

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
    wanted = _wanted(network, run.steps, wants_inputs)
    gradients, sums = [None] * network.tensors, set()
    for slot, dy in zip(network.output_slots, dys):
        _add(gradients, sums, slot, dy)
    for index in range(len(run.steps) - 1, -1, -1):
        step = run.steps[index]
        arrived = [gradients[slot] for slot in step.written]
        for slot in step.written:
            gradients[slot] = None
        cache, run.caches[index] = run.caches[index], None
        if not any(wanted[slot] for slot in step.written) or all(g is None for g in arrived):
            continue
        dys = [_zeros_if_none(g, run.shapes[slot]) for g, slot in zip(arrived, step.written)]
        del arrived
        dxs = step.backward(dys, cache, [wanted[slot] for slot in step.read], linear)
        del dys, cache
        for slot, gradient in zip(step.read, dxs or ()):
            if wanted[slot]:
                _add(gradients, sums, slot, gradient)
        dxs = gradient = None  # the step before this one may let go of them
    return [gradients[slot] for slot in network.input_slots]


def _wanted(network, steps, wants_inputs):
    """For every tensor, whether its gradient reaches a trainable weight or a wanted input."""
    wanted = [False] * network.tensors
    for slot in network.input_slots:
        wanted[slot] = wants_inputs
    for step in steps:
        reaches = any(wanted[slot] for slot in step.read) or any(
            node.layer.trainable_weights for node in step.nodes
        )
        for slot in step.written:
            wanted[slot] = wanted[slot] or reaches
    return wanted


def _add(gradients, sums, slot, gradient):
    """Sum fan-in, in place only of a sum of ours: a layer may return one array for two inputs."""
    if gradient is None:
        return
    before = gradients[slot]
    if before is not None:
        target = before if slot in sums else None
        sums.add(slot)
        gradient = backend.of(before).add_forward(target, before, gradient)
    gradients[slot] = gradient


def _zeros_if_none(gradient, shape_and_dtype):
    if gradient is not None:
        return gradient
    shape, dtype = shape_and_dtype
    return np.zeros(shape, dtype)
