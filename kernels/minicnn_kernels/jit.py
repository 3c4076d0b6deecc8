"""The one place that sets Numba's options, cache folder and threads.

``@serial`` compiles a micro-kernel, ``@parallel`` a driver whose ``prange`` writes one slice an
iteration. Both keep their machine code in the user's own cache folder, under a digest of the
module and of all it imports from here: Numba itself would not notice an edit in another file.
"""

import hashlib
import importlib
import os
import sys
from contextlib import contextmanager, suppress
from functools import cache, wraps
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
from numba import prange
from numba.extending import overload

from . import fork, locks, waiting

__all__ = [
    "allocating",
    "by_type",
    "driver",
    "exact",
    "inlined",
    "inner",
    "loop",
    "parallel",
    "prange",
    "serial",
    "thread_layer",
    "threads",
]

# No "nnan" and no "ninf": NaN and infinity that come in must go out. No "arcp" either: LLVM then
# refines an estimate of the reciprocal by Newton's step, which makes NaN of 1 / infinity.
FASTMATH = {"contract", "reassoc", "nsz"}
ROUNDED = {"contract"}  # multiply-add may fuse, nothing is reordered


def _imported(module):
    """Names of this package's modules whose values stand in ``module``'s namespace."""
    for value in list(vars(module).values()):
        name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
        if isinstance(name, str) and name.startswith(__package__ + "."):
            yield name


def _digest(name):
    """Digest of the module's source and of every module of this package that it builds on."""
    names, todo = set(), [name]
    while todo:
        name = todo.pop()
        if name not in names and name in sys.modules:
            names.add(name)
            todo.extend(_imported(sys.modules[name]))
    digest = hashlib.sha256(numba.__version__.encode())
    for name in sorted(names):
        digest.update(name.encode())
        digest.update(_source(sys.modules[name].__file__))
    return digest.hexdigest()[:16]


@cache
def _source(path):
    return Path(path).read_bytes()


def _cache_root():
    """The user's cache folder; a temporary one where the home cannot be written."""
    named = os.environ.get("MINICNN_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    root = (Path(base) if base else Path.home() / ".cache") / "minicnn"
    with suppress(OSError):
        root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        import tempfile

        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
        root = Path(tempfile.gettempdir()) / f"minicnn-{user}"
    return root


CACHE_FOLDER = _cache_root()


def _choose_thread_layer():
    """OpenMP forks and joins in a microsecond, Numba's own work queue in a hundred."""
    if numba.config.THREADING_LAYER in ("default", "omp"):
        try:
            with waiting.short_spin():
                importlib.import_module("numba.np.ufunc.omppool")  # needs the system's libgomp
        except ImportError:
            numba.config.THREADING_LAYER = "workqueue"
        else:
            numba.config.THREADING_LAYER = "omp"
    return numba.config.THREADING_LAYER


thread_layer = _choose_thread_layer()
_work_queue = locks.lock()


@contextmanager
def _cached_in_own_folder(function, kind=""):
    # Numba reads the setting when a function is decorated; other users of Numba keep theirs.
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE_FOLDER / (_digest(function.__module__) + kind))
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def _compile(function, **options):
    if numba.config.DISABLE_JIT:
        return _without_warnings(function)
    with _cached_in_own_folder(function):
        return numba.njit(function, cache=True, nogil=True, error_model="numpy", **options)


def _without_warnings(function):
    """The Python function, as silent as machine code where numbers overflow or turn NaN."""

    @wraps(function)
    def silent(*args, **kwargs):
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return silent


def serial(function):
    """Compile a micro-kernel: one thread, no Python objects, no GIL."""
    return _compile(function, fastmath=FASTMATH)


def inner(function):
    """Compile a part of other kernels, never called from Python: quicker, and kept with them.

    It counts no references to arrays, for its caller holds them: beside a few registers' work the
    counting took up to a third of the time. So it cannot make arrays, and those that it returns
    may go to other such functions only.
    """
    return _part(function, fastmath=FASTMATH, _nrt=False)


def allocating(function):
    """As ``inner``, for a part that makes arrays of its own: those it counts."""
    return _part(function, fastmath=FASTMATH)


def inlined(function):
    """Compile a part of other kernels into every place that calls it.

    For what is called once a tile or once a row: handing over a dozen arrays takes longer. The
    roundings happen in the order they are written, so that full and cut-off tiles, which are
    different code, sum alike. No array can be made in it, as in ``inner``.
    """
    return _part(function, fastmath=ROUNDED, _nrt=False, forceinline=True)


def _part(function, **options):
    if numba.config.DISABLE_JIT:
        return _without_warnings(function)
    return numba.njit(
        function,
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        **options,
    )


def exact(function):
    """Compile a micro-kernel whose roundings happen in the order they are written."""
    return _compile(function, fastmath=ROUNDED)


def by_type(function):
    """Decorator: choose by the argument types what compiled code calls for ``function``.

    The roundings of the chosen function happen in the order they are written.
    """
    return overload(function, jit_options={"error_model": "numpy", "fastmath": ROUNDED})


def parallel(function):
    """Compile a driver with one ``prange``; no two iterations may write the same place."""
    return _one_at_a_time(_threaded(function, parallel=True))


def driver(function):
    """Compile a driver that has ``team.share`` hand its work to threads."""
    return _one_at_a_time(_threaded(function))


def loop(function):
    """Compile a ``prange`` that drivers call, never Python.

    Not cached by itself: only what Numba compiles in the same process tells a cached driver to
    start the threads when it is loaded.
    """
    if numba.config.DISABLE_JIT:
        return _without_warnings(function)
    compiled = numba.njit(
        function, parallel=True, nogil=True, error_model="numpy", no_cpython_wrapper=True
    )
    fork.keep(compiled)
    return compiled


def _threaded(function, **options):
    compiled = _compile(function, fastmath=FASTMATH, **options)
    if not numba.config.DISABLE_JIT:
        fork.keep(compiled, _cached_in_own_folder(function, "-serial"))
    return compiled


def _one_at_a_time(compiled):
    """On the work queue, which aborts the process on concurrent entry, under a lock."""
    if thread_layer != "workqueue" or numba.config.DISABLE_JIT:
        return compiled

    @wraps(compiled)
    def locked(*args):
        with _work_queue:
            return compiled(*args)

    return locked


def threads():
    """Number of threads a parallel kernel uses."""
    return 1 if fork.is_orphaned() else numba.get_num_threads()


# By name, not bound here: it does not touch machine code, so no kernel's digest depends on it.
importlib.import_module(f"{__package__}.compilation").listen(CACHE_FOLDER)
