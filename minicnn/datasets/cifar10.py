"""CIFAR-10: small photographs of ten classes (Krizhevsky 2009, *Learning Multiple Layers of
Features from Tiny Images*; https://www.cs.toronto.edu/~kriz/cifar.html)."""

import numpy as np

from ..errors import FormatError
from ..io.cifar import read_cifar10_archive, read_cifar10_folder
from ..io.npz import read_npz
from . import files

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

_ARCHIVE = "cifar-10-binary.tar.gz"
_FIRST_IMAGES = "cifar10_train_first4000_lossless.npz"
_MIRRORS = ("https://www.cs.toronto.edu/~kriz",)
_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"


def load_data():
    """50,000 training and 10,000 test images, or the first 4,000 training images in two parts.

    Looked for in ``$MINICNN_DATA/cifar10``, in this order: the six ``.bin`` files of the binary
    version (there or in ``cifar-10-batches-bin``), ``cifar-10-binary.tar.gz``, and
    ``cifar10_train_first4000_lossless.npz``. Where only the last is there, its first 3,000 images
    are the training set and its last 1,000 the test set: good for trying things out, its
    accuracies are not those of the whole data set. Where none is there, the binary version
    (162 MB) is downloaded once. The pickled Python version is never read.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : uint8 arrays
        Images ``[N, 32, 32, 3]`` in 0..255, RGB; labels ``[N, 1]`` in 0..9, as in Keras.

    Raises
    ------
    FormatError
        If a file is malformed or the downloaded one has the wrong hash.
    ConnectionError
        If the files are nowhere and there is no network.
    """
    return tuple((images, labels.reshape(-1, 1)) for images, labels in _find())


def _find():
    for first in ("data_batch_1.bin", "cifar-10-batches-bin/data_batch_1.bin"):
        if path := files.own_file("cifar10", first):
            return read_cifar10_folder(path.parent)
    if path := files.own_file("cifar10", _ARCHIVE):
        return read_cifar10_archive(path)
    if path := files.own_file("cifar10", _FIRST_IMAGES):
        return _first_images(path)
    return read_cifar10_archive(files.cached_file("cifar10", _ARCHIVE, _MIRRORS, _SHA256))


def _first_images(path):
    arrays = read_npz(path)
    for key, shape in (("x", (4000, 32, 32, 3)), ("y", (4000,))):
        found = arrays.get(key, np.zeros(0))
        if found.dtype != np.uint8 or found.shape != shape:
            told = f"shape {found.shape} of {found.dtype}" if key in arrays else "no such array"
            raise FormatError(f"must be uint8 of shape {shape}, got {told}", path, key=key)
    images, labels = arrays["x"], arrays["y"]
    if labels.max() >= len(CLASS_NAMES):
        raise FormatError(f"label must be below 10, got {labels.max()}", path, key="y")
    return (images[:3000], labels[:3000]), (images[3000:], labels[3000:])
