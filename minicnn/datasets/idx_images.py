"""What MNIST and Fashion-MNIST share: four IDX files of 28 x 28 images and labels 0 to 9."""

import numpy as np

from ..errors import FormatError
from ..io.idx import read_idx
from . import files

SIZE = 28
LABELS = 10


def load(dataset, mirrors, hashes):
    """``(x_train, y_train), (x_test, y_test)`` of one data set.

    ``hashes`` gives the SHA-256 of ``<part>-images-idx3-ubyte.gz`` and of
    ``<part>-labels-idx1-ubyte.gz`` for the parts ``train`` and ``t10k``.
    """
    return tuple(_part(dataset, part, mirrors, hashes) for part in ("train", "t10k"))


def _part(dataset, part, mirrors, hashes):
    paths = []
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        name = f"{part}-{kind}"
        path = files.own_file(dataset, f"{name}.gz", name)
        paths.append(
            path or files.cached_file(dataset, f"{name}.gz", mirrors, hashes[f"{name}.gz"])
        )
    images, labels = (read_idx(path) for path in paths)
    if images.dtype != np.uint8 or images.shape[1:] != (SIZE, SIZE) or not len(images):
        raise FormatError(f"must hold uint8 images of 28x28, got {_kind(images)}", paths[0])
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise FormatError(
            f"must hold {len(images)} uint8 labels, one for each image, got {_kind(labels)}",
            paths[1],
        )
    if labels.max() >= LABELS:
        first = int(np.argmax(labels >= LABELS))
        raise FormatError(f"label must be below 10, got {labels[first]}", paths[1], 8 + first)
    return images, labels


def _kind(array):
    return f"shape {array.shape} of {array.dtype}"
