"""Padding, cropping and resizing of maps."""

import numpy as np

from ... import layers
from ..exported import Exported
from .shapes import sliced
from .table import exports
from .windows import flat

_PADDINGS = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
_CROPPINGS = (layers.Cropping1D, layers.Cropping2D, layers.Cropping3D)
_HALF_PIXEL = {"coordinate_transformation_mode": "half_pixel"}
_REPEAT = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
_RESIZING = {
    "nearest": {"mode": "nearest", "nearest_mode": "round_prefer_ceil"},
    "bilinear": {"mode": "linear"},
    "bicubic": {"mode": "cubic", "cubic_coeff_a": -0.5, "exclude_outside": 1},
}


@exports(*_PADDINGS)
def zero_padding(exporter, layer, x):
    """``Pad``."""
    x = exporter.settled(x)
    first = layer.spatial(x.shape)
    return padded(exporter, x, dict(enumerate(layer.padding, first)), layer.output_shape(x.shape))


@exports(*_CROPPINGS)
def cropping(exporter, layer, x):
    """``Slice``."""
    x = exporter.settled(x)
    pairs = enumerate(layer.cropping, layer.spatial(x.shape))
    slices = {axis: slice(before, -after or None) for axis, (before, after) in pairs}
    name = sliced(exporter, x, slices)
    return Exported(name, layer.output_shape(x.shape), x.order, x.dtype)


@exports(layers.PaddedShortcut)
def padded_shortcut(exporter, layer, x):
    """``Slice`` with steps, then ``Pad`` of the channels."""
    x = exporter.settled(x)
    last = layer.data_format == "channels_last"
    spatial, channels = ((1, 2), 3) if last else ((2, 3), 1)
    taken = x.named(
        sliced(exporter, x, {axis: slice(None, None, layer.strides) for axis in spatial})
    )
    missing = layer.filters - x.shape[channels]
    pair = missing // 2, missing - missing // 2
    return padded(exporter, taken, {channels: pair}, layer.output_shape(x.shape))


@exports(layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D)
def up_sampling(exporter, layer, x):
    """``Resize`` by factors."""
    x = exporter.image(x, layer.data_format)
    factors = layer.size if isinstance(layer.size, tuple) else (layer.size,)
    scales = exporter.constant(np.array([1, 1, *factors], np.float32), "scales")
    bilinear = getattr(layer, "interpolation", "nearest") == "bilinear"
    how = {"mode": "linear", **_HALF_PIXEL} if bilinear else {"mode": "nearest", **_REPEAT}
    name = exporter.node("Resize", x.name, "", scales, **how)
    return Exported(name, layer.output_shape(x.shape), x.order, x.dtype)


@exports(layers.Resizing)
def resizing(exporter, layer, x):
    """``Resize`` to a size."""
    wanted = layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio
    if wanted or layer.interpolation not in _RESIZING:
        raise ValueError(
            f"save: {layer.label}: lanczos and kept aspect ratios have no form in ONNX"
        )
    x = exporter.image(x, layer.data_format)
    kept = exporter.node("Shape", x.name, start=0, end=2)
    size = exporter.integers([layer.height, layer.width], "sizes")
    size = exporter.node("Concat", kept, size, axis=0)
    how = {**_RESIZING[layer.interpolation], **_HALF_PIXEL}
    if layer.antialias and layer.interpolation != "nearest":
        how.update(antialias=1, exclude_outside=1)
    name = exporter.node("Resize", x.name, "", "", size, **how)
    return Exported(name, layer.output_shape(x.shape), x.order, x.dtype)


@exports(layers.CenterCrop)
def center_crop(exporter, layer, x):
    """``Slice`` of images that are large enough."""
    x = exporter.settled(x)
    first = 1 if layer.data_format == "channels_last" else 2
    spatial = x.shape[first : first + 2]
    if None in spatial or not layer._fits(spatial):
        raise ValueError(f"save: {layer.label}: input of shape {x.shape} must be large enough")
    boxes = enumerate(layer.boxes(spatial, False), first)
    slices = {axis: slice(start, start + length) for axis, (start, length) in boxes}
    name = sliced(exporter, x, slices)
    return Exported(name, layer.output_shape(x.shape), x.order, x.dtype)


def padded(exporter, x, pairs, shape):
    """``x`` with zeros around, a ``(before, after)`` pair by axis of the model."""
    around = flat([pairs.get(axis, (0, 0)) for axis in x.order])
    name = exporter.node("Pad", x.name, exporter.integers(around, "pads"))
    return Exported(name, shape, x.order, x.dtype)
