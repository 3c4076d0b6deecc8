"""Foreign .npz archives: plain numbers are read, all else is refused before it costs anything."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.errors import FormatError
from minicnn.io.npz import read_npz


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def archive(members, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as z:
        for name, content in members:
            z.writestr(name, content)
    return file.getvalue()


def header(text):
    text = text.encode()
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_what_numpy_writes(tmp_path, save):
    arrays = {
        "x": np.arange(12, dtype=np.float32).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
        "scalar": np.array(True),
        "empty": np.zeros((0, 3), np.uint8),
    }
    save(tmp_path / "a.npz", **arrays)
    loaded = read_npz(tmp_path / "a.npz")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].shape == array.shape
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
        assert loaded[name].flags.writeable


def test_second_version_of_the_header(tmp_path):
    (tmp_path / "a.npz").write_bytes(archive([("x.npy", npy(np.arange(3), (2, 0)))]))
    assert read_npz(tmp_path / "a.npz")["x"].tolist() == [0, 1, 2]


class Exploit:
    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


OBJECTS = io.BytesIO()
np.lib.format.write_array(OBJECTS, np.array([Exploit()], object), allow_pickle=True)
DESCRIPTION = "{'descr': '<f8', 'fortran_order': False, 'shape': %s}\n"

MALFORMED = {
    "empty": (b"", "damaged zip archive"),
    "html": (b"<html>", "damaged zip archive"),
    "objects": (archive([("x.npy", OBJECTS.getvalue())]), "'x.npy': at byte 0: must hold plain"),
    "text": (archive([("x.npy", npy(np.array(["a"])))]), "must hold plain numbers, got dtype <U1"),
    "record": (archive([("x.npy", npy(np.zeros(1, "f4,f4")))]), "must hold plain numbers"),
    "twice": (
        archive([("x.npy", npy(np.zeros(1))), ("X.npy", b"")]).replace(b"X.npy", b"x.npy"),
        "'x.npy': must be one .npy of its name",
    ),
    "no npy": (archive([("x.txt", b"")]), "'x.txt': must be one .npy of its name"),
    "short": (
        archive([("x.npy", npy(np.zeros(3))[:-1])]),
        "'x.npy': at byte 128: shape (3,) of float64 takes 24 bytes, got 23",
    ),
    "long": (archive([("x.npy", npy(np.zeros(3)) + b"0")]), "takes 24 bytes, got 25"),
    "huge": (archive([("x.npy", header(DESCRIPTION % "(2**62, 8)"))]), "no valid .npy header"),
    "huge literal": (
        archive([("x.npy", header(DESCRIPTION % "(4611686018427387904, 8)"))]),
        "takes 295,147,905,179,352,825,856 bytes, got 0",
    ),
    "negative": (archive([("x.npy", header(DESCRIPTION % "(-1, -3)"))]), "must not be negative"),
    "code": (archive([("x.npy", header("__import__('os').abort()"))]), "no valid .npy header"),
    "nested": (archive([("x.npy", header("(" * 3000))]), "no valid .npy header"),
    "long header": (archive([("x.npy", header(" " * 60_000))]), "no valid .npy header"),
    "version": (archive([("x.npy", b"\x93NUMPY\x09\0")]), "no valid .npy header"),
    "magic": (archive([("x.npy", b"pickle")]), "no valid .npy header"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_archives_are_refused(tmp_path, name):
    content, message = MALFORMED[name]
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_npz(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_encrypted_members_are_refused(tmp_path):
    content = bytearray(archive([("x.npy", npy(np.zeros(1)))], zipfile.ZIP_STORED))
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FormatError, match=r"'x\.npy': is encrypted"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(tmp_path, compression):
    (tmp_path / "a.npz").write_bytes(archive([("x.npy", npy(np.zeros(1)))], compression))
    with pytest.raises(FormatError, match="must be stored or deflated"):
        read_npz(tmp_path / "a.npz")


def test_a_missing_file_is_no_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "a.npz")


def test_a_bomb_is_refused_by_its_directory(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(archive([("x.npy", npy(np.zeros(2**17)))]))
    with pytest.raises(FormatError, match="unpacks to 1,048,704 bytes, at most 1,000 are allowed"):
        read_npz(path, max_bytes=1000)


def test_a_directory_that_lies_about_the_size_is_refused(tmp_path):
    content = bytearray(archive([("x.npy", npy(np.zeros(2**17)))]))
    place = content.index(b"PK\1\2") + 24
    content[place : place + 4] = (152).to_bytes(4, "little")
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FormatError):
        read_npz(tmp_path / "a.npz", max_bytes=1000)


GOOD = archive([("x.npy", npy(np.arange(6).reshape(2, 3)))])


@given(data=st.data())
def test_any_mutation_loads_the_same_or_is_refused(tmp_path_factory, data):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(max_size=2))
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    path.write_bytes(content)
    try:
        loaded = read_npz(path)
    except FormatError as error:
        assert str(error).startswith(f"{path}: ")
    else:
        for array in loaded.values():
            np.testing.assert_array_equal(array, np.arange(6).reshape(2, 3))
