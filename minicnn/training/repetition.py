"""Which training steps run captured: those of small networks, once their shapes have settled.

A step of a few milliseconds spends a third of them in Python: checking arguments, looking up plans,
asking for memory, with the same results every time. After some steps with inputs of one shape one
is captured, the next is run both ways, and if the gradients are the same bits, the kernels alone
run from then on.
"""

from dataclasses import dataclass
from math import prod
from operator import is_

import numpy as np

from minicnn_kernels import algorithms, backend
from minicnn_kernels.jit import threads

from ..graph.captured_passes import CapturedPasses
from ..graph.passes import Passes
from ..layers.lambda_layer import Lambda
from ..layers.random_layer import RandomLayer

WAIT = 100  # steps: capturing takes as long as so many win
MOST = 4  # kinds of steps that are remembered
LARGEST = 32 << 20  # bytes of all tensors: larger networks spend their time in kernels


class Repetition:
    """Chooses the passes of each step of one compiled model.

    Parameters
    ----------
    network : Network
        Of training.
    linear : collection of Node
    parameters : FlatParameters
    """

    def __init__(self, network, linear, parameters):
        self._network, self._linear, self._parameters = network, linear, parameters
        self._layers = [node.layer for node in network.nodes]
        self._is_possible = all(map(_is_plain, self._layers))
        self._attributes, self._states = [], {}

    def passes(self, xs):
        """What runs the next step on ``xs``: has ``forward`` and ``backward``."""
        plain = Passes(self._network, self._linear)
        if not self._is_possible:
            return plain
        state = self._state(xs)
        state.steps += 1
        if state.is_right:
            return state.captured
        if state.steps <= WAIT or state.is_right is False or self._is_too_large(xs):
            return plain
        weights = self._parameters.weights
        if state.captured is None:
            state.captured = CapturedPasses(self._network, self._linear, weights, xs)
            return state.captured
        return _Compared(plain, state, weights)

    def _state(self, xs):
        """What is known of steps like this one; a layer that was changed makes all start anew."""
        attributes = [value for layer in self._layers for value in vars(layer).values()]
        if not _are_same(attributes, self._attributes):
            self._attributes = attributes
            self._states.clear()
        settings = (
            *((x.shape, x.dtype) for x in xs),
            *(weight.trainable for weight in self._parameters.weights),
            *(algorithms.convolution(), threads(), backend.forced()),
        )
        if settings not in self._states and len(self._states) == MOST:
            self._states.clear()
        return self._states.setdefault(settings, _State())

    def _is_too_large(self, xs):
        tensors = [tensor for node in self._network.nodes for tensor in node.outputs]
        sizes = [prod(size or 1 for size in tensor.shape[1:]) for tensor in tensors]
        return len(xs[0]) * sum(sizes) * xs[0].itemsize > LARGEST


@dataclass
class _State:
    """Of steps that are alike: how many there were, and whether a captured one was right."""

    steps: int = 0
    captured: CapturedPasses | None = None
    is_right: bool | None = None


class _Compared:
    """A step by the engine, and once more by the captured passes, to see whether they are right."""

    def __init__(self, passes, state, weights):
        self._passes, self._state, self._weights = passes, state, weights

    def forward(self, xs):
        self._xs = xs
        return self._passes.forward(xs)

    def backward(self, dys):
        self._passes.backward(dys)
        expected = [weight.grad.copy() for weight in self._weights]
        states = [weight.stale for weight in self._weights]
        for weight in self._weights:
            weight.grad.fill(np.nan)
            weight.stale = True
        self._state.captured.forward(self._xs)
        self._state.captured.backward(dys)
        self._state.is_right = states == [weight.stale for weight in self._weights] and all(
            np.array_equal(weight.grad, gradient, equal_nan=True)
            for weight, gradient in zip(self._weights, expected)
        )
        for weight, gradient, is_stale in zip(self._weights, expected, states):
            weight.grad[...] = gradient
            weight.stale = is_stale
        if not self._state.is_right:
            self._state.captured = None


def _are_same(objects, before):
    return len(objects) == len(before) and all(map(is_, objects, before))


def _is_plain(layer):
    """Whether a layer's passes depend on nothing but their input and weights that learn."""
    is_ours = type(layer).__module__.startswith(f"{__package__.split('.')[0]}.layers.")
    return (
        is_ours
        and not isinstance(layer, (RandomLayer, Lambda))
        and not layer.sublayers
        and getattr(layer, "activity_regularizer", None) is None
        and all(layer.is_learning(weight) for weight in layer.weights)
    )
