"""Convolution's contract in two and three spatial axes: shapes, geometry, arrays.

Channels come last: ``x [N, *spatial, C]``, ``w [*kernel, C / groups, F]``, ``b [F]``,
``y [N, *out, F]``.
"""

from functools import lru_cache
from typing import NamedTuple

from .. import geometry
from . import arrays

ACTIVATIONS = ("linear", "relu", "relu6")


class Convolution(NamedTuple):
    """The checked geometry of one convolution; tuples run over the spatial axes."""

    batch: int
    size: tuple
    channels: int
    kernel: tuple
    filters: int
    out: tuple
    strides: tuple
    padding: tuple
    dilations: tuple
    groups: int

    @property
    def x_shape(self):
        return (self.batch, *self.size, self.channels)

    @property
    def w_shape(self):
        return (*self.kernel, self.channels // self.groups, self.filters)

    @property
    def y_shape(self):
        return (self.batch, *self.out, self.filters)


def convolution(op, x_shape, w_shape, strides, padding, dilations, groups):
    """Check a convolution's shapes and return its :class:`Convolution`.

    Raises
    ------
    ValueError, TypeError
        Naming ``op``, the argument, what was expected and what came.
    """
    axes = len(x_shape) - 2
    strides = arrays.integers(op, "strides", strides, axes, 1)
    dilations = arrays.integers(op, "dilations", dilations, axes, 1)
    padding = arrays.padding(op, padding, axes)
    groups = arrays.integer(op, "groups", groups, 1)
    return _convolution(op, x_shape, w_shape, strides, padding, dilations, groups)


@lru_cache(maxsize=4096)  # the arguments are plain integers by now, so equal means the same
def _convolution(op, x_shape, w_shape, strides, padding, dilations, groups):
    batch, *size, channels = x_shape
    *kernel, group_channels, filters = w_shape
    if min(size) < 1 or channels < 1:
        raise ValueError(f"{op}: x must have height, width and channels, got shape {x_shape}")
    if min(kernel) < 1 or group_channels < 1 or filters < 1:
        raise ValueError(f"{op}: w must not be empty, got shape {w_shape}")
    if channels % groups or filters % groups:
        raise ValueError(
            f"{op}: groups must divide channels and filters, "
            f"got groups {groups}, channels {channels}, filters {filters}"
        )
    if group_channels != channels // groups:
        raise ValueError(
            f"{op}: w must have {channels // groups} input channels "
            f"(x has {channels}, groups {groups}), got shape {w_shape}"
        )
    out = output_sizes(op, size, kernel, strides, padding, dilations)
    return Convolution(
        batch,
        tuple(size),
        channels,
        tuple(kernel),
        filters,
        out,
        strides,
        padding,
        dilations,
        groups,
    )


def output_sizes(op, size, kernel, strides, padding, dilations):
    """Output size of every spatial axis; ``ValueError`` where the kernel does not fit."""
    out = tuple(
        geometry.output_size(n, k, s, before, after, d)
        for n, k, s, (before, after), d in zip(size, kernel, strides, padding, dilations)
    )
    if min(out) < 1:
        dilated = [geometry.dilated_size(k, d) for k, d in zip(kernel, dilations)]
        padded = [n + before + after for n, (before, after) in zip(size, padding)]
        raise ValueError(
            f"{op}: kernel {_by(dilated)} does not fit into the padded input {_by(padded)}"
        )
    return out


def _by(sizes):
    return "x".join(str(s) for s in sizes)


def forward(op, axes, y, x, w, b, strides, padding, dilations, groups, activation):
    """Checked ``(y, x, w, b, geometry)`` of a forward pass; allocates ``y`` if it is ``None``."""
    x = arrays.floats(op, "x", x, axes + 2)
    w = arrays.floats(op, "w", w, axes + 2)
    arrays.same_dtype(op, x=x, w=w)
    if activation not in ACTIVATIONS:
        raise ValueError(f"{op}: activation must be one of {ACTIVATIONS}, got {activation!r}")
    g = convolution(op, x.shape, w.shape, strides, padding, dilations, groups)
    b = arrays.vector(op, "b", b, g.filters, x)
    y = arrays.output(op, "y", y, g.y_shape, x.dtype, x, w, b)
    return y, x, w, b, g


def backward_input(op, axes, dx, dy, w, input_size, strides, padding, dilations, groups):
    """Checked ``(dx, dy, w, geometry)``; ``input_size`` are the spatial sizes of ``dx``."""
    dy = arrays.floats(op, "dy", dy, axes + 2)
    w = arrays.floats(op, "w", w, axes + 2)
    arrays.same_dtype(op, dy=dy, w=w)
    size = arrays.integers(op, "input_size", input_size, axes, 1)
    groups = arrays.integer(op, "groups", groups, 1)
    x_shape = (dy.shape[0], *size, w.shape[-2] * groups)
    g = convolution(op, x_shape, w.shape, strides, padding, dilations, groups)
    _gradient(op, dy, g)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy, w)
    return dx, dy, w, g


def backward_weights(op, axes, dw, x, dy, kernel_size, strides, padding, dilations, groups):
    """Checked ``(dw, x, dy, geometry)``; a ``dw`` of ``None`` starts from zeros."""
    x = arrays.floats(op, "x", x, axes + 2)
    dy = arrays.floats(op, "dy", dy, axes + 2)
    arrays.same_dtype(op, x=x, dy=dy)
    kernel = arrays.integers(op, "kernel_size", kernel_size, axes, 1)
    groups = arrays.integer(op, "groups", groups, 1)
    w_shape = (*kernel, x.shape[-1] // groups, dy.shape[-1])
    g = convolution(op, x.shape, w_shape, strides, padding, dilations, groups)
    _gradient(op, dy, g)
    dw = arrays.output(op, "dw", dw, g.w_shape, x.dtype, x, dy, zero=True)
    return dw, x, dy, g


def _gradient(op, dy, g):
    if dy.shape != g.y_shape:
        raise ValueError(f"{op}: dy must have the output's shape {g.y_shape}, got {dy.shape}")
