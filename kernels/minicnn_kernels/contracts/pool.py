"""Pooling's contract over two or three spatial axes, over all of them, and over positions.

Channels come last: ``x [N, *spatial, C]``, ``y [N, *out, C]``. A window never lies wholly in the
padding, because padding is at most half a window: so every window has a maximum and a mean.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import arrays
from .conv import output_sizes


def argmax_dtype(cells):
    """The smallest type that counts ``cells``: a byte serves windows up to 16 x 16."""
    return np.dtype(np.uint8 if cells <= 256 else np.int32)


class Pooling(NamedTuple):
    """The checked geometry of one pooling; tuples run over the spatial axes."""

    batch: int
    size: tuple
    channels: int
    pool: tuple
    out: tuple
    strides: tuple
    padding: tuple

    @property
    def x_shape(self):
        return (self.batch, *self.size, self.channels)

    @property
    def y_shape(self):
        return (self.batch, *self.out, self.channels)

    @property
    def taps(self):
        """Number of cells in a window."""
        return math.prod(self.pool)

    @property
    def argmax_dtype(self):
        return argmax_dtype(self.taps)


def pooling(op, x_shape, pool, strides, padding):
    """Check a pooling's shapes and return its :class:`Pooling`.

    Raises
    ------
    ValueError, TypeError
        Naming ``op``, the argument, what was expected and what came.
    """
    axes = len(x_shape) - 2
    pool = arrays.integers(op, "pool", pool, axes, 1)
    strides = arrays.integers(op, "strides", strides, axes, 1)
    padding = arrays.padding(op, padding, axes)
    return _pooling(op, x_shape, pool, strides, padding)


@lru_cache(maxsize=4096)  # the arguments are plain integers by now, so equal means the same
def _pooling(op, x_shape, pool, strides, padding):
    batch, *size, channels = x_shape
    if min(size) < 1 or channels < 1:
        raise ValueError(f"{op}: x must have spatial size and channels, got shape {x_shape}")
    if math.prod(pool) >= 2**31:
        raise ValueError(f"{op}: pool must have fewer than 2**31 cells, got {pool}")
    if any(max(pair) > window // 2 for pair, window in zip(padding, pool)):
        raise ValueError(
            f"{op}: padding must be at most half the window {pool}, got padding {padding}"
        )
    out = output_sizes(op, size, pool, strides, padding, (1,) * len(size))
    return Pooling(batch, tuple(size), channels, pool, out, strides, padding)


def _axes(op, pool):
    """Number of spatial axes, told by the length of ``pool``."""
    try:
        axes = len(pool)
    except TypeError:
        raise TypeError(f"{op}: pool must be 2 or 3 integers, got {pool!r}") from None
    if axes not in (2, 3):
        raise ValueError(f"{op}: pool must be 2 or 3 integers, got {pool!r}")
    return axes


def forward(op, y, x, pool, strides, padding):
    """Checked ``(y, x, geometry)``; allocates ``y`` if it is ``None``."""
    x = arrays.floats(op, "x", x, _axes(op, pool) + 2)
    g = pooling(op, x.shape, pool, strides, padding)
    y = arrays.output(op, "y", y, g.y_shape, x.dtype, x)
    return y, x, g


def backward(op, dy, input_size, pool, strides, padding):
    """Checked ``(dy, geometry)``; ``input_size`` are the spatial sizes of ``dx``."""
    axes = _axes(op, pool)
    dy = arrays.floats(op, "dy", dy, axes + 2)
    size = arrays.integers(op, "input_size", input_size, axes, 1)
    g = pooling(op, (dy.shape[0], *size, dy.shape[-1]), pool, strides, padding)
    if dy.shape != g.y_shape:
        raise ValueError(f"{op}: dy must have the output's shape {g.y_shape}, got {dy.shape}")
    return dy, g


def winners(op, argmax, shape, dtype):
    """The argmax array to read, of exactly ``shape`` and ``dtype``, as C-contiguous memory."""
    if not isinstance(argmax, np.ndarray):
        raise TypeError(f"{op}: argmax must be an array, got {type(argmax).__name__}")
    if argmax.shape != shape:
        raise ValueError(f"{op}: argmax must have the output's shape {shape}, got {argmax.shape}")
    if argmax.dtype != dtype:
        raise TypeError(f"{op}: argmax must be {dtype}, got {argmax.dtype}")
    return argmax if argmax.flags.carray else np.array(argmax, order="C", copy=True)


def stray(op, argmax, place):
    """The error for an ``argmax`` whose entry at ``place`` points outside of its plane."""
    return ValueError(
        f"{op}: argmax must point into its window's part of the input, "
        f"got {argmax[tuple(place)]} at {tuple(int(i) for i in place)}"
    )


def global_forward(op, y, x):
    """Checked ``(y, x)`` of pooling all positions of ``x [N, P, C]`` into ``y [N, C]``."""
    x = arrays.floats(op, "x", x, 3)
    batch, positions, channels = x.shape
    if positions < 1 or channels < 1:
        raise ValueError(f"{op}: x must have positions and channels, got shape {x.shape}")
    y = arrays.output(op, "y", y, (batch, channels), x.dtype, x)
    return y, x


def global_backward(op, dy, positions):
    """Checked ``(dy, shape of dx)``; ``positions`` is the number that was pooled."""
    dy = arrays.floats(op, "dy", dy, 2)
    positions = arrays.integer(op, "positions", positions, 1)
    if dy.shape[1] < 1:
        raise ValueError(f"{op}: dy must have channels, got shape {dy.shape}")
    return dy, (dy.shape[0], positions, dy.shape[1])


def global_winners(op, argmax, shape, positions):
    """The argmax array of a global pooling to read; every entry is one of ``positions``."""
    argmax = winners(op, argmax, shape, argmax_dtype(positions))
    if argmax.size and (argmax.max() >= positions or argmax.min() < 0):
        raise stray(op, argmax, np.argwhere((argmax < 0) | (argmax >= positions))[0])
    return argmax
