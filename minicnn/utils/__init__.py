"""Small helpers around training, with Keras' names."""

from ..plotting import plot_model
from ..random import set_random_seed
from ..registry import custom_object_scope, register_keras_serializable
from .get_file import get_file
from .image_utils import array_to_img, img_to_array, load_img, save_img
from .numerical import normalize, to_categorical
from .sequence import PyDataset, Sequence

__all__ = [
    "PyDataset",
    "Sequence",
    "array_to_img",
    "custom_object_scope",
    "get_file",
    "img_to_array",
    "load_img",
    "normalize",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "set_random_seed",
    "to_categorical",
]
