"""Small helpers around training, with Keras' names."""

from ..random import set_random_seed
from .get_file import get_file
from .numerical import normalize, to_categorical
from .sequence import PyDataset, Sequence

__all__ = [
    "PyDataset",
    "Sequence",
    "get_file",
    "normalize",
    "set_random_seed",
    "to_categorical",
]
