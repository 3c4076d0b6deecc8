"""One way to say what a bad input must get, for the tables of tests/bad_input."""

import numpy as np
import pytest

from minicnn_kernels import backend
from minicnn_kernels.errors import SizeError

BACKENDS = ("cpu", "reference")


def table(rows):
    """``(row, what, call, expected)`` tuples as pytest parameters named ``row-what``."""
    return [pytest.param(call, expected, id=f"{row}-{what}") for row, what, call, expected in rows]


def refused(call, message):
    """``call`` must raise ``ValueError`` or ``TypeError`` in one line that matches ``message``."""
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def refused_for_size(call, message):
    """``call`` must raise ``SizeError`` that says how many bytes it would take."""
    with pytest.raises(SizeError, match=message) as caught:
        call()
    assert "bytes" in str(caught.value)


def refused_by_all(function, arguments, message, **options):
    """Every backend's ``function`` must refuse ``arguments`` and leave them as they were."""
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    for name in BACKENDS:
        refused(
            lambda name=name: getattr(backend.load(name), function)(*arguments, **options), message
        )
    for old, now in zip(before, arguments):
        if isinstance(now, np.ndarray):
            np.testing.assert_array_equal(now, old)


def zeros(*shape, dtype=np.float32):
    """Zeros of ``shape``: what most rows need."""
    return np.zeros(shape, dtype)


def huge(*shape, dtype=np.float32):
    """An array of any shape that takes no memory: one element, stride 0 everywhere."""
    return np.broadcast_to(np.zeros((), dtype), shape)
