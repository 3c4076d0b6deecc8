"""MaxPool, AveragePool and their global forms."""

from minicnn_kernels import geometry

from ... import layers
from .table import operator
from .windows import window

_MAX = (layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D)
_AVERAGE = (layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D)
_PADDING = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
_GLOBAL = {
    "GlobalMaxPool": (
        layers.GlobalMaxPooling1D,
        layers.GlobalMaxPooling2D,
        layers.GlobalMaxPooling3D,
    ),
    "GlobalAveragePool": (
        layers.GlobalAveragePooling1D,
        layers.GlobalAveragePooling2D,
        layers.GlobalAveragePooling3D,
    ),
}
_LAST = {"data_format": "channels_last"}


@operator("MaxPool")
def max_pool(call):
    """``MaxPooling*D``; a window beyond the end (``ceil_mode``) becomes padding after."""
    if call.wants(1):
        call.refuse("the output Indices is read, the layer has none")
    x, size, strides, padding = _pool(call)
    if not isinstance(padding, str):
        padding = _reaching(padding, _overhang(call, x, size, strides, padding))
    return _pooled(call, _MAX, x, size, strides, padding)


@operator("AveragePool")
def average_pool(call):
    """``AveragePooling*D``, whose mean is over the input; counted zeros are put there before."""
    x, size, strides, padding = _pool(call)
    if isinstance(padding, str):
        if padding == "same" and call.attribute("count_include_pad", 0):
            call.refuse("count_include_pad with auto_pad SAME_UPPER has no layer")
        return _pooled(call, _AVERAGE, x, size, strides, padding)
    overhang = _overhang(call, x, size, strides, padding)
    if call.attribute("count_include_pad", 0) and any(map(any, padding)):
        x = call.mapped(_PADDING[len(size) - 1], x, padding, **_LAST)
        padding = [(0, 0)] * len(size)
    return _pooled(call, _AVERAGE, x, size, strides, _reaching(padding, overhang))


@operator("GlobalMaxPool", "GlobalAveragePool")
def global_pool(call):
    """``Global*Pooling*D`` that keeps the axes."""
    x = call.image()
    if not 3 <= x.rank <= 5:
        call.refuse(f"input must have 3 to 5 axes, got shape {x.shape}")
    return call.mapped(_GLOBAL[call.operator][x.rank - 3], x, keepdims=True, **_LAST)


def _pool(call):
    x = call.image()
    size = tuple(call.attribute("kernel_shape", ()))
    if len(size) != x.rank - 2 or not 1 <= len(size) <= 3:
        call.refuse(f"kernel_shape {size} does not fit input of shape {x.shape}")
    strides, dilations, padding = window(call, size, x.shape[2:])
    if any(d > 1 and k > 1 for k, d in zip(size, dilations)):
        call.refuse(f"dilations {dilations} have no layer: pooling windows have no gaps")
    return x, size, strides, padding


def _pooled(call, classes, x, size, strides, padding):
    return call.mapped(classes[len(size) - 1], x, size, strides, padding, **_LAST)


def _overhang(call, x, size, strides, padding):
    """How many cells a last window reaches beyond the padding, one number an axis."""
    if not call.attribute("ceil_mode", 0):
        return [0] * len(size)
    if None in x.shape[2:]:
        call.refuse(f"ceil_mode needs known lengths, got input of shape {x.shape}")
    overhang = []
    for n, k, s, (before, after) in zip(x.shape[2:], size, strides, padding):
        floor = geometry.output_size(n, k, s, before, after, 1)
        exact = (floor - 1) * s + k == n + before + after
        starts_inside = floor * s < n + before  # a window in the padding alone is none
        beyond = floor * s + k - (n + before + after)
        overhang.append(beyond if not exact and starts_inside else 0)
    return overhang


def _reaching(padding, overhang):
    return tuple((before, after + more) for (before, after), more in zip(padding, overhang))
