"""The activation: a function with its derivative, for layers, arrays and symbolic tensors."""

import numpy as np

from ..config import compute_dtype
from ..graph.tensor import OPERATORS, SymbolicTensor
from ..registry import Registry

registry = Registry("activation")


class Activation:
    """Base of all activations; a subclass writes :meth:`forward` and :meth:`backward`.

    Parameters
    ----------
    name : str
        As :func:`get` knows it.

    Attributes
    ----------
    rectifier : str or None
        "relu" or "relu6" for these two, which kernels of linear layers and of normalization apply
        in their last step.
    """

    rectifier: str | None = None

    def __init__(self, name):
        self.name = self.__name__ = name

    def forward(self, z, in_place=False):
        """``(y, cache)``; with ``in_place`` the result may take the memory of ``z``."""
        raise TypeError(f"activation {self.name!r}: must define forward(z, in_place)")

    def backward(self, dy, cache):
        """Gradient of ``z``; ``dy`` is not changed (for "linear" it is returned as it is)."""
        raise TypeError(f"activation {self.name!r}: must define backward(dy, cache)")

    def __call__(self, x):
        if isinstance(x, SymbolicTensor):
            return OPERATORS["activation"](x, self)
        x = np.asarray(x)
        if x.dtype.kind not in "fiub":
            raise TypeError(f"activation {self.name!r}: x must be real numbers, got {x.dtype}")
        dtype = x.dtype if x.dtype in (np.float32, np.float64) else compute_dtype(None)
        array = np.array(x, dtype, ndmin=1)
        return self.forward(array)[0].reshape(x.shape)

    def __repr__(self):
        return f"<activation {self.name}>"


class Linear(Activation):
    """``y = z``."""

    def forward(self, z, in_place=False):
        return z, None

    def backward(self, dy, cache):
        return dy
