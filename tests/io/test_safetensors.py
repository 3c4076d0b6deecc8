"""The safetensors format, against its own library: the same files, and none that it forbids."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn.errors import FormatError
from minicnn.io import safetensors

ARRAYS = {
    "conv/kernel": np.arange(12, dtype=np.float32).reshape(3, 4) / 7,
    "conv/bias": np.array([3, -1], np.float64),
    "empty": np.zeros((0, 5), np.float16),
    "scalar": np.array(2.5, np.float32),
    "names with / and ü": np.array([1, 2, 3], np.uint8),
}
dtypes = st.sampled_from(["?", "i1", "u1", "<i4", ">i4", "<i8", "u8", "<f2", "<f4", ">f4", "<f8"])


@pytest.fixture(scope="module")
def peer():
    """Hugging Face's library."""
    from safetensors import numpy

    return numpy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("safetensors")


@pytest.fixture(scope="module")
def good(folder):
    safetensors.write(folder / "good.safetensors", ARRAYS)
    return (folder / "good.safetensors").read_bytes()


def read(path):
    with safetensors.reading(path) as tensors:
        return {name: tensor.read() for name, tensor in tensors.items()}


def read_bytes(folder, data):
    path = folder / "changed.safetensors"
    path.write_bytes(data)
    return read(path)


def forged(header, body=b"", length=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def entry(**changes):
    given = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}
    return {name: value for name, value in given.items() if value is not ...}


def assert_same(arrays, others):
    assert list(arrays) == list(others)
    for name, array in arrays.items():
        assert others[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(others[name], array)
        assert others[name].shape == array.shape


def test_arrays_come_back_in_their_order(folder, good):
    assert_same(ARRAYS, read_bytes(folder, good))
    assert safetensors.is_safetensors(folder / "good.safetensors")


def test_the_header_ends_at_a_multiple_of_8(good):
    assert struct.unpack_from("<Q", good)[0] % 8 == 0


@given(
    arrays=st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda name: name[:2] != "__"),
        dtypes.flatmap(
            lambda dtype: hnp.arrays(
                dtype,
                hnp.array_shapes(min_dims=0, max_dims=4, min_side=0),
                elements={"allow_nan": False} if "f" in dtype else None,
            )
        ),
        max_size=4,
    )
)
def test_both_libraries_read_what_both_write(folder, peer, arrays):
    path = folder / "any.safetensors"
    safetensors.write(path, arrays)
    assert_same(arrays, read(path))
    theirs = peer.load_file(path)
    assert_same(arrays, {name: theirs[name] for name in arrays})
    native = {name: array.astype(array.dtype.newbyteorder("=")) for name, array in arrays.items()}
    peer.save_file(native, path, metadata={"made": "by the other"})
    ours = read(path)
    assert_same(arrays, {name: ours[name] for name in arrays})


def test_non_contiguous_arrays(folder):
    array = np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    safetensors.write(folder / "strided", {"a": array})
    np.testing.assert_array_equal(read(folder / "strided")["a"], array)


def test_bfloat16_becomes_float32(folder):
    values = np.array([1, -2.5, 0.15625, np.inf], np.float32)  # of few bits: none is lost
    upper = (values.view(np.uint32) >> 16).astype("<u2")
    data = forged({"a": entry(dtype="BF16", shape=[4])}, upper.tobytes())
    assert_same({"a": values}, read_bytes(folder, data))


@pytest.mark.parametrize("array", [np.array([object()]), np.array(["text"]), np.array([1j])])
def test_refuses_to_write_other_dtypes(folder, array):
    path = folder / "never.safetensors"
    with pytest.raises(TypeError, match="safetensors: array 'odd' has a dtype without form"):
        safetensors.write(path, {"odd": array})
    assert not path.exists()


def test_refuses_to_write_an_array_in_place_of_the_metadata(folder):
    with pytest.raises(ValueError, match="safetensors: no array can be called '__metadata__'"):
        safetensors.write(folder / "never.safetensors", {"__metadata__": np.zeros(3)})


# Files of strangers -----------------------------------------------------------------------------


def test_every_truncation_is_refused(folder, good):
    for length in range(len(good)):
        with pytest.raises(FormatError, match=r"changed\.safetensors"):
            read_bytes(folder, good[:length])


def test_trailing_bytes_are_refused(folder, good):
    with pytest.raises(FormatError, match="the arrays must end at byte"):
        read_bytes(folder, good + b"\0")


@settings(max_examples=300)
@given(data=st.data())
def test_every_changed_byte_of_the_header_is_refused_or_read_as_it_says(folder, peer, good, data):
    position = data.draw(st.integers(0, 7 + struct.unpack_from("<Q", good)[0]))
    changed = bytearray(good)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        arrays = read_bytes(folder, bytes(changed))
    except FormatError as error:
        assert "changed.safetensors" in str(error) and "\n" not in str(error)
    else:  # a name or a dtype of the same size
        theirs = peer.load_file(folder / "changed.safetensors")
        assert arrays.keys() == theirs.keys()
        for name, array in arrays.items():
            assert array.tobytes() == theirs[name].tobytes()


