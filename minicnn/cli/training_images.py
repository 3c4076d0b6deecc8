"""Images to learn from: data sets by their names, folders of files with one folder a class."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .recipes import DATA


class Images(NamedTuple):
    """Training and test images as ``fit`` takes them.

    ``train`` and ``test`` are pairs of arrays, or iterators over files.
    """

    train: Any
    test: Any
    labels: np.ndarray
    classes: tuple
    shape: tuple

    def counts(self):
        """Numbers of training and of test images."""
        files = not isinstance(self.train, tuple)
        return self.train.samples if files else len(self.train[1]), len(self.labels)


def data_set(name, read):
    """The images of ``minicnn.datasets``, each after ``read``.

    Parameters
    ----------
    name : str
        One of ``DATA``.
    read : callable
        From pixels of 0 to 255, ``[N, H, W, C]``, to what the network takes.
    """
    from ..datasets import get

    source = get(name)
    pairs = source.load_data(**({"size": 28} if name == "digits" else {}))
    train, test = (
        (read(x if x.ndim == 4 else x[..., None]), y.reshape(-1).astype(np.int64)) for x, y in pairs
    )
    return Images(train, test, test[1], source.CLASS_NAMES, train[0].shape[1:])


def folder(path, read, shape, batch_size, held_out, seed, done):
    """The images in the folders of ``path``, resized and read from their files batch by batch.

    Parameters
    ----------
    path : path
        Holds one folder a class.
    read : callable
        From the pixels of one image to what the network takes.
    shape : (int, int, int)
        Height, width and channels that the network takes.
    batch_size : int
    held_out : float
        Share of the images of each class that test, the first ones.
    seed, done : int
        Orders and flips of an epoch follow from the seed and its number: ``done`` of them are
        over.
    """
    from ..preprocessing.image import ImageDataGenerator

    options = {
        "target_size": shape[:2],
        "color_mode": "grayscale" if shape[2] == 1 else "rgb",
        "class_mode": "sparse",
        "batch_size": batch_size,
        "interpolation": "bilinear",
    }
    settings = {"preprocessing_function": read, "validation_split": held_out}
    train = ImageDataGenerator(horizontal_flip=True, **settings).flow_from_directory(
        path, subset="training", seed=seed, **options
    )
    test = ImageDataGenerator(**settings).flow_from_directory(
        path, subset="validation", shuffle=False, **options
    )
    train.epoch = done
    return Images(train, test, test.classes, tuple(train.class_indices), shape)


def is_folder(data):
    """Whether ``data`` is a folder of images, and not the name of a data set.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if data in DATA:
        return False
    if not Path(data).is_dir():
        raise ValueError(
            f"data must be one of {', '.join(DATA)} or a folder of images, got {data!r}"
        )
    return True
