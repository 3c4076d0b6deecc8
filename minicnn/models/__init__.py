"""Models: a graph of layers that can be trained, saved and looked at."""

from .function import function
from .model import Model
from .sequential import Sequential

__all__ = ["Model", "Sequential", "function"]
