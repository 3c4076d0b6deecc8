"""The native file: what goes in comes out, and nothing else comes out."""

import hashlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn.errors import FormatError
from minicnn.io import archive, json_text

ARRAYS = {
    "kernel": np.arange(12, dtype=np.float32).reshape(3, 4) / 7,
    "labels": np.array([3, -1], np.int64),
    "empty": np.zeros((0, 5), np.float64),
    "scalar": np.array(2.5),
    "names with / and ü": np.array([1, 2, 3], np.uint8),
}
CONTENT = {"title": "naïve", "numbers": [1, 2.5, None, True], "nested": {"a": {"b": []}}}

dtypes = st.sampled_from(["i1", "u1", "<i4", ">i4", "<i8", "u8", "<f2", "<f4", ">f4", "<f8"])
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("archives")


@pytest.fixture(scope="module")
def good(folder):
    path = folder / "good.minicnn"
    archive.write(path, CONTENT, ARRAYS)
    return path.read_bytes()


def read_bytes(folder, data):
    path = folder / "changed.minicnn"
    path.write_bytes(data)
    return archive.read(path)


def forged(header, body=b"", length=None):
    """A file with a valid checksum around any header."""
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    total = 32 + len(header) + len(body) + 32
    start = struct.pack(
        "<8sIIQQ", b"MiniCNN\n", 1, 0, len(header) if length is None else length, total
    )
    data = start + header + body
    return data + hashlib.sha256(data).digest()


def entry(**changes):
    given = {"name": "a", "dtype": "<f4", "shape": [2], "offset": 512, "length": 8, **changes}
    return {name: value for name, value in given.items() if value is not ...}


def forged_with(*entries, end=520):
    """A file whose header ends at byte 512 and whose arrays end at ``end``."""
    header = json.dumps({"arrays": list(entries), "content": {}}).encode()
    return forged(header.ljust(512 - 32), bytes(end - 512))


def test_round_trip(folder, good):
    content, arrays = read_bytes(folder, good)
    assert content == CONTENT
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        np.testing.assert_array_equal(arrays[name], array)


def test_arrays_begin_at_multiples_of_64(good):
    header = json.loads(good[32 : 32 + struct.unpack_from("<Q", good, 16)[0]])
    assert [item["offset"] % 64 for item in header["arrays"]] == [0] * len(ARRAYS)


def test_the_same_content_gives_the_same_bytes(folder, good):
    path = folder / "again.minicnn"
    archive.write(path, CONTENT, ARRAYS)
    assert path.read_bytes() == good


@given(
    content=st.dictionaries(st.text(), plain, max_size=4),
    arrays=st.dictionaries(
        st.text(max_size=8),
        dtypes.flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
        ),
        max_size=4,
    ),
)
def test_any_content_comes_back(folder, content, arrays):
    path = folder / "any.minicnn"
    archive.write(path, content, arrays)
    read_content, read_arrays = archive.read(path)
    assert read_content == content
    assert list(read_arrays) == list(arrays)
    for name, array in arrays.items():
        assert read_arrays[name].dtype == array.dtype.newbyteorder("<")
        assert read_arrays[name].tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()


def test_non_contiguous_arrays(folder):
    array = np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    path = folder / "strided.minicnn"
    archive.write(path, {}, {"a": array})
    np.testing.assert_array_equal(archive.read(path)[1]["a"], array)


@pytest.mark.parametrize("array", [np.array([object()]), np.array(["text"]), np.array([1j])])
def test_refuses_to_write_other_dtypes(folder, array):
    path = folder / "never.minicnn"
    with pytest.raises(TypeError, match="archive: array 'odd' has a dtype that is not stored"):
        archive.write(path, {}, {"odd": array})
    assert not path.exists()


@settings(max_examples=200)
@given(data=st.data())
def test_every_flipped_bit_is_refused(folder, good, data):
    position = data.draw(st.integers(0, len(good) - 1))
    changed = bytearray(good)
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(FormatError, match=r"changed\.minicnn"):
        read_bytes(folder, bytes(changed))


@settings(max_examples=100)
@given(data=st.data())
def test_every_truncation_is_refused(folder, good, data):
    with pytest.raises(FormatError, match=r"changed\.minicnn"):
        read_bytes(folder, good[: data.draw(st.integers(0, len(good) - 1))])


