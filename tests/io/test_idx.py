"""IDX files: what is right is read exactly, everything else is refused with its place."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minicnn.errors import FormatError
from minicnn.io.idx import read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    """The bytes of an IDX file with ``array``."""
    code = CODES[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def header(code, *shape):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


@given(data=st.data(), dtype=st.sampled_from(sorted(CODES)), packed=st.booleans())
def test_round_trip(tmp_path_factory, data, dtype, packed):
    shape = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)
    array = data.draw(arrays.arrays(np.dtype(dtype), shape))
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    loaded = read_idx(path)
    np.testing.assert_array_equal(loaded, array, strict=True)
    assert loaded.flags.writeable and loaded.dtype.isnative


GOOD = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))

MALFORMED = {
    "empty": (b"", "at byte 0: not an IDX file, it begins with b''"),
    "html": (b"<!DOCTYPE html>", "at byte 0: not an IDX file, it begins with b'<!DO'"),
    "magic": (b"\0\1\x08\1\0\0\0\0", "at byte 0: not an IDX file"),
    "dtype": (
        b"\0\0\x0a\1\0\0\0\0",
        "at byte 2: dtype code must be one of 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, got 0x0a",
    ),
    "rank 0": (b"\0\0\x08\0", "at byte 3: rank must be in [1, 8], got 0"),
    "rank 255": (b"\0\0\x08\xff", "at byte 3: rank must be in [1, 8], got 255"),
    "sizes cut": (GOOD[:10], "at byte 10: the file ends inside the 3 sizes"),
    "negative": (
        header(8, 2, 2**32 - 5, 4) + bytes(24),
        "at byte 8: size of axis 1 is negative: -5",
    ),
    "over the limit": (
        header(8, 2**31 - 1, 2**31 - 1, 1),
        "at byte 16: shape (2147483647, 2147483647, 1) of uint8 takes 4,611,686,014,132,420,609 "
        "bytes, at most 1,073,741,824 are allowed",
    ),
    "product past 64 bits": (header(8, *[2**31 - 1] * 8), "are allowed"),
    "more than the file can hold": (
        header(8, 1000, 1000),
        "at byte 12: shape (1000, 1000) of uint8 takes 1,000,000 bytes, the file cannot hold",
    ),
    "short": (
        GOOD[:-1],
        "at byte 16: shape (2, 3, 4) of uint8 takes 24 bytes, the file ends after 23",
    ),
    "trailing": (
        GOOD + b"\0",
        "at byte 40: shape (2, 3, 4) of uint8 takes 24 bytes, more bytes follow",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("packed", [False, True])
def test_malformed_files_are_refused(tmp_path, name, packed):
    content, message = MALFORMED[name]
    path = tmp_path / "train-images"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(FormatError) as caught:
        read_idx(path)
    assert str(caught.value).startswith(f"{path}: at byte ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda packed: packed[:-9], "end-of-stream"),
        (lambda packed: packed[:12], "end-of-stream"),
        (lambda packed: packed[:-8] + b"\0\0\0\0" + packed[-4:], "CRC check failed"),
        (lambda packed: packed[:-4] + b"\1\0\0\0", "Incorrect length"),
        (lambda packed: packed + b"garbage", "Not a gzipped file"),
        (lambda packed: packed[:10] + b"\xff" * 10, "invalid"),
        (lambda packed: packed[:2] + b"\7" + packed[3:], "Unknown compression method"),
    ],
)
def test_damaged_gzip_is_refused(tmp_path, damage, message):
    path = tmp_path / "file.gz"
    path.write_bytes(damage(gzip.compress(GOOD)))
    with pytest.raises(FormatError, match=message):
        read_idx(path)


def test_a_bomb_is_refused_without_unpacking_it(tmp_path):
    import tracemalloc

    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(GOOD + bytes(2**26)))
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="more bytes follow"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_the_limit_is_the_callers(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(GOOD)
    assert read_idx(path, max_bytes=24).shape == (2, 3, 4)
    with pytest.raises(FormatError, match="takes 24 bytes, at most 23 are allowed"):
        read_idx(path, max_bytes=23)


@given(data=st.data(), packed=st.booleans())
def test_any_mutation_loads_the_same_shape_or_is_refused(tmp_path_factory, data, packed):
    content = bytearray(gzip.compress(GOOD) if packed else GOOD)
    place = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["change", "insert", "cut", "remove"]))
    if kind == "change":
        content[place] = data.draw(st.integers(0, 255))
    elif kind == "insert":
        content[place:place] = data.draw(st.binary(min_size=1, max_size=9))
    else:
        del content[place : None if kind == "cut" else place + 1]
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(content)
    try:
        assert read_idx(path).shape == (2, 3, 4)
    except FormatError as error:
        assert str(error).startswith(f"{path}: at byte ")


@given(content=st.binary(max_size=64), packed=st.booleans())
def test_any_bytes_load_or_are_refused(tmp_path_factory, content, packed):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(content) if packed else b"\0\0" + content)
    try:
        assert read_idx(path).size <= 64
    except FormatError as error:
        assert "\n" not in str(error)
