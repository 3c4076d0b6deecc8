"""Automatic names: ``conv2d``, ``conv2d_1``, ``conv2d_2`` ... as Keras counts them."""

import re
import threading

_counts: dict = {}
_lock = threading.Lock()


def snake_case(name):
    """A class name as Keras spells it in layer names.

    >>> snake_case("MaxPooling2D"), snake_case("Conv2DTranspose"), snake_case("PReLU")
    ('max_pooling2d', 'conv2d_transpose', 'p_re_lu')
    """
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(prefix):
    """``prefix`` the first time, then with ``_1``, ``_2`` ... appended."""
    with _lock:
        count = _counts.get(prefix, 0)
        _counts[prefix] = count + 1
    return f"{prefix}_{count}" if count else prefix


def reset():
    """Count from the start again (``backend.clear_session``)."""
    with _lock:
        _counts.clear()
