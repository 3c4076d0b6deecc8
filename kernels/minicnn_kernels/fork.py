"""Parallel kernels in a forked process.

The threads of GNU OpenMP do not survive a fork, and Numba ends a process that asks for them again.
So a child of a process that used them has its parallel kernels compiled once more, for one thread;
they compute the same bits.
"""

import os
from contextlib import AbstractContextManager
from typing import Any

import numba
from numba.np.ufunc import parallel

_kernels: list[tuple[Any, AbstractContextManager | None]] = []
_orphaned = False


def is_orphaned():
    """Whether this process was forked from one with threads, and has none itself."""
    return _orphaned


def keep(dispatcher, cached=None):
    """Remember a parallel kernel; ``cached`` opens the cache folder of its serial machine code.

    Without one, what is compiled for one thread is not kept.
    """
    _kernels.append((dispatcher, cached))
    if _orphaned:
        _serialize(dispatcher, cached)


def _serialize(dispatcher, cached):
    dispatcher._reset_overloads()
    dispatcher.targetoptions["parallel"] = False
    if cached is not None:
        with cached:
            dispatcher.enable_caching()


def _begin_child():
    global _orphaned
    if _orphaned or not parallel._is_initialized or numba.threading_layer() != "omp":
        return
    _orphaned = True
    for dispatcher, cached in _kernels:
        _serialize(dispatcher, cached)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_child)
