"""The frameworks that take part, as far as they are installed."""

import os
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from .race import turn

NAMES = ("torch", "tensorflow")


class Peers(NamedTuple):
    """PyTorch and TensorFlow, each ``None`` if it takes no part."""

    torch: Any = None
    tensorflow: Any = None

    @property
    def names(self):
        """Names of those that take part."""
        return [name for name in NAMES if getattr(self, name) is not None]


def load(wanted, threads, say):
    """The frameworks among ``wanted`` that can be imported, with ``threads`` threads each.

    To be called before any of them computes; ``say`` is told of those that are missing.
    """
    import numba

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    found = {}
    for name in NAMES:
        if name not in wanted:
            continue
        try:
            found[name] = import_module(name)
        except ImportError:
            say(f"{name} is not installed and takes no part: pip install 'minicnn[bench]'")
    numba.set_num_threads(threads)
    if "torch" in found:
        found["torch"].set_num_threads(threads)
        found["torch"].set_grad_enabled(False)
    if "tensorflow" in found:
        threading = found["tensorflow"].config.threading
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(1)
    return Peers(**found)


def channels_last(torch, array):
    """A view of ``[N, H, W, C]`` memory as PyTorch's ``[N, C, H, W]``."""
    return torch.from_numpy(array).permute(0, 3, 1, 2)


def compiled(tf, function, *arrays):
    """``function`` of TensorFlow on ``arrays``, by its executor or by XLA, whichever is quicker.

    The arrays are arguments of the graph: as constants in it they could be folded away.
    """
    constants = [tf.constant(a) if isinstance(a, np.ndarray) else a for a in arrays]
    ways = [tf.function(function, jit_compile=way) for way in (False, True)]
    calls = [lambda way=way: way(*constants) for way in ways]
    chosen = []

    def call():
        if not chosen:
            chosen.append(_quicker(*calls))
        return chosen[0]()

    return call


def _quicker(plain, xla):
    """``xla`` where it compiles, can do the operation and is quicker."""
    plain()
    best = min(turn(plain))
    try:
        xla()
    except Exception:  # XLA refuses by several classes of errors
        return plain
    first = min(turn(xla))
    if first > 2 * best:
        return plain
    return min((plain, xla), key=lambda call: min(turn(call) + turn(call)))
