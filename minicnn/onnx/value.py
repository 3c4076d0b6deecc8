"""A value of an ONNX graph while it becomes a model: a tensor and the order of its axes."""

import math
from dataclasses import dataclass, replace

import numpy as np

from ..graph import SymbolicTensor
from . import layout


@dataclass(frozen=True)
class Value:
    """A symbolic tensor that stores the axes of an ONNX value in some order.

    Parameters
    ----------
    tensor : SymbolicTensor
        It may have one axis more than the value, in front: see
        :class:`~minicnn.onnx.importing.Importer`.
    order : tuple of int
        See :mod:`minicnn.onnx.layout`.
    unflat : (tuple of int, tuple of int), optional
        Of a flattened value whose last axis is not in ONNX's order: lengths and order of the axes
        that were made one. A dense layer takes it as it is, with its rows in the other order.
    """

    tensor: SymbolicTensor
    order: tuple
    unflat: tuple | None = None

    @property
    def rank(self):
        """Number of axes of the ONNX value."""
        return len(self.order)

    @property
    def shape(self):
        """Lengths in ONNX's order, ``None`` where unknown."""
        return tuple(self.tensor.shape[self.place(axis)] for axis in range(self.rank))

    @property
    def dtype(self):
        """Name of the tensor's dtype."""
        return self.tensor.dtype

    @property
    def lifted(self):
        """Whether the tensor has an axis in front that the ONNX value has not: 0 or 1."""
        return self.tensor.ndim - self.rank

    def place(self, axis):
        """Axis of the tensor at which ONNX's ``axis`` (negative ones count from the end) stands."""
        return self.lifted + self.order.index(self.axis(axis))

    def axis(self, axis):
        """ONNX's ``axis`` counted from the front, checked."""
        return layout.counted([axis], self.rank)[0]

    def holding(self, tensor):
        """This value with another tensor of the same axes."""
        return replace(self, tensor=tensor)

    def flat_rows(self):
        """For every place of the last axis, which ONNX place it holds; ``None``: its own."""
        if self.unflat is None:
            return None
        lengths, order = self.unflat
        own = [lengths[order.index(axis)] for axis in range(len(order))]
        return np.arange(math.prod(own)).reshape(own).transpose(order).ravel()
