"""CIFAR-10's binary files: planes become channels, every malformed file is refused."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.errors import FormatError
from minicnn.io import cifar
from minicnn.io.cifar import RECORD, read_cifar10_archive, read_cifar10_batch, read_cifar10_folder

NAMES = [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]


def batch(count, seed=0):
    """Labels, images and the bytes that hold them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count, dtype=np.uint8)
    images = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    planes = images.transpose(0, 3, 1, 2).reshape(count, -1)
    return labels, images, np.hstack([labels[:, None], planes]).tobytes()


def archive(members):
    """A ``.tar.gz`` of ``{name: bytes or TarInfo}``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                tar.addfile(info)
    return packed.getvalue()


def good_members(count=2):
    return [(f"cifar-10-batches-bin/{n}", batch(count, i)[2]) for i, n in enumerate(NAMES)]


def test_planes_become_channels(tmp_path):
    labels, images, content = batch(3)
    (tmp_path / "data_batch_1.bin").write_bytes(content)
    x, y = read_cifar10_batch(tmp_path / "data_batch_1.bin")
    np.testing.assert_array_equal(x, images, strict=True)
    np.testing.assert_array_equal(y, labels, strict=True)


def check_split(loaded):
    (x_train, y_train), (x_test, y_test) = loaded
    expected = [batch(2, seed) for seed in range(6)]
    np.testing.assert_array_equal(x_train, np.concatenate([b[1] for b in expected[:5]]))
    np.testing.assert_array_equal(y_train, np.concatenate([b[0] for b in expected[:5]]))
    np.testing.assert_array_equal(x_test, expected[5][1])
    np.testing.assert_array_equal(y_test, expected[5][0])


def test_archive_and_folder(tmp_path):
    members = [("cifar-10-batches-bin/readme.html", b"<html>"), *good_members()]
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(archive(members))
    check_split(read_cifar10_archive(tmp_path / "cifar-10-binary.tar.gz"))
    for name, content in good_members():
        (tmp_path / name.rpartition("/")[2]).write_bytes(content)
    check_split(read_cifar10_folder(tmp_path))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "at byte 0: must be 1 to 10,000 records of 3073 bytes, got 0 bytes"),
        (
            batch(2)[2][:-1],
            "at byte 3073: must be 1 to 10,000 records of 3073 bytes, got 6,145 bytes",
        ),
        (
            batch(1)[2] + b"\0",
            "at byte 3073: must be 1 to 10,000 records of 3073 bytes, got 3,074 bytes",
        ),
        (bytes(10_001 * RECORD), "must be 1 to 10,000 records of 3073 bytes, got more"),
        (
            batch(1)[2] + b"\x0a" + bytes(3072),
            "at byte 3073: label must be below 10, got 10",
        ),
    ],
)
def test_malformed_batches_are_refused(tmp_path, content, message):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_cifar10_batch(path)
    assert str(caught.value).startswith(f"{path}: at byte ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda m: m[:-1], "'cifar-10-batches-bin/test_batch.bin': is missing"),
        (lambda m: [*m, m[0]], "'cifar-10-batches-bin/data_batch_1.bin': is there twice"),
        (
            lambda m: [(m[0][0], (tarfile.SYMTYPE, "/etc/passwd")), *m[1:]],
            "'cifar-10-batches-bin/data_batch_1.bin': must be a regular file",
        ),
        (
            lambda m: [(m[0][0], (tarfile.LNKTYPE, m[1][0])), *m[1:]],
            "must be a regular file",
        ),
        (lambda m: [(m[0][0], m[0][1][:-1]), *m[1:]], "at byte 3073: must be 1 to 10,000 records"),
        (lambda m: [(m[0][0], bytes(10_001 * RECORD)), *m[1:]], "is too large, 30,733,073 bytes"),
        (lambda m: [("../" + m[0][0], m[0][1]), *m[1:]], "data_batch_1.bin': is missing"),
        (lambda m: [], "data_batch_1.bin': is missing"),
    ],
)
def test_malformed_archives_are_refused(tmp_path, change, message):
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(archive(change(good_members())))
    with pytest.raises(FormatError) as caught:
        read_cifar10_archive(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "_LARGEST_ARCHIVE", 2**20)
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(archive([("filler", bytes(2**21)), *good_members()]))
    with pytest.raises(FormatError, match="unpacks to more than 1,048,576 bytes"):
        read_cifar10_archive(path)


@pytest.mark.parametrize("content", [b"", b"<html>", gzip.compress(b"<html>"), b"\x1f\x8b\x08"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="damaged"):
        read_cifar10_archive(path)


PACKED = archive(good_members())
PLAIN = gzip.decompress(PACKED)


@given(data=st.data(), packed=st.booleans())
def test_any_mutation_loads_the_same_shapes_or_is_refused(tmp_path_factory, data, packed):
    content = bytearray(PACKED if packed else PLAIN)
    headers = [512 * n for n in range(len(PLAIN) // 512) if PLAIN[512 * n :].startswith(b"cifar")]
    place = data.draw(
        st.integers(0, len(content) - 1)
        | st.sampled_from(headers).flatmap(lambda h: st.integers(h, h + 511))
    )
    if data.draw(st.booleans()):
        content[place : place + 1] = data.draw(st.binary(max_size=2))
    else:
        del content[place:]
    path = tmp_path_factory.mktemp("cifar") / "cifar-10-binary.tar.gz"
    path.write_bytes(content)
    try:
        (x_train, y_train), (x_test, y_test) = read_cifar10_archive(path)
    except FormatError as error:
        assert str(error).startswith(f"{path}: ")
    else:
        assert x_train.shape == (10, 32, 32, 3) and y_train.shape == (10,)
        assert x_test.shape == (2, 32, 32, 3) and y_test.shape == (2,)
        assert max(y_train.max(), y_test.max()) < 10
