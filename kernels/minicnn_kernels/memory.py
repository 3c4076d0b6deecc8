"""Large arrays that are handed out again once nobody holds them.

A training step asks for the same sizes in the same order every time. Fresh memory from the
operating system costs a page fault every 4 KiB, which for large activations takes as long as
computing them. So a block goes back to the :mod:`pool` when the last array that views it dies, and
later requests take it from there. Nothing is ever reused while it is referenced.

What a kernel needs for the time of one call is :func:`scratch`: each thread keeps one piece of
memory for it, so that it is still in the caches from the call before.
"""

import os
import threading
from itertools import accumulate
from math import prod

import numpy as np

from . import capture
from .pool import ALIGNMENT, LEAST_LARGE, PAGE, Pool

LARGEST_KEPT = 1 << 24  # bytes of scratch: more would not stay in the caches
SMALLEST_POOLED = 1 << 16  # malloc serves smaller ones without asking the operating system


def _physical_memory():
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 1 << 46


LARGEST_ALLOCATION = _physical_memory()

_pool = Pool(LARGEST_ALLOCATION)


class _Block:
    """Owner of pooled memory; the array that views it keeps it alive through ``.base``."""

    __slots__ = ("__array_interface__", "__weakref__", "_pool", "piece")

    def __init__(self, pool, piece, shape, dtype):
        self._pool, self.piece = pool, piece
        self.__array_interface__ = {
            "shape": shape,
            "typestr": dtype.str,
            "data": (piece.address, False),  # not read-only
            "version": 3,
        }

    def __del__(self):
        self._pool.give(self.piece)


def _round_up(size):
    """Small sizes in steps of 1/8 of their power of two, so that near ones share blocks."""
    step = PAGE if size >= LEAST_LARGE else max(ALIGNMENT, 1 << max(size.bit_length() - 4, 0))
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
    dtype, shape = np.dtype(dtype), tuple(map(int, shape))
    size = prod(shape) * dtype.itemsize
    arena = capture.arena()
    if arena is not None:
        return arena.empty(shape, dtype, lasting)
    if size < SMALLEST_POOLED:
        return np.empty(shape, dtype)
    return pooled(_pool, size, shape, dtype)


def pooled(pool, size, shape, dtype):
    """An uninitialized array of ``size`` bytes, which go back to ``pool`` with its last view."""
    return np.asarray(_Block(pool, pool.take(_round_up(size)), shape, dtype))


def disowned(array):
    """A view of ``array`` that leaves its pool free to hand the memory out again."""
    owner = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if not isinstance(owner, _Block):
        return array  # of no pool
    home = getattr(owner.piece.home, "memory", owner.piece.home)  # of a region, or by itself
    offset = array.ctypes.data - home.ctypes.data
    return np.ndarray(array.shape, array.dtype, home, offset, array.strides)


class _Scratch:
    """Memory for what kernels need while they run; it grows to the largest."""

    def __init__(self):
        self._memory, self.arrays = np.empty(0, np.uint8), {}

    def cut(self, dtype, shapes):
        """Arrays side by side, remembered by what was asked for; very large ones are let go."""
        sizes = [prod(map(int, shape)) * dtype.itemsize for shape in shapes]
        starts = [0, *accumulate(-(-size // ALIGNMENT) * ALIGNMENT for size in sizes)]
        kept = starts[-1] <= LARGEST_KEPT
        if kept and starts[-1] > self._memory.nbytes:
            self.release()
            self._memory = _pool.fresh(_round_up(starts[-1]))
        memory = self._memory if kept else empty((starts[-1],), np.uint8)
        arrays = [
            memory[start : start + size].view(dtype).reshape(shape)
            for start, size, shape in zip(starts, sizes, shapes)
        ]
        if kept:
            self.arrays[dtype, shapes] = arrays
        return arrays

    def release(self, drop=_pool.drop):
        drop(self._memory.nbytes)
        self._memory, self.arrays = np.empty(0, np.uint8), {}

    def __del__(self, drop=_pool.drop):
        drop(self._memory.nbytes)


class _Own(threading.local):
    """What every thread has of its own."""

    def __init__(self):
        self.scratch = _Scratch()


_own = _Own()


def scratch(dtype, *shapes):
    """Uninitialized arrays for one call of compiled code: this thread's next request takes them.

    Parameters
    ----------
    dtype : numpy dtype
    *shapes : tuple of int

    Returns
    -------
    list of numpy.ndarray
        64-byte aligned.
    """
    arena = capture.arena()
    if arena is not None:
        return [arena.empty(shape, dtype) for shape in shapes]
    own = _own.scratch
    return own.arrays.get((dtype, shapes)) or own.cut(dtype, shapes)


def zeros(shape, dtype):
    """Like :func:`empty`, filled with zeros."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def allocated_bytes():
    """Bytes that the pool had in use at some time and has not given back to the system."""
    return _pool.allocated_bytes


def release():
    """Give unused memory back to the operating system, and this thread's scratch.

    Of a region that large arrays are cut from, only when none of them lives any more.
    """
    _pool.clear()
    _own.scratch.release()
