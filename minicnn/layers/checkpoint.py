"""Recomputation: a block of layers whose activations are not kept for the backward pass."""

import contextlib

from .. import regularizers
from ..graph import engine
from ..graph.schedule import accepts_needs_dx
from .base import Layer, registry
from .random_layer import RandomLayer


@registry.register()
class Checkpoint(Layer):
    """A layer or model that keeps its input alone, and is run again when the gradient arrives.

    The memory of all activations inside is free between the two passes, for one more forward pass
    of time. The results are the same bits: random layers draw the same numbers again, and moving
    statistics are counted once. Several threads should not train such a block at once.

    Parameters
    ----------
    layer : Layer
        A model, or a layer that composes others; one output.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    Raises
    ------
    TypeError
        If ``layer`` is no layer.

    References
    ----------
    Chen, Xu, Zhang and Guestrin 2016, *Training deep nets with sublinear memory cost*.

    Examples
    --------
    >>> from minicnn.layers import Input, ResidualUnit
    >>> Checkpoint(ResidualUnit(16))(Input((8, 8, 16))).shape
    (None, 8, 8, 16)
    """

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        layer = registry.get(layer) if isinstance(layer, dict) else layer
        if not isinstance(layer, Layer):
            raise TypeError(f"{self.label}: layer must be a Layer, got {type(layer).__name__}")
        self.layer = layer
        self._sublayers = [layer]

    def output_shape(self, input_shape):
        return self.layer.output_shape(input_shape)

    def build(self, input_shape):
        self.layer._ensure_built(input_shape)

    def forward(self, x, training):
        if not engine.is_recording():
            return self.layer.forward(x, training)[0], None
        before = [(layer, layer.rng_state) for layer in _random_layers(self.layer)]
        # A pass without gradients and without training would fold normalizations: not these bits.
        with engine.recording(not training):
            y, _ = self.layer.forward(x, training)
        return y, (x, training, before)

    def backward(self, dy, cache, needs_dx=True):
        x, training, before = cache
        with _repeated(self.layer, before):
            _, cache = self.layer.forward(x, training)
        run = self.layer.backward
        return run(dy, cache, needs_dx=needs_dx) if accepts_needs_dx(run) else run(dy, cache)


@contextlib.contextmanager
def _repeated(layer, random_states):
    """Let a pass be run once more without traces: random numbers, statistics, penalties."""
    after = [(inner, inner.rng_state) for inner, _ in random_states]
    statistics = [(w, w.numpy()) for w in layer.weights if not w.trainable]
    for inner, state in random_states:
        inner.rng_state = state
    try:
        with regularizers.activity_penalties():
            yield
    finally:
        for inner, state in after:
            inner.rng_state = state
        for weight, value in statistics:
            weight.value[...] = value


def _random_layers(layer):
    if isinstance(layer, RandomLayer):
        yield layer
    for inner in layer.sublayers:
        yield from _random_layers(inner)
