"""Memory of captured passes that learn: as in passes that are not, arrays give it back as they die.

In contrast to an :class:`~minicnn_kernels.arena.Arena` no array is constant, weights least of all.
The captured calls know where their arrays lie but do not keep them alive; what a call reads has
been written by one before it, however often the memory changed hands in between.
"""

from math import prod

import numpy as np

from . import memory
from .pool import Pool


class Recycled:
    """A pool for the arrays of one capture; it must outlive the captured calls.

    Examples
    --------
    >>> from minicnn_kernels.capture import Capture
    >>> from minicnn_kernels.cpu.add import add_forward
    >>> recycled, w = Recycled(), np.ones(3, np.float32)
    >>> x = recycled.empty((3,), np.float32)
    >>> with Capture(recycled) as capture:
    ...     y = add_forward(None, x, w)
    >>> x[:], w[:] = 4, 5
    >>> for launch in capture.launches:
    ...     launch()
    >>> y
    array([9., 9., 9.], dtype=float32)
    """

    def __init__(self):
        self._pool = Pool(memory.LARGEST_ALLOCATION)

    def empty(self, shape, dtype, lasting=False):
        """An uninitialized C-contiguous array; its memory serves others once nobody holds it."""
        size = prod(shape) * np.dtype(dtype).itemsize
        return memory.pooled(self._pool, size, tuple(shape), np.dtype(dtype))

    def kept(self, array):
        """What a captured call is to find in place of ``array``: the same memory."""
        return memory.disowned(array)

    def holds(self, array):
        """Always: every array may change from run to run."""
        return True

    @property
    def allocated_bytes(self):
        """Size of all memory that was ever handed out."""
        return self._pool.allocated_bytes
