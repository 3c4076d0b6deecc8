"""Layers as ONNX nodes, one file a group."""

from . import (  # noqa: F401
    activations,
    arithmetic,
    convolution,
    dense,
    images,
    lenet5,
    merging,
    normalization,
    pooling,
    shapes,
)
from .table import TABLE

__all__ = ["TABLE"]
