"""The real files, where MINICNN_DATA names them: bit for bit what was published."""

import hashlib

import numpy as np
import pytest

from minicnn.datasets import cifar10, fashion_mnist, mnist

# MD5 of the published pixels with their 16 bytes of IDX header.
PUBLISHED = {
    "mnist": (mnist, ["6bbc9ace898e44ae57da46a324031adb", "2646ac647ad5339dbf082846283269ea"]),
    "fashion-mnist": (
        fashion_mnist,
        ["f4a8712d7a061bf5bd6d2ca38dc4d50a", "8181f5470baa50b63fa0f6fddb340f0a"],
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_idx_data_sets(data_folder, name):
    if not (data_folder / name).is_dir():
        pytest.skip(f"no {name} in MINICNN_DATA")
    module, digests = PUBLISHED[name]
    parts = module.load_data()
    for (images, labels), count, digest in zip(parts, (60_000, 10_000), digests, strict=True):
        assert images.shape == (count, 28, 28) and labels.shape == (count,)
        assert images.dtype == labels.dtype == np.uint8
        assert set(np.unique(labels)) == set(range(10))
        header = b"\0\0\x08\3" + np.array(images.shape, ">i4").tobytes()
        assert hashlib.md5(header + images.tobytes()).hexdigest() == digest


def test_cifar10(data_folder):
    if not (data_folder / "cifar10").is_dir():
        pytest.skip("no cifar10 in MINICNN_DATA")
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert (len(x_train), len(x_test)) in [(3000, 1000), (50_000, 10_000)]
    assert x_train.shape[1:] == x_test.shape[1:] == (32, 32, 3)
    assert y_train.shape == (len(x_train), 1) and y_test.shape == (len(x_test), 1)
    assert x_train.dtype == y_train.dtype == np.uint8
    # The data set begins with a frog, two trucks, a deer and two cars.
    assert [cifar10.CLASS_NAMES[y] for y in y_train[:6, 0]] == [
        "frog",
        "truck",
        "truck",
        "deer",
        "automobile",
        "automobile",
    ]
    assert set(np.unique(y_test)) == set(range(10))
