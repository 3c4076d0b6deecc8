"""HDF5 files of strangers: arrays and names are read, what leads elsewhere is refused."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.errors import FormatError
from minicnn.io import hdf5


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.h5"


def refused(path, message, read=lambda root: root.array("a").read()):
    with pytest.raises(FormatError, match=message), hdf5.reading(path) as root:
        read(root)


def test_arrays_groups_and_names_come_back(path):
    names = [f"layer_{'x' * 90}_{index}" for index in range(2000)]  # more than one attribute holds
    with hdf5.writing(path) as file:
        group = file.create_group("outer/inner")
        group["a"] = np.arange(6, dtype=np.float32).reshape(2, 3)
        group["scalar"] = 2.5
        hdf5.write_names(group, "names", names)
        hdf5.write_names(group, "none", [])
        group.attrs["bytes"], group.attrs["text"] = np.bytes_(b"abc"), "naïve"
    with hdf5.reading(path) as root:
        inner = root.group("outer/inner")
        assert inner.names() == ["a", "scalar"]
        assert inner.text_list("names") == names
        assert inner.text_list("none") == []
        assert (inner.text("bytes"), inner.text("text"), inner.text("no")) == ("abc", "naïve", None)
        array = root.array("outer/inner/a")
        assert (array.shape, array.size, array.key) == ((2, 3), 6, "/outer/inner/a")
        np.testing.assert_array_equal(array.read(), np.arange(6).reshape(2, 3))
        assert inner.array("scalar").read() == 2.5
        assert root.is_group("outer") and not root.is_group("nothing")


def test_compressed_and_chunked_arrays_are_read(path, rng):
    values = rng.normal(size=(100, 50)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=values, chunks=(10, 50), compression="gzip", shuffle=True)
        file.create_dataset("zeros", data=np.zeros(5000, np.float32), compression="gzip")
    with hdf5.reading(path) as root:
        np.testing.assert_array_equal(root.array("a").read(), values)
        assert not root.array("zeros").read().any()


def test_a_failed_writer_leaves_the_old_file(path):
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), hdf5.writing(path) as file:
        file["a"] = 1 / 0
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.h5"]


def test_links_are_not_followed(path, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.ones(3)
    with h5py.File(path, "w") as file:
        file["external"] = h5py.ExternalLink("other.h5", "/secret")
        file["soft"] = h5py.SoftLink("/group")
        file.create_group("group")["b"] = np.ones(3)
        file["dangling"] = h5py.SoftLink("/nothing")
    for name, kind in (("external", "External"), ("soft", "Soft"), ("dangling", "Soft")):
        refused(path, f"'/{name}': is a link that is not followed, {kind}Link",
                lambda root, name=name: root.array(name))  # fmt: skip
    refused(path, "'/soft': is a link that is not followed", lambda root: root.array("soft/b"))
    refused(path, "'/soft': is a link that is not followed", lambda root: root.is_group("soft"))


@pytest.mark.parametrize("name", ["../group/b", "./group/b", "/group/b", "group//b", "group/b/c"])
def test_odd_paths_are_refused(path, name):
    with h5py.File(path, "w") as file:
        file.create_group("group")["b"] = np.ones(3)
    refused(path, "is no path to follow", lambda root: root.array(name))


def test_a_group_that_holds_itself_ends_where_the_path_ends(path):
    with h5py.File(path, "w") as file:
        group = file.create_group("g")
        group["again"] = group
    refused(path, "'/g': must be an array|'/g/again.*': must be an array",
            lambda root: root.array("g/again/again"))  # fmt: skip


def test_virtual_and_external_storage_is_refused(path, tmp_path):
    (tmp_path / "raw").write_bytes(bytes(24))
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((3,), np.float64)
        layout[:] = h5py.VirtualSource("other.h5", "b", (3,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("outside", (3,), "f8", external=[(str(tmp_path / "raw"), 0, 24)])
    for name in ("virtual", "outside"):
        refused(path, f"'/{name}': keeps its values in other places",
                lambda root, name=name: root.array(name))  # fmt: skip


def test_bombs_are_refused_before_they_are_read(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("never_written", (10**9,), "f4")
        file.create_dataset("chunked", (10**6, 10**6), "f4", chunks=(1000, 1000))
        packed = {"chunks": (1 << 20,), "compression": "gzip"}
        file.create_dataset("packed", (1 << 24,), "f4", **packed)[:] = 0
        file.create_dataset("one_chunk", (1 << 40,), "f4", **packed)[:5] = 1
    for name in ("never_written", "chunked", "packed", "one_chunk"):
        refused(path, f"'/{name}': shape .* takes .* bytes, the file holds",
                lambda root, name=name: root.array(name))  # fmt: skip


@pytest.mark.parametrize("value", ["text", np.array([b"ab"]), np.array([1j])])
def test_other_dtypes_are_refused(path, value):
    with h5py.File(path, "w") as file:
        file["a"] = value
    refused(path, "'/a': must hold real numbers, got")


def test_missing_and_mistaken_things(path):
    with h5py.File(path, "w") as file:
        file["a"] = 1.0
        file.create_group("g").attrs["number"] = 3
        file["g"].attrs["matrix"] = np.array([[b"x"]])
        file["g"].attrs["reference"] = file["a"].ref
    refused(path, "'/b': is missing", lambda root: root.array("b"))
    refused(path, "'/a': must be a group", lambda root: root.group("a"))
    refused(path, "'/g': must be an array", lambda root: root.array("g"))
    refused(path, "'/g@names': is missing", lambda root: root.group("g").text_list("names"))
    refused(path, "'/g@number': must be text", lambda root: root.group("g").text("number"))
    refused(
        path, "'/g@matrix': must be a list of", lambda root: root.group("g").text_list("matrix")
    )
    refused(path, "'/g@reference': must be text", lambda root: root.group("g").text("reference"))


def test_no_hdf5_file_at_all(path):
    path.write_bytes(b"<!DOCTYPE html>")
    assert not hdf5.is_hdf5(path)
    refused(path, r"file\.h5: is no readable HDF5 file")
    with pytest.raises(FileNotFoundError), hdf5.reading(path.with_name("absent.h5")):
        pass


def test_the_extra_is_named_when_h5py_is_not_installed(path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with (
        pytest.raises(ModuleNotFoundError, match=r'load_model: needs h5py.*"minicnn\[keras\]"'),
        hdf5.reading(path),
    ):
        pass


@settings(max_examples=100)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    with h5py.File(folder / "good.h5", "w") as file:
        file["a"] = np.ones((4, 5), np.float32)
        file.attrs["names"] = np.array([b"one", b"two"])
    changed = bytearray((folder / "good.h5").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    (folder / "bad.h5").write_bytes(changed[: data.draw(st.integers(0, len(changed)))])
    try:
        with hdf5.reading(folder / "bad.h5") as root:
            assert root.array("a").read().size < 10**6
            assert isinstance(root.text_list("names"), list)
    except FormatError as error:
        assert "bad.h5" in str(error)
