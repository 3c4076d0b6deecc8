"""JSON from files that nobody vouches for: strict, and never deeper than code can follow."""

import json
import re

import numpy as np

from ..errors import FormatError

MAX_DEPTH = 200  # a model in a model takes four levels

# Possessive, and it takes a string without end too: else hostile text costs quadratic time.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def parse(data, file=None, key=None):
    """The object that ``data`` (bytes or str) describes.

    Parameters
    ----------
    data : bytes or str
        UTF-8.
    file, key
        Where it stands, for messages.

    Returns
    -------
    dict
        The top of every file of ours and of Keras' is an object.

    Raises
    ------
    FormatError
        If it is no JSON object, a name comes twice in one object, or it nests deeper than
        ``MAX_DEPTH``.
    """
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    if _depth(data) > MAX_DEPTH:
        raise FormatError(f"JSON nests deeper than {MAX_DEPTH} levels", file, key=key)
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"must be JSON text, {error}", file, key=key) from error
    if not isinstance(value, dict):
        raise FormatError(f"must be a JSON object, got {type(value).__name__}", file, key=key)
    return value


def compose(value):
    """``value`` as UTF-8 JSON; the same bytes for the same value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _depth(data):
    """Deepest nesting, counted before any parser runs."""
    characters = np.frombuffer(_STRINGS.sub(b"", data), np.uint8)
    steps = np.zeros(characters.size, np.int8)
    steps[(characters == ord("{")) | (characters == ord("["))] = 1
    steps[(characters == ord("}")) | (characters == ord("]"))] = -1
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))


def _without_duplicates(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} comes twice")
    return result
