"""get_file turns Keras' arguments into one checked download."""

import pytest

from minicnn.io import download
from minicnn.utils import get_file


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What was asked of the download; nothing is downloaded."""
    calls = []

    def fetch(urls, folder, name, known_hash):
        calls.append((urls, str(folder.relative_to(tmp_path)), name, known_hash))
        return folder / name

    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path))
    monkeypatch.setattr(download, "fetch", fetch)
    return calls


ORIGIN = "https://host/folder/my%20weights.h5?raw=1"


@pytest.mark.parametrize(
    "kwargs, expected",
    [
        ({}, ("datasets", "my weights.h5", None)),
        ({"fname": "w.h5", "cache_subdir": "models"}, ("models", "w.h5", None)),
        ({"file_hash": "a" * 64}, ("datasets", "my weights.h5", "sha256:" + "a" * 64)),
        ({"file_hash": "a" * 32}, ("datasets", "my weights.h5", "md5:" + "a" * 32)),
        ({"md5_hash": "b" * 32}, ("datasets", "my weights.h5", "md5:" + "b" * 32)),
        (
            {"file_hash": "a" * 64, "hash_algorithm": "sha256"},
            ("datasets", "my weights.h5", "sha256:" + "a" * 64),
        ),
    ],
)
def test_arguments(asked, tmp_path, kwargs, expected):
    path = get_file(origin=ORIGIN, **kwargs)
    assert asked == [([ORIGIN], *expected)]
    assert path == str(tmp_path / expected[0] / expected[1])


def test_cache_dir(asked, tmp_path):
    assert get_file("w", ORIGIN, cache_dir=tmp_path / "c") == str(tmp_path / "c/datasets/w")


def test_refusals():
    with pytest.raises(TypeError, match="get_file: origin must be an address, got None"):
        get_file("name")
    with pytest.raises(ValueError, match="hash_algorithm must be 'auto', 'sha256' or 'md5'"):
        get_file("name", ORIGIN, file_hash="a", hash_algorithm="crc")
    with pytest.raises(ValueError, match=r"name must be a plain file name, got '\.\./name'"):
        get_file("../name", ORIGIN)
    with pytest.raises(ValueError, match="name must be a plain file name, got ''"):
        get_file(origin="https://host/")
