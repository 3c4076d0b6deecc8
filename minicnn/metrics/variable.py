"""A number or array that a metric of one's own gathers in, with the methods of Keras' variables."""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Variable(NDArrayOperatorsMixin):
    """An array that is changed in place and computes like one.

    Parameters
    ----------
    value : array
        Copied.
    name : str, optional
    """

    def __init__(self, value, name=None):
        self.value = np.array(value)
        self.name = name

    @property
    def shape(self):
        """Shape of the value."""
        return self.value.shape

    @property
    def dtype(self):
        """dtype of the value."""
        return self.value.dtype

    def assign(self, value):
        """Set every element; ``value`` must have the shape, or be one number."""
        self.value[...] = value
        return self

    def assign_add(self, value):
        """Add to the value."""
        return self.assign(self.value + value)

    def assign_sub(self, value):
        """Take from the value."""
        return self.assign(self.value - value)

    def numpy(self):
        """A copy of the value."""
        return self.value.copy()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype=dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        inputs = [x.value if isinstance(x, Variable) else x for x in inputs]
        return getattr(ufunc, method)(*inputs, **settings)

    def __float__(self):
        return float(self.value)

    def __repr__(self):
        return f"<Variable {self.name} shape={self.shape} dtype={self.dtype}>"
