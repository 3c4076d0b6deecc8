"""ONNX's operators as layers, one file a group."""

from . import (  # noqa: F401
    activations,
    arithmetic,
    axes,
    convolution,
    dense,
    normalization,
    padding,
    pooling,
    reduction,
    resizing,
    shapes,
)
from .table import TABLE

__all__ = ["TABLE"]
