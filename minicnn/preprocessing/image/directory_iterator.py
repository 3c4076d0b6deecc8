"""Batches of changed images from folders of files, one folder a class."""

import numpy as np

from minicnn_kernels.contracts import arrays

from ...utils.image_utils import img_to_array, load_img
from .folders import class_folders, image_files
from .iterator import Iterator

_OP = "DirectoryIterator"
_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
_CLASS_MODES = ("categorical", "binary", "sparse", "input", None)


class DirectoryIterator(Iterator):
    """Batches of changed images, read from files as they are needed.

    Parameters
    ----------
    directory : path
        Holds one folder a class, of BMP, GIF, JPEG, PNG, PPM, TIFF and WebP files.
    image_data_generator : ImageDataGenerator
    target_size : (int, int)
        Height and width that all are resized to.
    color_mode : str
        ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
    classes : list of str, optional
        Folders to take, in this order; default: all, sorted.
    class_mode : str, optional
        Targets: ``"categorical"`` (one-hot), ``"binary"`` or ``"sparse"`` (numbers), ``"input"``
        (the images themselves), or ``None`` for none.
    batch_size : int
    shuffle : bool
    seed : int, optional
    data_format : str, optional
        Default: the generator's.
    save_to_dir, save_prefix, save_format
        See :class:`NumpyArrayIterator`.
    follow_links : bool
        Go into folders that are symbolic links.
    subset : str, optional
        ``"training"`` or ``"validation"``: of each class, what ``validation_split`` leaves.
    interpolation : str
    keep_aspect_ratio : bool
        See :func:`minicnn.utils.load_img`.
    dtype : str, optional

    Attributes
    ----------
    class_indices : dict
        Class name to number.
    classes : array of int
        Of every file.
    filenames, filepaths : list of str
    """

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
    ):
        self._set_generator(_OP, image_data_generator, data_format, dtype)
        self._set_saving(save_to_dir, save_prefix, save_format)
        self.target_size = arrays.integers(_OP, "target_size", target_size, 2, 1)
        for name, value, allowed in [
            ("color_mode", color_mode, tuple(_CHANNELS)),
            ("class_mode", class_mode, _CLASS_MODES),
        ]:
            if value not in allowed:
                raise ValueError(f"{_OP}: {name} must be one of {allowed}, got {value!r}")
        self.color_mode, self.class_mode = color_mode, class_mode
        self.interpolation, self.keep_aspect_ratio = interpolation, keep_aspect_ratio
        channels = _CHANNELS[color_mode]
        last = self.data_format == "channels_last"
        self.image_shape = (*self.target_size, channels) if last else (channels, *self.target_size)
        self.directory, self.subset = directory, subset
        names, folders = class_folders(_OP, directory, classes)
        if class_mode == "binary" and len(names) != 2:
            raise ValueError(f"{_OP}: class_mode 'binary' needs 2 classes, found {names}")
        self.num_classes = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self._index(folders, self._split(_OP, subset), follow_links)
        if not self.filenames:
            raise ValueError(f"{_OP}: no images found in the folders of {str(directory)!r}")
        super().__init__(len(self.filenames), batch_size, shuffle, seed)
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")

    def _index(self, folders, split, follow_links):
        self.filepaths, self.filenames, numbers = [], [], []
        for number, folder in enumerate(folders):
            files = image_files(folder, follow_links)
            first, stop = (int(share * len(files)) for share in split)
            for file in files[first:stop]:
                self.filepaths.append(str(file))
                self.filenames.append(str(file.relative_to(folder.parent)))
                numbers.append(number)
        self.classes = np.array(numbers, np.int32)

    @property
    def labels(self):
        """Class of every file."""
        return self.classes

    def images(self, indices, rngs):
        """Changed images as one array."""
        op = f"{_OP}: a batch"
        shape = (len(indices), *self.image_shape)
        arrays.allocation(op, "of images", shape, self.dtype)
        x = np.empty(shape, self.dtype)
        how = self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio
        for target, index, rng in zip(x, indices, rngs):
            image = load_img(self.filepaths[index], *how)
            target[...] = self._changed(img_to_array(image, self.data_format, self.dtype), rng)
        return x

    def targets(self, indices, x):
        """``x`` alone, or with targets as ``class_mode`` says."""
        if self.class_mode is None:
            return x
        if self.class_mode == "input":
            return x, x.copy()
        numbers = self.classes[indices]
        if self.class_mode == "categorical":
            return x, np.eye(self.num_classes, dtype=self.dtype)[numbers]
        # Losses of class numbers take integers alone; Keras gives floats here.
        return x, numbers if self.class_mode == "sparse" else numbers.astype(self.dtype)
