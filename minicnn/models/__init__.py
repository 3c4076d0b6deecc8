"""Models: a graph of layers that can be trained, saved and looked at."""

from .clone import clone_model
from .function import function
from .model import Model
from .saving import load_model, load_weights, model_from_json, save_model, save_weights, to_json
from .sequential import Sequential

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "function",
    "load_model",
    "load_weights",
    "model_from_json",
    "save_model",
    "save_weights",
    "to_json",
]
