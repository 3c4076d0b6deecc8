"""The older name of :mod:`minicnn.utils.numerical`: ``np_utils.to_categorical``."""

from .numerical import normalize, to_categorical

__all__ = ["normalize", "to_categorical"]
