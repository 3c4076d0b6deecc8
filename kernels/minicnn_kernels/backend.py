"""Which telling of the operations serves an array.

>>> import numpy as np
>>> of(np.zeros(3)).__name__
'minicnn_kernels.cpu'
>>> with use("reference"):
...     of(np.zeros(3)).__name__
'minicnn_kernels.reference'
"""

import importlib
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

NAMES = ("cpu", "reference")

_forced: ContextVar[str | None] = ContextVar("minicnn_backend", default=None)
_loaded: dict = {}


def load(name):
    """The module of backend ``name``; the first call of ``"cpu"`` imports Numba."""
    module = _loaded.get(name)
    if module is None:
        if name not in NAMES:
            raise ValueError(f"backend: name must be one of {NAMES}, got {name!r}")
        module = _loaded[name] = importlib.import_module(f"{__package__}.{name}")
    return module


def of(array):
    """The backend module for ``array``: the forced one, else the one of its kind of memory."""
    forced = _forced.get()
    if forced is not None:
        return load(forced)
    if isinstance(array, np.ndarray):
        return load("cpu")
    raise TypeError(f"backend: no backend serves {type(array).__name__}")


def forced():
    """The name of the backend that serves all arrays, ``None`` if each has its own."""
    return _forced.get()


@contextmanager
def use(name):
    """Serve all arrays by backend ``name`` inside a ``with`` block (per thread)."""
    load(name)
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)
