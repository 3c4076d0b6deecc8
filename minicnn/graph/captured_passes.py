"""A forward pass in training and its backward pass, captured and run again by their kernels."""

from minicnn_kernels import memory
from minicnn_kernels.capture import Capture
from minicnn_kernels.cpu.program import Program
from minicnn_kernels.recycled import Recycled

from .passes import Passes


class CapturedPasses:
    """Both passes on inputs of fixed shapes: the first time by the engine, then by their kernels.

    What runs again are the compiled functions on the arrays of the first time; see
    :mod:`minicnn_kernels.capture`. Whether nothing else had to happen between them is for the
    caller to find out, by comparing a later pass with the engine's.

    Parameters
    ----------
    network, linear
        As of :class:`Passes`.
    weights : list of Weight
        That learn. Their arrays must stay where they are.
    xs : list of ndarray
        Inputs of the shapes and dtypes to come.
    """

    def __init__(self, network, linear, weights, xs):
        self._passes, self._weights = Passes(network, linear), weights
        self._memory = Recycled()
        self._inputs = [self._memory.empty(x.shape, x.dtype) for x in xs]
        self._forward = self._backward = None

    def forward(self, xs):
        """The outputs; they belong to the caller."""
        _copy(self._inputs, xs)
        if self._forward is None:
            with Capture(self._memory) as capture:
                outputs = self._passes.forward(self._inputs)
            self._forward = Program(capture.launches)
            self._outputs = [memory.disowned(y) for y in outputs]
        else:
            self._forward()
        return [y.copy() for y in self._outputs]

    def backward(self, dys):
        """Write the weights' gradients."""
        if self._backward is not None:
            _copy(self._dys, dys)
            self._backward()
            for weight in self._reached:
                weight.stale = False
            return
        self._dys = [None if dy is None else self._memory.empty(dy.shape, dy.dtype) for dy in dys]
        _copy(self._dys, dys)
        with Capture(self._memory) as capture:
            self._passes.backward(self._dys)
        self._backward = Program(capture.launches)
        self._reached = [weight for weight in self._weights if not weight.stale]


def _copy(targets, sources):
    for target, source in zip(targets, sources):
        if target is not None:
            target[...] = source
