"""``keras.preprocessing.image``: files, arrays and batches of randomly changed images."""

# ruff: noqa: F401

from ...utils.image_utils import array_to_img, img_to_array, load_img, save_img
from .directory_iterator import DirectoryIterator
from .image_data_generator import ImageDataGenerator
from .iterator import Iterator
from .numpy_iterator import NumpyArrayIterator
from .transforms import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    smart_resize,
)
