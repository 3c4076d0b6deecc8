"""Recording which compiled functions run on which arrays, to run them again and nothing else.

A pass over a network in Python checks arguments, looks up plans and asks for memory at every
layer, with the same result every time. While a :class:`Capture` is open on a thread, every
function that is called through :func:`launch` is written down with its arrays; calling them again
in that order repeats the pass on whatever its input holds then. (CUDA calls this a graph.)

The capture's arena says which arrays change from run to run. What NumPy computes between launches
is not seen: whoever captures has to find that out.
"""

from contextvars import ContextVar
from functools import partial

import numpy as np

_current: ContextVar["Capture | None"] = ContextVar("minicnn_capture", default=None)


class Capture:
    """A context manager; ``launches`` are the calls so far, ``arena`` the memory of their arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn_kernels.arena import Arena
    >>> from minicnn_kernels.cpu.add import add_forward
    >>> arena, one = Arena(), np.ones(3, np.float32)
    >>> x = arena.empty((3,), np.float32, lasting=True)
    >>> with Capture(arena) as capture:
    ...     y = add_forward(None, x, one)
    >>> x[:] = 4
    >>> for launch in capture.launches:
    ...     launch()
    >>> y
    array([5., 5., 5.], dtype=float32)
    """

    def __init__(self, arena):
        self.arena, self.launches = arena, []

    def __enter__(self):
        self._token = _current.set(self)
        return self

    def __exit__(self, *exception):
        _current.reset(self._token)

    def kept(self, value):
        """An argument as later runs are to find it."""
        return self.arena.kept(value) if isinstance(value, np.ndarray) else value


def launch(function, *args, again=None):
    """Call a compiled ``function``; what is captured runs on ``again`` instead, if given."""
    function(*args)
    capture = _current.get()
    if capture is not None:
        args = map(capture.kept, args if again is None else again)
        capture.launches.append(partial(function, *args))


def arena():
    """The arena that serves this thread's requests for memory, ``None`` outside of a capture."""
    capture = _current.get()
    return None if capture is None else capture.arena


def is_constant(array):
    """Whether ``array`` will be the same whenever the open capture runs again."""
    capture = _current.get()
    return capture is not None and not capture.arena.holds(array)
