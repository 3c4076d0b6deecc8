"""FormatError says in one line where a file is wrong."""

import pickle
from pathlib import Path

import pytest

from minicnn.errors import FormatError


@pytest.mark.parametrize(
    "place, message",
    [
        ({}, "too short"),
        ({"file": "a.idx"}, "a.idx: too short"),
        ({"file": Path("a.idx"), "offset": 0}, "a.idx: at byte 0: too short"),
        ({"file": "a.npz", "key": "x"}, "a.npz: 'x': too short"),
        ({"file": "a.npz", "key": "x", "offset": 12}, "a.npz: 'x': at byte 12: too short"),
    ],
)
def test_message_names_the_place(place, message):
    error = FormatError("too short", **place)
    assert str(error) == message
    assert isinstance(error, ValueError)
    assert (error.file, error.key, error.offset) == tuple(
        place.get(name) for name in ("file", "key", "offset")
    )


def test_survives_pickling_between_processes():
    error = pickle.loads(pickle.dumps(FormatError("too short", file="a.idx", offset=4)))
    assert str(error) == "a.idx: at byte 4: too short"
    assert error.offset == 4
