"""Small helpers around training, with Keras' names."""

from ..random import set_random_seed
from ..registry import custom_object_scope, register_keras_serializable
from .get_file import get_file
from .numerical import normalize, to_categorical
from .sequence import PyDataset, Sequence

__all__ = [
    "PyDataset",
    "Sequence",
    "custom_object_scope",
    "get_file",
    "normalize",
    "register_keras_serializable",
    "set_random_seed",
    "to_categorical",
]
