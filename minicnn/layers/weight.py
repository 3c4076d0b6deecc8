"""A weight: its value, its gradient, and the rules that were given with it."""

import contextlib
import math
from contextvars import ContextVar

import numpy as np

from minicnn_kernels import backend

from ..errors import FormatError
from .factored import FactoredGradient

# How many elements new weights may still have while a file is being loaded; None: no file is.
_room: ContextVar[list | None] = ContextVar("minicnn_weights_room", default=None)


@contextlib.contextmanager
def awaiting_values(elements):
    """Weights made inside are zeros and have at most ``elements`` elements together.

    For loading a model: its file brings the values, so no initializer runs, and a description
    that asks for more than the file holds is refused before it is allocated.
    """
    token = _room.set([elements])
    try:
        yield
    finally:
        _room.reset(token)


def first_value(name, shape, dtype, initializer):
    """The first value of a weight: the initializer's, or zeros while a file is being loaded.

    Raises
    ------
    FormatError
        If the file that is being loaded does not hold that many elements.
    """
    room = _room.get()
    if room is None:
        return np.ascontiguousarray(initializer(shape, dtype=dtype), dtype)
    needed = math.prod(shape)
    if needed > room[0]:
        raise FormatError(f"shape {tuple(shape)} asks for more than the file holds", key=name)
    room[0] -= needed
    return np.zeros(shape, dtype)


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
    stale : bool
        Whether ``grad`` still holds the sum of an earlier pass, which the first gradient of this
        one overwrites.
    factored : FactoredGradient or None
        The gradient, as long as nobody has asked for ``grad``.
    """

    def __init__(
        self, name, value, trainable=True, initializer=None, regularizer=None, constraint=None
    ):
        self.name = name
        self.value = value
        self.grad, self.stale = None, False  # and nothing factored
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

    @property
    def grad(self):
        """The sum of the gradients so far."""
        self.settle()
        return self._grad

    @grad.setter
    def grad(self, array):
        self._grad, self.factored = array, None

    def settle(self):
        """Write the gradient out if it is factored."""
        factored, self.factored = self.factored, None
        if factored is not None:
            if self._grad is None:
                self._grad = np.empty(self.value.shape, self.value.dtype)
            factored.write(self._grad)

    def await_gradient(self):
        """Begin a pass: its first gradient takes the place of what there is."""
        self.stale, self.factored = True, None

    def gradient(self):
        """The array that gradients are added to: zeros at the first call of a pass."""
        if self.grad is None:
            self.grad = np.zeros(self.value.shape, self.value.dtype)
        elif self.stale:
            self.grad.fill(0)
        self.stale = False
        return self.grad

    def gradient_target(self):
        """``(array, add)`` for a kernel that adds to the array, or overwrites it if not ``add``."""
        add = self.grad is None or not self.stale
        if add:
            self.gradient()
        self.stale = False
        return self.grad, add

    def add_product(self, x, dy):
        """Add ``x^T dy`` to the gradient ``[in, units]``; a first one may stay factored.

        Parameters
        ----------
        x : array [rows, in]
        dy : array [rows, units]
        """
        is_first = self.stale or (self._grad is None and self.factored is None)
        if is_first and FactoredGradient.is_worth_it(x, dy):
            self.factored, self.stale = FactoredGradient(x, dy), False
            return
        dw, add = self.gradient_target()
        backend.of(dy).dense_backward_weights(dw, x, dy, add)

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
