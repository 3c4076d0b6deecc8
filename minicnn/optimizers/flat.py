"""Weights in one vector, their gradients in another; layers hold views.

An update is then one kernel, a checkpoint one block.
"""

import numpy as np

from minicnn_kernels.memory import ALIGNMENT


class Segment:
    """The weights of one dtype; nearly always all of them.

    Attributes
    ----------
    values, grads : ndarray
        Vectors of the same length. What lies between two weights, to align them, stays zero.
    spans : list of (Weight, int, int)
        Where each weight starts and stops.
    """

    def __init__(self, weights, dtype):
        step = ALIGNMENT // dtype.itemsize
        self.spans, length = [], 0
        for weight in weights:
            self.spans.append((weight, length, length + weight.size))
            length += -(-weight.size // step) * step
        self.values = _aligned_zeros(length, dtype)
        self.grads = _aligned_zeros(length, dtype)
        self.views = [
            (weight, self.values[a:b].reshape(weight.shape), self.grads[a:b].reshape(weight.shape))
            for weight, a, b in self.spans
        ]

    def pieces(self):
        """``(slice, gradient)`` of one piece of the vectors after the other, together all of them.

        What is not factored stands in ``grads``; the others' pieces are multiplied when asked for.
        """
        done = 0
        for weight, start, stop in self.spans:
            if weight.factored is None:
                continue
            if done < start:
                yield slice(done, start), self.grads[done:start]
            for first, gradient in weight.factored.blocks():
                yield slice(start + first, start + first + gradient.size), gradient
            done = stop
        if done < len(self.grads):
            yield slice(done, None), self.grads[done:]


class FlatParameters:
    """The weights that learn, bound to flat vectors.

    Parameters
    ----------
    weights : iterable of Weight
        Each is taken once.

    Attributes
    ----------
    segments : list of Segment
        One for each dtype.
    weights : list of Weight
    """

    def __init__(self, weights):
        self.weights = list({id(weight): weight for weight in weights}.values())
        dtypes = list(dict.fromkeys(weight.dtype for weight in self.weights))
        self.segments = [
            Segment([w for w in self.weights if w.dtype == dtype], dtype) for dtype in dtypes
        ]
        self.bind()

    def bind(self):
        """Make every weight a view again, keeping its value.

        Another model that shares a weight, or a user, may have given it other memory.
        """
        for segment in self.segments:
            for weight, value, grad in segment.views:
                if weight.value is not value:
                    value[...] = weight.value
                    weight.value = value
                weight.grad = grad

    def zero_gradients(self):
        """Set all gradients to zero."""
        for segment in self.segments:
            segment.grads.fill(0)

    def await_gradients(self):
        """Begin a pass: the first gradient of every weight overwrites what is there."""
        for weight in self.weights:
            weight.await_gradient()

    def settle_gradients(self):
        """End a pass: zero is the gradient of weights that none has reached."""
        for weight in self.weights:
            if weight.stale:
                weight.gradient()

    def write_out_gradients(self):
        """Have all gradients in the vectors, those too that were factored."""
        for weight in self.weights:
            weight.settle()

    def release(self):
        """Give every weight memory of its own again."""
        for segment in self.segments:
            for weight, value, grad in segment.views:
                weight.factored = None
                if weight.value is value:
                    weight.value = value.copy()
                if weight.grad is grad:
                    weight.grad = None

    def refreshed(self, weights):
        """These parameters if they are of ``weights``, else new ones; the rest is released."""
        weights = list({id(weight): weight for weight in weights}.values())
        if len(weights) == len(self.weights) and all(a is b for a, b in zip(weights, self.weights)):
            return self
        self.release()
        return FlatParameters(weights)


def _aligned_zeros(length, dtype):
    raw = np.zeros(length * dtype.itemsize + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + length * dtype.itemsize].view(dtype)
