"""The activations that are kernels: elementwise ones, and softmax."""

import math

import numpy as np

from minicnn_kernels import backend
from minicnn_kernels.contracts import activations as contract

from .base import Activation

_RECTIFIERS = {
    ("relu", (0.0, math.inf, 0.0)): "relu",
    ("relu", (0.0, 6.0, 0.0)): "relu6",
    ("relu6", ()): "relu6",
}


class Elementwise(Activation):
    """One of the kernels' activations with its parameters (see the kernels' table).

    Parameters
    ----------
    kernel : str
    *parameters : float
        In the kernel's order; the kernel's defaults stand in for the rest.
    name : str, optional
        Default: ``kernel``.
    """

    def __init__(self, kernel, *parameters, name=None):
        super().__init__(name or kernel)
        self.kernel = kernel
        self.parameters = contract.checked(self.name, kernel, parameters)
        self.rectifier = _RECTIFIERS.get((kernel, self.parameters))
        self.keeps_output = contract.saved(kernel, self.parameters) == "y"

    def forward(self, z, in_place=False):
        target = z if in_place and self.keeps_output and z.flags.carray else None
        y = backend.of(z).activation_forward(target, z, self.kernel, self.parameters)
        return y, y if self.keeps_output else z

    def backward(self, dy, cache):
        x, y = (None, cache) if self.keeps_output else (cache, None)
        ops = backend.of(dy)
        return ops.activation_backward(None, dy, x, y, self.kernel, self.parameters)


class Softmax(Activation):
    """``exp(z) / sum exp(z)`` along ``axis``, or its logarithm."""

    def __init__(self, name="softmax", axis=-1):
        super().__init__(name)
        self.axis = axis
        self._forward, self._backward = f"{name}_forward", f"{name}_backward"

    def forward(self, z, in_place=False):
        rows = self._rows(z)
        y = getattr(backend.of(z), self._forward)(None, rows)
        return self._restored(y, z.shape), y

    def backward(self, dy, cache):
        dx = getattr(backend.of(dy), self._backward)(None, self._rows(dy), cache)
        return self._restored(dx, dy.shape)

    def _rows(self, z):
        if not -z.ndim <= self.axis < z.ndim:
            raise ValueError(f"{self.name}: axis {self.axis} is not among those of {z.shape}")
        z = z if self._is_last(z.ndim) else np.moveaxis(z, self.axis, -1)
        return z.reshape(-1, z.shape[-1]) if z.size else z.reshape(0, z.shape[-1])

    def _restored(self, rows, shape):
        if self._is_last(len(shape)):
            return rows.reshape(shape)
        lengths = list(shape)
        lengths.append(lengths.pop(self.axis))
        return np.ascontiguousarray(np.moveaxis(rows.reshape(lengths), -1, self.axis))

    def _is_last(self, ndim):
        return self.axis % ndim == ndim - 1
