"""Convolutions with given filters."""

import numpy as np

from ..graph.tensor import is_symbolic
from ..layers.filters import FilterConvolution, FilterDepthwise, FilterTransposed
from ..layers.operands import symbolic_call
from .arguments import operands, window_settings


def conv1d(input, filters, stride, padding, data_format="NWC", dilations=None):
    """Convolution of ``[N, W, C]`` with ``filters [K, C / groups, F]``; see :func:`conv2d`."""
    return _convolution("conv1d", 1, input, filters, stride, padding, data_format, dilations)


def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None):
    """Convolution of ``[N, H, W, C]`` with ``filters [KH, KW, C / groups, F]``.

    Parameters
    ----------
    input, filters : array or symbolic tensor
        float32 or float64 (float16 is computed in float32), both of one dtype.
    strides, dilations : int or list
        One number, one a spatial axis, or one an axis: those of batch and channels must be 1.
    padding : str or list
        ``"SAME"`` or ``"VALID"`` in any case, or explicit ``(before, after)`` pairs, one a
        spatial axis or one an axis: those of batch and channels must be 0.
    data_format : str
        ``"NHWC"`` (default) or ``"NCHW"``.

    Returns
    -------
    array or symbolic tensor

    Raises
    ------
    ValueError, TypeError
        Naming function, argument, what was expected and what came.
    """
    return _convolution("conv2d", 2, input, filters, strides, padding, data_format, dilations)


def conv3d(input, filters, strides, padding, data_format="NDHWC", dilations=None):
    """Convolution of ``[N, D, H, W, C]`` with ``filters [KD, KH, KW, C / groups, F]``."""
    return _convolution("conv3d", 3, input, filters, strides, padding, data_format, dilations)


def _convolution(op, rank, input, filters, strides, padding, data_format, dilations):
    settings = window_settings(op, rank, strides, padding, data_format, dilations)
    return _filtered(FilterConvolution, op, input, filters, rank=rank, **settings)


def depthwise_conv2d(input, filter, strides, padding, data_format="NHWC", dilations=None):
    """Every channel by filters of its own, ``filter [KH, KW, C, M]``; see :func:`conv2d`."""
    settings = window_settings("depthwise_conv2d", 2, strides, padding, data_format, dilations)
    return _filtered(FilterDepthwise, "depthwise_conv2d", input, filter, **settings)


def separable_conv2d(
    input, depthwise_filter, pointwise_filter, strides, padding, data_format="NHWC", dilations=None
):
    """:func:`depthwise_conv2d`, then :func:`conv2d` with ``pointwise_filter [1, 1, CM, F]``."""
    symbolic = is_symbolic(pointwise_filter)
    shape = pointwise_filter.shape if symbolic else np.shape(pointwise_filter)
    if len(shape) != 4 or tuple(shape[:2]) != (1, 1):
        raise ValueError(
            f"separable_conv2d: pointwise_filter must have shape (1, 1, channels, filters), "
            f"got {tuple(shape)}"
        )
    maps = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return conv2d(maps, pointwise_filter, 1, "VALID", data_format)


def conv2d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NHWC", dilations=None
):
    """Input gradient of the convolution with ``filters [KH, KW, F, C]``, as a layer of its own.

    Parameters
    ----------
    output_shape : list of int
        All four lengths or the two spatial ones; a convolution of it must give ``input``.
    input, filters, strides, padding, data_format, dilations
        See :func:`conv2d`.
    """
    op = "conv2d_transpose"
    settings = window_settings(op, 2, strides, padding, data_format, dilations)
    size = list(output_shape)
    if len(size) not in (2, 4):
        raise ValueError(f"{op}: output_shape must have 2 or 4 entries, got {output_shape!r}")
    first = 1 if settings["data_format"] == "channels_last" else 2
    spatial = size if len(size) == 2 else size[first : first + 2]
    y = _filtered(FilterTransposed, op, input, filters, size=spatial, **settings)
    if len(size) == 4 and any(n not in (None, -1, m) for n, m in zip(size[1:], y.shape[1:])):
        raise ValueError(f"{op}: output_shape {tuple(size)} must be {tuple(y.shape)}")
    return y


def _filtered(layer_class, op, x, w, **settings):
    x, w = operands(op, input=x, filters=w)
    if is_symbolic([x, w]):
        return symbolic_call(layer_class, [x, w], **settings)
    return layer_class(name=op, dtype=x.dtype.name, **settings).compute(x, w)[0]
