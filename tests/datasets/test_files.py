"""Data sets made of small files: read from the user's folder, refused when they do not fit."""

import gzip
import struct

import numpy as np
import pytest

from minicnn import datasets
from minicnn.datasets import cifar10, fashion_mnist, mnist
from minicnn.errors import FormatError
from minicnn.io import download


def idx(array, code=8):
    return (
        bytes([0, 0, code, array.ndim])
        + struct.pack(f">{array.ndim}i", *array.shape)
        + (array.tobytes())
    )


RNG = np.random.default_rng(1)
FILES = {
    "train-images-idx3-ubyte": RNG.integers(0, 256, (5, 28, 28), dtype=np.uint8),
    "train-labels-idx1-ubyte": RNG.integers(0, 10, 5, dtype=np.uint8),
    "t10k-images-idx3-ubyte": RNG.integers(0, 256, (2, 28, 28), dtype=np.uint8),
    "t10k-labels-idx1-ubyte": RNG.integers(0, 10, 2, dtype=np.uint8),
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """An empty folder of the user's own data; the cache is empty and nothing can be downloaded."""

    def refuse(urls, *_):
        raise ConnectionError(f"asked for {urls[0]}")

    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    monkeypatch.setattr(download, "fetch", refuse)
    return tmp_path


def write(folder, files, packed=False):
    folder.mkdir(exist_ok=True)
    for name, array in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (folder / name).write_bytes(idx(array))


@pytest.mark.parametrize("module, name", [(mnist, "mnist"), (fashion_mnist, "fashion-mnist")])
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_of_ones_own(own, module, name, packed):
    write(own / name, FILES, packed)
    (x_train, y_train), (x_test, y_test) = module.load_data()
    for loaded, array in zip((x_train, y_train, x_test, y_test), FILES.values()):
        np.testing.assert_array_equal(loaded, array, strict=True)


@pytest.mark.parametrize(
    "changed, message",
    [
        (
            {"train-images-idx3-ubyte": np.zeros((5, 27, 28), np.uint8)},
            r"must hold uint8 images of 28x28, got shape \(5, 27, 28\) of uint8",
        ),
        ({"train-images-idx3-ubyte": np.zeros((0, 28, 28), np.uint8)}, r"got shape \(0, 28, 28\)"),
        ({"train-images-idx3-ubyte": np.zeros(5, np.uint8)}, r"got shape \(5,\)"),
        (
            {"t10k-labels-idx1-ubyte": np.zeros(3, np.uint8)},
            r"t10k-labels-idx1-ubyte: must hold 2 uint8 labels, one for each image, got shape \(3,",
        ),
        (
            {"train-labels-idx1-ubyte": np.array([1, 2, 10, 4, 11], np.uint8)},
            "train-labels-idx1-ubyte: at byte 10: label must be below 10, got 10",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(own, changed, message):
    write(own / "mnist", {**FILES, **changed})
    with pytest.raises(FormatError, match=message):
        mnist.load_data()


def test_signed_images_are_refused(own):
    write(own / "mnist", FILES)
    images = FILES["train-images-idx3-ubyte"]
    (own / "mnist" / "train-images-idx3-ubyte").write_bytes(idx(images, code=9))
    with pytest.raises(FormatError, match=r"got shape \(5, 28, 28\) of int8"):
        mnist.load_data()


def test_what_is_missing_is_asked_for(own):
    write(own / "mnist", {name: FILES[name] for name in list(FILES)[:3]})
    with pytest.raises(ConnectionError, match=r"asked for https://.*/t10k-labels-idx1-ubyte\.gz"):
        mnist.load_data()
    with pytest.raises(ConnectionError, match=r"asked for https://.*zalando.*/train-images"):
        fashion_mnist.load_data()
    with pytest.raises(ConnectionError, match=r"kriz/cifar-10-binary\.tar\.gz"):
        cifar10.load_data()


def test_the_cache_is_the_users(monkeypatch, tmp_path):
    asked = []

    def fetch(urls, folder, name, known_hash):
        asked.append((folder, name, known_hash[:7], len(known_hash)))
        path = tmp_path / name
        path.write_bytes(gzip.compress(idx(FILES[name.removesuffix(".gz")])))
        return path

    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "fetch", fetch)
    (x_train, _), _ = mnist.load_data()
    assert x_train.shape == (5, 28, 28)
    folder = tmp_path / "cache" / "datasets" / "mnist"
    assert asked == [(folder, f"{name}.gz", "sha256:", 71) for name in FILES]


def test_a_folder_that_is_none_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path / "missing"))
    with pytest.raises(NotADirectoryError, match="MINICNN_DATA: must name a folder, got"):
        mnist.load_data()


def cifar_batch(count, first_label):
    records = np.zeros((count, 3073), np.uint8)
    records[:, 0] = first_label
    return records.tobytes()


@pytest.mark.parametrize("folder", ["cifar10", "cifar10/cifar-10-batches-bin"])
def test_cifar10_batches_of_ones_own(own, folder):
    (own / folder).mkdir(parents=True)
    for n in range(1, 6):
        (own / folder / f"data_batch_{n}.bin").write_bytes(cifar_batch(2, n))
    (own / folder / "test_batch.bin").write_bytes(cifar_batch(3, 7))
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert x_train.shape == (10, 32, 32, 3) and x_test.shape == (3, 32, 32, 3)
    assert y_train.tolist() == [[n] for n in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)]
    assert y_test.tolist() == [[7], [7], [7]]
    assert x_train.dtype == y_train.dtype == np.uint8


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({}, "'x': must be uint8 of shape (4000, 32, 32, 3), got no such array"),
        ({"x": np.zeros((4000, 32, 32, 3), np.uint8)}, "'y': must be uint8 of shape (4000,)"),
        ({"x": np.zeros(3)}, "'x': must be uint8 of shape (4000, 32, 32, 3), got shape (3,)"),
        (
            {"x": np.zeros((4000, 32, 32, 3), np.uint8), "y": np.full(4000, 10, np.uint8)},
            "'y': label must be below 10, got 10",
        ),
    ],
)
def test_first_cifar10_images_that_do_not_fit_are_refused(own, arrays, message):
    path = own / "cifar10" / "cifar10_train_first4000_lossless.npz"
    path.parent.mkdir()
    np.savez_compressed(path, **arrays)
    with pytest.raises(FormatError) as caught:
        cifar10.load_data()
    assert str(caught.value).startswith(f"{path}: {message}")


def test_names():
    assert datasets.names() == ["digits", "mnist", "fashion-mnist", "cifar10"]
    assert datasets.get("Fashion_MNIST") is fashion_mnist
    assert datasets.cifar10 is cifar10
    for name in datasets.names():
        assert len(datasets.get(name).CLASS_NAMES) == 10
    with pytest.raises(ValueError, match=r"dataset: must be one of digits, .*, got 'imagenet'"):
        datasets.get("imagenet")
    with pytest.raises(ValueError, match="got None"):
        datasets.get(None)
    with pytest.raises(AttributeError, match="has no attribute 'imagenet'"):
        datasets.imagenet  # noqa: B018
    assert "mnist" in dir(datasets)


def test_importing_datasets_loads_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, minicnn.datasets.cifar10; print(*sorted(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"scipy", "sklearn", "pooch", "requests", "numba", "matplotlib", "tqdm", "h5py"}
    assert not heavy & set(told.stdout.split())