def test_trailing_bytes_are_refused(folder, good):
    with pytest.raises(FormatError, match=f"at byte 24: must be {len(good)} bytes long, is"):
        read_bytes(folder, good + b"\0")


@settings(max_examples=100)
@given(header=st.binary(max_size=60) | plain.map(lambda value: json.dumps(value).encode()))
def test_any_header_under_a_valid_checksum_is_refused_or_read(folder, header):
    with pytest.raises(FormatError, match=r"changed\.minicnn"):
        read_bytes(folder, forged(header))


def test_header_longer_than_the_file(folder):
    with pytest.raises(
        FormatError, match=r"at byte 16: header of 9223372036854775808 bytes passes"
    ):
        read_bytes(folder, forged({}, length=2**63))


def test_other_version(folder, good):
    with pytest.raises(FormatError, match="at byte 8: has format version 2, this is a reader of 1"):
        read_bytes(folder, good[:8] + b"\2" + good[9:])


def test_the_forger_can_make_a_valid_file(folder):
    _, arrays = read_bytes(folder, forged_with(entry()))
    assert arrays["a"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [2**61]}, "'a': shape .* takes 9223372036854775808 bytes, got 8|too large"),
        ({"shape": [2**62, 2**62, 0], "length": 0}, "'a': shape .* is too large"),
        ({"shape": [3]}, r"'a': shape \[3\] of <f4 takes 12 bytes, got 8"),
        ({"shape": [-2]}, r"'a': shape must be a list of lengths, got \[-2\]"),
        ({"shape": [2.0]}, r"'a': shape must be a list of lengths, got \[2.0\]"),
        ({"shape": [True, 2]}, "'a': shape must be a list of lengths"),
        ({"shape": "2"}, "'a': shape must be a list of lengths, got '2'"),
        ({"shape": [1] * 33}, "'a': shape must be a list of lengths"),
        (
            {"shape": [10**12], "length": 4 * 10**12},
            "'a': at byte 520: ends at byte .*, past the file's arrays",
        ),
        ({"dtype": "O"}, "'a': dtype must be one of .*, got 'O'"),
        ({"dtype": ["<f4"]}, "'a': dtype must be one of"),
        ({"offset": 0}, "'a': must begin at byte 512, got 0"),
        ({"offset": -64}, "'a': offset and length must be integers of at least 0"),
        ({"length": ...}, r"'arrays\[0\]': must have"),
        ({"name": 3}, r"'arrays\[0\]': must have"),
        ({"code": "os.system"}, r"'arrays\[0\]': must have"),
    ],
)
def test_refused_array_entries(folder, changes, message):
    with pytest.raises(FormatError, match=message):
        read_bytes(folder, forged_with(entry(**changes)))


def test_the_same_name_twice(folder):
    with pytest.raises(FormatError, match="'a': comes twice"):
        read_bytes(folder, forged_with(entry(), entry(offset=576), end=584))


def test_bytes_that_no_array_owns(folder):
    with pytest.raises(FormatError, match="the last array must end at byte 584"):
        read_bytes(folder, forged_with(entry(), end=584))


def test_deep_nesting_is_refused_before_parsing():
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    with pytest.raises(FormatError, match="JSON nests deeper than 200 levels"):
        json_text.parse(deep)


def test_brackets_in_strings_are_no_nesting():
    text = '{"a": "' + "[" * 500 + '\\"' + "{" * 500 + '"}'
    assert json_text.parse(text) == {"a": "[" * 500 + '"' + "{" * 500}


@pytest.mark.parametrize("end", [b"", b"\\", b'"'])
def test_strings_without_end_cost_linear_time(end):
    with pytest.raises(FormatError, match="must be JSON text"):
        json_text.parse(b'{"a": "' + b'\\"' * 500_000 + end)  # quadratic: for minutes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "must be JSON text, the name 'a' comes twice"),
        ("[1]", "must be a JSON object, got list"),
        ("{", "must be JSON text"),
        (b'{"a": "\xff"}', "must be JSON text"),
        ('{"a": ' + "9" * 5000 + "}", "must be JSON text"),
        ("", "must be JSON text"),
    ],
)
def test_refused_json(text, message):
    with pytest.raises(FormatError, match=f"model.json: 'config': {message}"):
        json_text.parse(text, "model.json", "config")
