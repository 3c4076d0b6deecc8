"""Seeds: one stream from which everything random that was given no seed of its own draws.

Initializers, dropout, shuffling and augmentation each take a seed; without one they draw it here
when they are made. After :func:`set_random_seed` a program therefore repeats to the bit.
"""

import random as _python_random
import secrets
import threading

import numpy as np

_lock = threading.Lock()
_stream = secrets.randbits(63)
_drawn = 0


def set_random_seed(seed):
    """Start the stream anew; also seeds Python's and NumPy's own generators, as Keras does.

    Parameters
    ----------
    seed : int
        At least 0 and below 2**32.
    """
    global _stream, _drawn
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"set_random_seed: seed must be an integer, got {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed: seed must be in [0, 2**32), got {seed}")
    with _lock:
        _stream, _drawn = int(seed), 0
    _python_random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - users of np.random.rand expect it, as in Keras


def next_seed():
    """The next seed of the stream, an integer in [0, 2**63)."""
    global _drawn
    with _lock:
        _drawn += 1
        words = np.random.SeedSequence([_stream, _drawn]).generate_state(2)
    return int(words[0]) << 31 ^ int(words[1])


def generator(seed=None):
    """A NumPy generator from ``seed``, or from the stream if ``None``."""
    return np.random.default_rng(next_seed() if seed is None else seed)


def get_state():
    """Where the stream stands: ``(seed, number drawn)``."""
    return _stream, _drawn


def set_state(state):
    """Go on from where :func:`get_state` was called."""
    global _stream, _drawn
    stream, drawn = (int(part) for part in state)
    with _lock:
        _stream, _drawn = stream, drawn
