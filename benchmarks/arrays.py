"""Arrays as frameworks allocate theirs: each begins a cache line.

NumPy's begin anywhere, and then every vector that is loaded or stored spans two lines. Inputs are
shared by all contenders; peers allocate their outputs, MiniCNN's come from here.
"""

import numpy as np

from minicnn_kernels import memory


def normal(rng, shape):
    """N(0, 1), float32."""
    array = empty(shape)
    rng.standard_normal(out=array, dtype=np.float32)
    return array


def empty(shape, dtype=np.float32):
    """Uninitialized."""
    return memory.empty((shape,) if isinstance(shape, int) else shape, dtype)


def empty_like(array):
    """Uninitialized, of the same shape and dtype."""
    return memory.empty(array.shape, array.dtype)
