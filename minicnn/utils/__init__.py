"""Small helpers around training, with Keras' names."""

from importlib import import_module

from ..graph.tensor import is_symbolic as is_keras_tensor
from ..plotting import plot_model
from ..random import set_random_seed
from ..registry import (
    custom_object_scope,
    get_custom_objects,
    register_keras_serializable,
)
from . import np_utils
from .get_file import get_file
from .image_utils import array_to_img, img_to_array, load_img, save_img
from .numerical import normalize, to_categorical
from .sequence import PyDataset, Sequence

CustomObjectScope = custom_object_scope

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "custom_object_scope",
    "get_custom_objects",
    "get_file",
    "image_dataset_from_directory",
    "img_to_array",
    "is_keras_tensor",
    "load_img",
    "normalize",
    "np_utils",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "set_random_seed",
    "to_categorical",
]


def __getattr__(name):
    # Keras has it here as well; it stands above this module, with the layers that it needs.
    if name == "image_dataset_from_directory":
        return import_module("minicnn.preprocessing").image_dataset_from_directory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
