"""Layouts: kernels know channels last only; ``channels_first`` is turned at a layer's edge."""

import numpy as np

LAST = "channels_last"


def to_last(array, data_format):
    """An input, turned so that its channels come last."""
    if data_format == LAST:
        return array
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


def from_last(array, data_format):
    """An output whose channels come last, turned to ``data_format``."""
    if data_format == LAST:
        return array
    return np.ascontiguousarray(np.moveaxis(array, -1, 1))


def split_shape(label, input_shape, rank, data_format):
    """``(batch, spatial sizes, channels)`` of a shape, checked; ``None`` where not known yet.

    Raises
    ------
    ValueError
        Naming ``label``: for a wrong number of axes, or an axis of no length.
    """
    shape = tuple(input_shape)
    if len(shape) != rank + 2 or any(isinstance(length, (list, tuple)) for length in shape):
        axes = ["depth", "height", "width"][-rank:] if rank > 1 else ["steps"]
        axes = [*axes, "channels"] if data_format == LAST else ["channels", *axes]
        raise ValueError(
            f"{label}: input must have {rank + 2} axes (batch, {', '.join(axes)}), "
            f"got input_shape {input_shape}"
        )
    if any(length is not None and length < 1 for length in shape[1:]):
        raise ValueError(f"{label}: input must not be empty, got input_shape {shape}")
    if data_format == LAST:
        return shape[0], shape[1:-1], shape[-1]
    return shape[0], shape[2:], shape[1]


def join_shape(batch, spatial, channels, data_format):
    """The shape that :func:`split_shape` splits."""
    if data_format == LAST:
        return (batch, *spatial, channels)
    return (batch, channels, *spatial)
