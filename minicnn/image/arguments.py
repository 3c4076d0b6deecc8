"""Checks of images and sizes; messages name function and argument."""

import numpy as np

from minicnn_kernels.contracts import arrays


def images(op, value, rank=None):
    """``(batch, single)``: ``value`` as ``[N, H, W, C]`` and whether it was one image.

    Raises
    ------
    TypeError
        If the elements are no real numbers.
    ValueError
        For another number of axes, or an image without pixels or channels.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{op}: images must be real numbers, got {array.dtype}")
    ranks = (3, 4) if rank is None else (rank,)
    if array.ndim not in ranks:
        told = " or ".join(str(r) for r in ranks)
        raise ValueError(f"{op}: images must have {told} axes, got shape {array.shape}")
    if min(array.shape[-3:]) < 1:
        raise ValueError(f"{op}: images must not be empty, got shape {array.shape}")
    return (array[None], True) if array.ndim == 3 else (array, False)


def size(op, name, value):
    """``value`` as two positive integers, height and width."""
    return arrays.integers(op, name, np.asarray(value, object).ravel().tolist(), 2, 1)


def method(op, value):
    """``"nearest"`` or ``"bilinear"``."""
    name = value.lower() if isinstance(value, str) else value
    if name not in ("nearest", "bilinear"):
        raise ValueError(f"{op}: method must be 'nearest' or 'bilinear', got {value!r}")
    return name


def float_dtype(array):
    """float64 for float64, else float32: what interpolation computes in."""
    return np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
