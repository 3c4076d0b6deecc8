"""Batches of randomly changed images: Keras' ``ImageDataGenerator``."""

import numbers

import numpy as np

from minicnn_kernels.contracts import arrays

from ... import config, random
from .directory_iterator import DirectoryIterator
from .numpy_iterator import NumpyArrayIterator
from .standardization import Standardization
from .transforms import (
    FILL_MODES,
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
)

_OP = "ImageDataGenerator"
_FLOATS = (np.float16, np.float32, np.float64)


class ImageDataGenerator(Standardization):
    """Changes images at random, standardizes them, and gives them in batches.

    Parameters
    ----------
    featurewise_center, featurewise_std_normalization : bool
        Subtract the set's mean of each channel, divide by its standard deviation: see :meth:`fit`.
    samplewise_center, samplewise_std_normalization : bool
        The same with each image's own mean and deviation.
    zca_whitening : bool
        Remove the correlations between pixels: see :meth:`fit`.
    zca_epsilon : float
    rotation_range : float
        Degrees: the angle is drawn from ``±rotation_range``.
    width_shift_range, height_shift_range : float, int or list of numbers
        A float below 1 is a share of the size, one above it pixels, both drawn from ``±``; an
        integer means whole pixels below it; of a list one entry is drawn, with either sign.
    brightness_range : (float, float), optional
        What images are multiplied by.
    shear_range : float
        Degrees.
    zoom_range : float or (float, float)
        One number means ``1 ± zoom_range``; height and width are drawn apart.
    channel_shift_range : float
        What is added to all channels is drawn from ``±channel_shift_range``.
    fill_mode : str
        ``"nearest"`` (default), ``"constant"``, ``"reflect"`` or ``"wrap"``.
    cval : float
        The constant.
    horizontal_flip, vertical_flip : bool
        Mirror with probability 1/2.
    rescale : float, optional
        What images are multiplied by after all changes, e.g. ``1 / 255``.
    preprocessing_function : callable, optional
        Of one image, after the random changes and before ``rescale``.
    data_format : str, optional
    validation_split : float
        Share of the images that ``subset="validation"`` gives, the first ones.
    interpolation_order : int
        Of the spline between pixels, 0 to 5.
    dtype : str, optional
        Of batches, default ``floatx()``.
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype=None,
    ):
        super().__init__(
            featurewise_center,
            samplewise_center,
            featurewise_std_normalization,
            samplewise_std_normalization,
            zca_whitening,
            zca_epsilon,
            rescale,
            preprocessing_function,
        )
        self.rotation_range = arrays.number(_OP, "rotation_range", rotation_range)
        self.width_shift_range = _shift_range("width_shift_range", width_shift_range)
        self.height_shift_range = _shift_range("height_shift_range", height_shift_range)
        self.brightness_range = None
        if brightness_range is not None:
            self.brightness_range = _pair("brightness_range", brightness_range)
        self.shear_range = arrays.number(_OP, "shear_range", shear_range)
        if isinstance(zoom_range, numbers.Real):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        self.zoom_range = _pair("zoom_range", zoom_range)
        if min(self.zoom_range) <= 0:
            raise ValueError(f"{_OP}: zoom_range must stay above 0, got {self.zoom_range}")
        self.channel_shift_range = arrays.number(_OP, "channel_shift_range", channel_shift_range)
        if fill_mode not in FILL_MODES:
            raise ValueError(f"{_OP}: fill_mode must be one of {FILL_MODES}, got {fill_mode!r}")
        self.fill_mode = fill_mode
        self.cval = arrays.number(_OP, "cval", cval)
        self.horizontal_flip, self.vertical_flip = bool(horizontal_flip), bool(vertical_flip)
        self.data_format = config.data_format(_OP, data_format)
        last = self.data_format == "channels_last"
        self.row_axis, self.col_axis, self.channel_axis = (1, 2, 3) if last else (2, 3, 1)
        self.validation_split = arrays.number(_OP, "validation_split", validation_split, 0, 1)
        if self.validation_split == 1:
            raise ValueError(f"{_OP}: validation_split must be below 1, got {validation_split}")
        self.interpolation_order = arrays.integer(
            _OP, "interpolation_order", interpolation_order, 0
        )
        if self.interpolation_order > 5:
            raise ValueError(
                f"{_OP}: interpolation_order must be 0 to 5, got {interpolation_order}"
            )
        if dtype not in (None, "float16", "float32", "float64", *_FLOATS):
            raise TypeError(f"{_OP}: dtype must be float16, float32 or float64, got {dtype!r}")
        self.dtype = np.dtype(dtype or config.floatx()).name

    def get_random_transform(self, img_shape, seed=None):
        """What :meth:`apply_transform` applies, drawn at random.

        Parameters
        ----------
        img_shape : tuple of int
            Of one image.
        seed : int or numpy.random.Generator, optional
            Default: the next one of :mod:`minicnn.random`.

        Returns
        -------
        dict
        """
        rng = random.generator(seed)
        # Every number is drawn, used or not: images and masks with one seed change alike,
        # also when only the images change their brightness.
        theta, shear, channel = rng.uniform(-1, 1, 3)
        tx = _shift(rng, self.width_shift_range, img_shape[self.col_axis - 1])
        ty = _shift(rng, self.height_shift_range, img_shape[self.row_axis - 1])
        zx, zy = rng.uniform(*self.zoom_range, 2)
        horizontal, vertical = rng.random(2) < 0.5
        brightness = rng.uniform(*(self.brightness_range or (1, 1)))
        return {
            "theta": theta * self.rotation_range,
            "tx": tx,
            "ty": ty,
            "shear": shear * self.shear_range,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": bool(horizontal and self.horizontal_flip),
            "flip_vertical": bool(vertical and self.vertical_flip),
            "channel_shift_intensity": (
                channel * self.channel_shift_range if self.channel_shift_range else None
            ),
            "brightness": brightness if self.brightness_range else None,
        }

    def apply_transform(self, x, transform_parameters):
        """One image, changed as told.

        Parameters
        ----------
        x : array
            Three axes.
        transform_parameters : dict
            Any of ``theta``, ``tx``, ``ty``, ``shear``, ``zx``, ``zy`` (see
            :func:`apply_affine_transform`), ``channel_shift_intensity``, ``flip_horizontal``,
            ``flip_vertical`` and ``brightness``.
        """
        told = dict(transform_parameters)
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        affine = {k: told[k] for k in ("theta", "tx", "ty", "shear", "zx", "zy") if k in told}
        x = apply_affine_transform(
            x,
            **affine,
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if told.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, told["channel_shift_intensity"], channel)
        if told.get("flip_horizontal"):
            x = np.flip(x, column)
        if told.get("flip_vertical"):
            x = np.flip(x, row)
        if told.get("brightness") is not None:
            x = apply_brightness_shift(x, told["brightness"], scale=False)
        return np.ascontiguousarray(x)

    def random_transform(self, x, seed=None):
        """One image, changed at random: see :meth:`get_random_transform`."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def flow(self, x, y=None, batch_size=32, shuffle=True, sample_weight=None, seed=None,
             save_to_dir=None, save_prefix="", save_format="png", ignore_class_split=False,
             subset=None):  # fmt: skip
        """Batches of changed images from arrays: a :class:`NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x, y, self, batch_size, shuffle, sample_weight, seed, None, save_to_dir, save_prefix,
            save_format, subset, ignore_class_split,
        )  # fmt: skip

    def flow_from_directory(self, directory, target_size=(256, 256), color_mode="rgb",
                            classes=None, class_mode="categorical", batch_size=32, shuffle=True,
                            seed=None, save_to_dir=None, save_prefix="", save_format="png",
                            follow_links=False, subset=None, interpolation="nearest",
                            keep_aspect_ratio=False):  # fmt: skip
        """Batches of changed images from folders of files: a :class:`DirectoryIterator`."""
        return DirectoryIterator(
            directory, self, target_size, color_mode, classes, class_mode, batch_size, shuffle,
            seed, None, save_to_dir, save_prefix, save_format, follow_links, subset,
            interpolation, keep_aspect_ratio,
        )  # fmt: skip


def _pair(name, value):
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(f"{_OP}: {name} must be two numbers, got {value!r}")
    return [arrays.number(_OP, name, end) for end in value]


def _shift_range(name, value):
    if not np.iterable(value) or isinstance(value, str):
        arrays.number(_OP, name, value)
        return value
    if not len(value):
        raise ValueError(f"{_OP}: {name} must not be an empty list")
    return [arrays.number(_OP, name, entry) for entry in value]


def _shift(rng, shifts, size):
    """Pixels; three random numbers are drawn whatever ``shifts`` is."""
    share, place, sign = rng.random(3)
    if isinstance(shifts, list):
        pixels = shifts[int(place * len(shifts))] * (1 if sign < 0.5 else -1)
        largest = max(shifts)
    elif isinstance(shifts, numbers.Integral):
        pixels = int(place * shifts) * (1 if sign < 0.5 else -1)
        return float(pixels)
    else:
        pixels, largest = (2 * share - 1) * shifts, shifts
    return float(pixels * size if largest < 1 else pixels)
