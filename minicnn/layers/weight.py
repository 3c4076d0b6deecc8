"""A weight: its value, its gradient, and the rules that were given with it."""

import numpy as np


class Weight:
    """One array that a layer learns or keeps.

    Parameters
    ----------
    name : str
        Such as ``"kernel"``.
    value : ndarray
        float32 or float64, C-contiguous.
    trainable : bool
    initializer, regularizer, constraint : object, optional

    Attributes
    ----------
    value : ndarray
        May become a view into a model's flat vector: read it anew for every pass.
    grad : ndarray or None
        Gradients add up here; ``None`` until the first one comes.
    """

    def __init__(
        self, name, value, trainable=True, initializer=None, regularizer=None, constraint=None
    ):
        self.name = name
        self.value = value
        self.grad = None
        self.trainable = trainable
        self.initializer = initializer
        self.regularizer = regularizer
        self.constraint = constraint

    @property
    def shape(self):
        """Shape of the value."""
        return self.value.shape

    @property
    def dtype(self):
        """dtype of the value."""
        return self.value.dtype

    @property
    def size(self):
        """Number of elements."""
        return self.value.size

    def gradient(self):
        """The array that gradients are added to, made of zeros by the first call."""
        if self.grad is None:
            self.grad = np.zeros(self.value.shape, self.value.dtype)
        return self.grad

    def assign(self, array):
        """Copy ``array`` into the value.

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        array = np.asarray(array)
        if array.shape != self.value.shape:
            raise ValueError(
                f"weight {self.name!r}: must have shape {self.value.shape}, got {array.shape}"
            )
        if array.dtype.kind not in "fiub":
            raise TypeError(f"weight {self.name!r}: must be real numbers, got {array.dtype}")
        self.value[...] = array

    def numpy(self):
        """A copy of the value."""
        return self.value.copy()

    def __array__(self, dtype=None, copy=None):
        if copy is False and dtype is None:
            return self.value
        return np.array(self.value, dtype=dtype)

    def __repr__(self):
        return f"<Weight {self.name} shape={self.shape} dtype={self.dtype}>"
