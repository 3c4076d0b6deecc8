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
            weight.stale = True

    def settle_gradients(self):
        """End a pass: zero is the gradient of weights that none has reached."""
        for weight in self.weights:
            weight.gradient()

    def release(self):
        """Give every weight memory of its own again."""
        for segment in self.segments:
            for weight, value, grad in segment.views:
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