@given(header=st.binary(max_size=60))
def test_any_header_is_refused(folder, header):
    with pytest.raises(FormatError, match=r"changed\.safetensors"):
        read_bytes(folder, forged(b"{" + header, b"\0"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at byte 0: ends within its first 8 bytes"),
        (forged({}, length=2**63), "at byte 0: header of 9223372036854775808 bytes passes the end"),
        (forged(b"[1]"), "at byte 8: header must begin with '{'"),
        (forged(b" {}"), "at byte 8: header must begin with '{'"),
        (forged(b"{]"), "'header': must be JSON text"),
        (forged(b'{"a": "\xff"}'), "'header': must be JSON text"),
        (forged(b'{"a":' * 300 + b"1" + b"}" * 300), "JSON nests deeper than 200 levels"),
        (
            b'{"a":'
            + json.dumps(entry()).encode()
            + b',"a":'
            + json.dumps(entry()).encode()
            + b"}",
            "the name 'a' comes twice",
        ),
        (forged({"__metadata__": {"a": 1}}), "'__metadata__': must hold texts alone"),
        (forged({"__metadata__": []}), "'__metadata__': must hold texts alone"),
    ],
)
def test_refused_headers(folder, data, message):
    data = forged(data, bytes(8)) if data.startswith(b"{") else data
    with pytest.raises(FormatError, match=message):
        read_bytes(folder, data)


def test_a_header_beyond_the_formats_limit_is_refused_before_it_is_read(folder):
    path = folder / "sparse.safetensors"
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", 100_000_001))
        file.truncate(200_000_000)  # takes no room on the disk
    with pytest.raises(FormatError, match="at byte 0: header must be of 100000000 bytes at most"):
        read(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [2**61]}, "is too large"),
        ({"shape": [10**12]}, r"takes 4000000000000 bytes, data_offsets hold 8"),
        ({"shape": [2**62, 2**62, 0], "data_offsets": [0, 0]}, "is too large"),
        ({"shape": [3]}, r"shape \[3\] of F32 takes 12 bytes, data_offsets hold 8"),
        ({"shape": [-2]}, r"shape must be a list of lengths, got \[-2\]"),
        ({"shape": [2.0]}, "shape must be a list of lengths"),
        ({"shape": [True, 2]}, "shape must be a list of lengths"),
        ({"shape": [1] * 33}, "shape must be a list of lengths"),
        ({"shape": None}, "shape must be a list of lengths, got None"),
        ({"dtype": "F8_E4M3"}, "dtype must be one of .*, got 'F8_E4M3'"),
        ({"dtype": ["F32"]}, "dtype must be one of"),
        ({"dtype": "O"}, "dtype must be one of"),
        ({"data_offsets": [float("nan"), 8]}, r"data_offsets must be .* got \[nan, 8\]"),
        ({"data_offsets": [0, float("inf")]}, "data_offsets must be"),
        ({"data_offsets": [8, 0]}, r"data_offsets must be \[begin, end\] in bytes, got \[8, 0\]"),
        ({"data_offsets": [-8, 0]}, "data_offsets must be"),
        ({"data_offsets": [0, 8, 8]}, "data_offsets must be"),
        ({"data_offsets": {"0": 8}}, "data_offsets must be"),
        ({"data_offsets": [1, 9]}, "must begin at byte 0, got 1"),
        ({"shape": [3], "data_offsets": [0, 12]}, "ends at byte 12, the arrays have 8"),
        ({"shape": ...}, r"must have \['data_offsets', 'dtype', 'shape'\]"),
        ({"code": "os.system"}, r"must have \['data_offsets', 'dtype', 'shape'\]"),
    ],
)
def test_refused_entries(folder, changes, message):
    with pytest.raises(FormatError, match=f"'a': {message}|'a': shape .* {message}") as caught:
        read_bytes(folder, forged({"a": entry(**changes)}, bytes(8)))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("second", "message"),
    [([0, 8], "must begin at byte 8, got 0"), ([16, 24], "must begin at byte 8, got 16")],
)
def test_overlaps_and_holes_are_refused(folder, second, message):
    header = {"a": entry(), "b": entry(data_offsets=second)}
    with pytest.raises(FormatError, match=f"'b': {message}"):
        read_bytes(folder, forged(header, bytes(24)))


def test_the_forger_can_make_a_valid_file(folder):
    header = {"b": entry(data_offsets=[8, 16]), "__metadata__": {"a": "b"}, "a": entry()}
    assert list(read_bytes(folder, forged(header, bytes(16)))) == ["b", "a"]


def test_a_file_cut_while_it_is_read(folder, good):
    path = folder / "cut.safetensors"
    safetensors.write(path, {"a": np.zeros(10**5)})
    with safetensors.reading(path) as tensors:
        path.write_bytes(good)
        with pytest.raises(FormatError, match="'a': the file became shorter while it was read"):
            tensors["a"].read()
