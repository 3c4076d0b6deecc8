"""A :class:`~minicnn.data.Dataset` of the images in folders."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import config, random
from ..data import Dataset
from ..layers import Resizing
from ..utils.image_utils import img_to_array, load_img
from .image.folders import class_folders, image_files

_OP = "image_dataset_from_directory"
_LABEL_MODES = ("int", "categorical", "binary", None)


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    verbose=True,
):
    """Batches of resized images, floats from 0 to 255, read from files as they are needed.

    Parameters
    ----------
    directory : path
        Holds one folder a class; without labels all images below it are taken.
    labels : str, list of int or None
        ``"inferred"`` from the folders (default), one for each file in the order of their sorted
        paths, or ``None``.
    label_mode : str, optional
        ``"int"``, ``"categorical"`` (one-hot), ``"binary"`` (0.0 or 1.0) or ``None``.
    class_names : list of str, optional
        Folders to take, in this order; default: all, sorted.
    color_mode : str
        ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
    batch_size : int or None
        ``None`` gives single images.
    image_size : int or (int, int)
    shuffle : bool
        Another order in every epoch; otherwise sorted.
    seed : int, optional
    validation_split : float, optional
        Share of the files that ``subset="validation"`` gives.
    subset : str, optional
        ``"training"``, ``"validation"`` or ``"both"``, a pair. The same ``seed`` gives subsets
        that share no file, those of Keras.
    interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio
        See :class:`minicnn.layers.Resizing`.
    follow_links : bool
        Go into folders that are symbolic links.
    data_format : str, optional
    verbose : bool
        Print what was found.

    Returns
    -------
    Dataset
        With attributes ``class_names`` and ``file_paths``.
    """
    _check(label_mode, validation_split, subset, shuffle, seed)
    data_format = config.data_format(_OP, data_format)
    labels = None if label_mode is None else labels
    read = _reader(color_mode, image_size, interpolation, data_format,
                   crop_to_aspect_ratio, pad_to_aspect_ratio)  # fmt: skip
    names, paths, numbers = _index(directory, labels, class_names, follow_links)
    if label_mode == "binary" and names is not None and len(names) != 2:
        raise ValueError(f"{_OP}: label_mode 'binary' needs 2 classes, found {names}")
    targets = _targets(numbers, names, label_mode)
    if verbose:
        told = "" if names is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{told}.")
    order = np.arange(len(paths))
    if shuffle:  # as Keras draws it, so that the subsets are its own
        first = random.next_seed() % 2**32 if seed is None else seed
        np.random.RandomState(first).shuffle(order)
    held = int((validation_split or 0) * len(paths))
    parts = {None: order, "training": order[: len(order) - held],
             "validation": order[len(order) - held :]}  # fmt: skip

    def dataset(chosen):
        if not len(chosen):
            raise ValueError(f"{_OP}: no images found in {str(directory)!r}")
        stream = Dataset.from_tensor_slices(chosen)
        if shuffle:
            stream = stream.shuffle(len(chosen), seed)
        if targets is None:
            stream = stream.map(lambda k: read(paths[k]))
        else:
            stream = stream.map(lambda k: (read(paths[k]), targets[k]))
        stream = stream if batch_size is None else stream.batch(batch_size)
        stream = stream.prefetch(2)
        stream.class_names, stream.file_paths = names, [str(paths[k]) for k in chosen]
        return stream

    if subset == "both":
        return dataset(parts["training"]), dataset(parts["validation"])
    return dataset(parts[subset])


def _check(label_mode, validation_split, subset, shuffle, seed):
    if label_mode not in _LABEL_MODES:
        raise ValueError(f"{_OP}: label_mode must be one of {_LABEL_MODES}, got {label_mode!r}")
    if (validation_split is None) != (subset is None):
        raise ValueError(f"{_OP}: validation_split and subset must be given both or neither")
    if subset not in (None, "training", "validation", "both"):
        raise ValueError(
            f"{_OP}: subset must be 'training', 'validation' or 'both', got {subset!r}"
        )
    if subset is None:
        return
    share = arrays.number(_OP, "validation_split", validation_split, 0, 1)
    if share in (0, 1):
        raise ValueError(f"{_OP}: validation_split must be between 0 and 1, got {share}")
    if shuffle and seed is None and subset != "both":
        raise ValueError(f"{_OP}: subsets of shuffled files need a seed, or they would share files")


def _index(directory, labels, class_names, follow_links):
    """``(class names, paths, class numbers)``; names and numbers ``None`` without labels."""
    if isinstance(labels, str) and labels == "inferred":
        names, folders = class_folders(_OP, directory, class_names)
        files = [image_files(folder, follow_links) for folder in folders]
        numbers = [number for number, some in enumerate(files) for _ in some]
        return names, [path for some in files for path in some], np.array(numbers, np.int32)
    if class_names is not None:
        raise ValueError(f"{_OP}: class_names are of folders, labels must then be 'inferred'")
    class_folders(_OP, directory)
    paths = image_files(directory, follow_links)
    if labels is None:
        return None, paths, None
    numbers = np.asarray(labels)
    if numbers.shape != (len(paths),) or numbers.dtype.kind not in "iu" or numbers.min() < 0:
        raise ValueError(
            f"{_OP}: labels must be {len(paths)} integers of at least 0, one for each file, "
            f"got shape {numbers.shape} of {numbers.dtype}"
        )
    names = [str(number) for number in range(numbers.max() + 1)]
    return names, paths, numbers.astype(np.int32)


def _targets(numbers, names, label_mode):
    if numbers is None:
        return None
    if label_mode == "categorical":
        return np.eye(len(names), dtype=np.float32)[numbers]
    return numbers if label_mode == "int" else numbers.astype(np.float32)[:, None]


def _reader(color_mode, image_size, interpolation, data_format, crop, pad):
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    height, width = arrays.integers(_OP, "image_size", size, 2, 1)
    resize = Resizing(
        height,
        width,
        interpolation,
        crop_to_aspect_ratio=crop,
        pad_to_aspect_ratio=pad,
        data_format=data_format,
        name=_OP,
    )
    return lambda path: resize(img_to_array(load_img(path, color_mode), data_format))
