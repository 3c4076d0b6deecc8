"""Large arrays that are handed out again once nobody holds them.

A training step asks for the same sizes in the same order every time. Fresh memory from the
operating system costs a page fault every 4 KiB, which for large activations takes as long as
computing them. So a block goes back to a free list when the last array that views it dies, and
the next request of that size takes it from there. Nothing is ever reused while it is referenced.
"""

import os

import numpy as np

from . import capture
from .errors import SizeError
from .locks import lock

ALIGNMENT = 64
SMALLEST_POOLED = 1 << 16  # malloc serves smaller ones without asking the operating system


def _physical_memory():
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 1 << 46


LARGEST_ALLOCATION = _physical_memory()


class _Pool:
    def __init__(self):
        # Reentrant: a block can die (garbage collection) inside a request on the same thread.
        self._lock = lock()
        self._free = {}
        self.allocated_bytes = 0

    def take(self, size):
        with self._lock:
            blocks = self._free.get(size)
            if blocks:
                return blocks.pop()
            if size > LARGEST_ALLOCATION:
                raise SizeError(
                    f"an array would take {size:,} bytes, this machine has {LARGEST_ALLOCATION:,}"
                )
            self.allocated_bytes += size
        raw = np.empty(size + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        return raw[start : start + size]

    def give(self, memory):
        with self._lock:
            self._free.setdefault(memory.nbytes, []).append(memory)

    def clear(self):
        with self._lock:
            for size, blocks in self._free.items():
                self.allocated_bytes -= size * len(blocks)
            self._free.clear()


_pool = _Pool()


class _Block:
    """Owner of pooled memory; arrays that view it keep it alive through ``.base``."""

    __slots__ = ("__array_interface__", "__weakref__", "_memory")

    def __init__(self, memory):
        self._memory = memory
        self.__array_interface__ = self._memory.__array_interface__

    def __del__(self, give=_pool.give):
        give(self._memory)


def _round_up(size):
    """Sizes in steps of 1/8 of their power of two, so that near sizes share blocks."""
    step = max(ALIGNMENT, 1 << max(size.bit_length() - 4, 0))
    return -(-size // step) * step


def empty(shape, dtype, lasting=False):
    """Uninitialized C-contiguous array; large ones are 64-byte aligned and pooled.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy dtype
    lasting : bool
        Whether its content is needed whenever an open :mod:`capture` runs again.

    Returns
    -------
    numpy.ndarray
    """
    dtype = np.dtype(dtype)
    count = 1
    for length in shape:
        count *= int(length)
    size = count * dtype.itemsize
    arena = capture.arena()
    if arena is not None:
        return arena.empty(shape, dtype, lasting)
    if size < SMALLEST_POOLED:
        return np.empty(shape, dtype)
    raw = np.asarray(_Block(_pool.take(_round_up(size))))
    return raw[:size].view(dtype).reshape(shape)


def zeros(shape, dtype):
    """Like :func:`empty`, filled with zeros."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def allocated_bytes():
    """Bytes the pool has taken from the operating system and not given back."""
    return _pool.allocated_bytes


def release():
    """Give every unused block back to the operating system."""
    _pool.clear()
