"""Models from and to ONNX files, and a backend that runs them.

The package ``onnx`` is needed: ``pip install "minicnn[onnx]"``.
"""

from .backend import Backend
from .files import load, save

__all__ = ["Backend", "load", "save"]
