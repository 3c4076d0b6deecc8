"""One seed for every pass of a layer that draws random numbers."""

import threading

from .. import random
from .base import Layer

_MASK = (1 << 64) - 1


class RandomLayer(Layer):
    """Base of layers that are random in training.

    Pass number ``n`` uses a seed that follows from the layer's seed and ``n`` alone, so a run
    repeats to the bit, and goes on to the bit from a saved :attr:`rng_state`.

    Parameters
    ----------
    seed : int, optional
        Default: the next one of :mod:`minicnn.random`.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        if seed is not None and (isinstance(seed, bool) or int(seed) != seed or seed < 0):
            raise ValueError(f"{self.label}: seed must be an integer of at least 0, got {seed!r}")
        self.seed = None if seed is None else int(seed)
        self._stream = random.next_seed() if seed is None else self.seed
        self._passes = 0
        self._lock = threading.Lock()

    @property
    def rng_state(self):
        """``[stream, passes]``, two integers: set it to repeat what followed."""
        with self._lock:
            return [self._stream, self._passes]

    @rng_state.setter
    def rng_state(self, state):
        stream, passes = (int(part) for part in state)
        if stream < 0 or passes < 0:
            raise ValueError(f"{self.label}: rng_state must not be negative, got {state!r}")
        with self._lock:
            self._stream, self._passes = stream, passes

    def next_seed(self):
        """Seed of one more pass, an integer in [0, 2**63)."""
        with self._lock:
            self._passes += 1
            return _mixed(_mixed(self._stream) + self._passes) >> 1


def _mixed(value):
    """SplitMix64's finalizer (Steele et al., 2014): near integers become unrelated ones."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & _MASK
    return value ^ value >> 31
