"""A forward pass over arrays of fixed shapes, captured once and run again without Python's share.

Each step of the schedule runs once while its kernels are written down (``minicnn_kernels.capture``)
and is then tried on other numbers. Where the kernels alone do not give what the step gives, it
computes in NumPy too; such a step runs as a whole every time.
"""

from functools import partial
from itertools import groupby

import numpy as np

from minicnn_kernels.arena import Arena
from minicnn_kernels.capture import Capture
from minicnn_kernels.cpu.program import Program

from . import engine

AGREE = 1e-3  # of the largest number: weights prepared beforehand may take another algorithm


class CapturedNetwork:
    """Inference of ``network`` on inputs of fixed shapes, with the weights of now.

    Parameters
    ----------
    network : Network
    shapes : list of tuple
        Of the inputs, batch included.
    dtypes : list of dtype

    Attributes
    ----------
    inputs, outputs : list of ndarray
        :meth:`run` reads the former, which are to be filled, and overwrites the latter.
    """

    def __init__(self, network, shapes, dtypes):
        self._arena, self._calls = Arena(), []
        self._random = np.random.default_rng(0)
        self.inputs = [
            self._arena.empty(shape, dtype, lasting=True) for shape, dtype in zip(shapes, dtypes)
        ]
        for array in self.inputs:
            self._fill(array)
        with engine.recording(False):
            self.outputs = self._capture(network)
        self._calls = _joined(self._calls)

    def run(self):
        """Overwrite ``outputs``."""
        for call in self._calls:
            call()

    @property
    def allocated_bytes(self):
        """Size of all arrays but those of the layers."""
        return self._arena.allocated_bytes

    def _capture(self, network):
        schedule = network.schedule(folding=True)
        values = dict(zip(network.input_slots, self.inputs))
        for index, step in enumerate(schedule.steps):
            xs = [values[slot] for slot in step.read]
            values.update(zip(step.written, self._add_step(step, xs)))
            for slot in step.read:
                if schedule.last_use[slot] == index:
                    values.pop(slot, None)
            self._arena.keep(list(values.values()))
        return [values[slot] for slot in network.output_slots]

    def _add_step(self, step, xs):
        """Append the calls of one step; return its outputs."""
        with Capture(self._arena) as capture:
            ys, _ = step.forward(xs, False, ())
        if self._repeats(step, xs, ys, capture.launches):
            self._calls += capture.launches
            return ys
        targets = [self._arena.empty(y.shape, y.dtype) for y in ys]
        self._calls.append(partial(_run_whole, step, xs, targets))
        return targets

    def _repeats(self, step, xs, ys, launches):
        """Whether ``launches`` overwrite ``ys`` as the step would, on other numbers too."""
        if not all(self._arena.holds(y) for y in ys):
            return False
        for x in xs:
            self._fill(x)
        expected, _ = step.forward(xs, False, ())
        for launch in launches:
            launch()
        return all(_agree(y, e) for y, e in zip(ys, expected))

    def _fill(self, array):
        """Numbers that are indices and arguments of logarithms too."""
        array[...] = self._random.random(array.shape)


def _joined(calls):
    """The same calls, those of compiled functions that follow one another as one."""
    joined = []
    for whole, group in groupby(calls, lambda call: call.func is _run_whole):
        if whole:
            joined += group
        else:
            joined.append(Program(group))
    return joined


def _run_whole(step, xs, targets):
    with engine.recording(False):
        ys, _ = step.forward(xs, False, ())
    for target, y in zip(targets, ys):
        np.copyto(target, y)


def _agree(y, expected):
    reach = AGREE * np.abs(expected).max(initial=0)
    return np.allclose(y, expected, rtol=0, atol=reach, equal_nan=True)
