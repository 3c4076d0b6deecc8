"""A value of a model while it becomes an ONNX graph: a name and the order of its axes."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Exported:
    """An ONNX value that stores the axes of a model's tensor in some order.

    Parameters
    ----------
    name : str
        Of the ONNX value; empty if it is to be made of ``source``.
    shape : tuple
        Of the model's tensor, ``None`` where unknown.
    order : tuple of int
        See :mod:`minicnn.onnx.layout`; the axes are the model's.
    dtype : str
    source : Exported, optional
        What was flattened to this value: a dense layer takes it as it is stored.
    """

    name: str
    shape: tuple
    order: tuple
    dtype: str
    source: "Exported | None" = None

    @property
    def rank(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def stored_shape(self):
        """Lengths in the order in which they are stored."""
        return tuple(self.shape[axis] for axis in self.order)

    def place(self, axis):
        """Where the model's ``axis`` (negative ones count from the end) is stored."""
        return self.order.index(axis % self.rank)

    def named(self, name):
        """This value under another name: the result of a node of the same axes."""
        return replace(self, name=name)
