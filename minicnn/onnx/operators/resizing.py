"""Resize and Upsample of feature maps."""

import math

from ... import layers
from ..layout import counted, last
from .table import operator

_NEAREST_REPEATS = {  # ways of rounding in which a whole factor repeats every pixel
    ("asymmetric", "floor"),
    ("half_pixel", "round_prefer_floor"),
    ("half_pixel", "round_prefer_ceil"),
    ("half_pixel_symmetric", "round_prefer_floor"),
    ("half_pixel_symmetric", "round_prefer_ceil"),
    ("pytorch_half_pixel", "round_prefer_floor"),
    ("pytorch_half_pixel", "round_prefer_ceil"),
}
_UP_SAMPLING = (layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D)
_HALF_PIXEL = ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")


@operator("Upsample")
def upsample(call):
    """``UpSampling*D`` by whole factors, nearest."""
    scales = call.setting("scales", 1)
    if call.attribute("mode", "nearest") != "nearest":
        call.refuse("mode 'linear' has its pixels at other places than UpSampling2D")
    x, factors = _image(call), scales[2:]
    whole = len(scales) == x.rank and scales[:2] == [1, 1] and all(map(_is_whole, factors))
    if not whole:
        call.refuse(f"scales must be whole numbers behind the channels, got {scales}")
    return _repeated(call, x, factors, "nearest")


@operator("Resize")
def resize(call):
    """``UpSampling*D`` for whole factors, else ``Resizing``."""
    x = _image(call)
    if call.has(1) and call.constant(1).size and _coordinates(call) == "tf_crop_and_resize":
        call.refuse("coordinate_transformation_mode tf_crop_and_resize has no layer")
    old, new, exact = _lengths(call, x)
    mode = call.attribute("mode", "nearest")
    coordinates = _coordinates(call)
    rounding = call.attribute("nearest_mode", "round_prefer_floor")
    antialias = bool(call.attribute("antialias", 0))
    whole = exact and all(m % n == 0 for n, m in zip(old, new))
    factors = [m // n for n, m in zip(old, new)]
    if mode == "nearest" and whole and _repeats(coordinates, rounding, factors):
        return _repeated(call, x, factors, "nearest")
    if x.rank != 4:
        call.refuse(f"input of shape {x.shape} must have 4 axes")
    if mode == "linear" and whole and coordinates in _HALF_PIXEL and 1 not in new:
        return _repeated(call, x, factors, "bilinear")
    if not exact:
        call.refuse(f"scales that make {new} of {old} but are not their ratio have no layer")
    _check(call, mode, coordinates, rounding, new)
    kind = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[mode]
    options = {"antialias": antialias, "data_format": "channels_last"}
    return call.mapped(layers.Resizing, x, *new, kind, **options)


def _check(call, mode, coordinates, rounding, new):
    """Refuse what ``Resizing`` computes otherwise."""
    half = coordinates in _HALF_PIXEL and not (coordinates == "pytorch_half_pixel" and 1 in new)
    if mode == "nearest":
        half = coordinates == "half_pixel" and rounding == "round_prefer_ceil"
        half = half or (coordinates == "tf_half_pixel_for_nn" and rounding == "floor")
    if mode == "linear" and call.attribute("antialias", 0):
        half = half and call.attribute("exclude_outside", 0)
    if mode == "cubic":
        outside = call.attribute("exclude_outside", 0)
        half = half and call.attribute("cubic_coeff_a", -0.75) == -0.5 and outside
    if not half:
        call.refuse(
            f"mode {mode!r} with coordinates {coordinates!r} and rounding {rounding!r} has no layer"
        )


def _coordinates(call):
    default = "half_pixel" if call.opset >= 11 else "asymmetric"
    return call.attribute("coordinate_transformation_mode", default)


def _repeats(coordinates, rounding, factors):
    if (coordinates, rounding) in _NEAREST_REPEATS:
        return True
    return coordinates == "asymmetric" and rounding == "round_prefer_floor" and max(factors) <= 2


def _repeated(call, x, factors, interpolation):
    factors = [int(factor) for factor in factors]
    options = {"data_format": "channels_last"}
    if len(factors) == 2:
        options["interpolation"] = interpolation
    return call.mapped(_UP_SAMPLING[len(factors) - 1], x, factors, **options)


def _lengths(call, x):
    """Lengths before and after, and whether the scales are exactly their ratio."""
    old, spatial = x.shape[2:], range(2, x.rank)
    if None in old:
        call.refuse(f"needs known lengths, got input of shape {x.shape}")
    axes = counted(call.attribute("axes", range(x.rank)), x.rank)
    policy = call.attribute("keep_aspect_ratio_policy", "stretch")
    first = 1 if call.opset < 11 else 2
    scales = call.constant(first, None)
    sizes = call.constant(first + 1, None)
    if sizes is not None and sizes.size:
        if policy != "stretch":
            call.refuse(f"keep_aspect_ratio_policy {policy!r} has no layer")
        given = dict(zip(axes, sizes.tolist()))
        new, exact = {axis: given.get(axis, x.shape[axis]) for axis in spatial}, True
        if given.get(1, x.shape[1]) != x.shape[1]:
            call.refuse("resizes the channels")
    elif scales is not None and scales.size:
        given = dict(zip(axes, scales.tolist()))
        if given.get(0, 1) != 1 or given.get(1, 1) != 1:
            call.refuse(f"scales {scales.tolist()} resize batch or channels")
        new = {axis: math.floor(given.get(axis, 1) * x.shape[axis]) for axis in spatial}
        exact = all(math.isclose(given.get(a, 1) * x.shape[a], new[a], rel_tol=1e-7) for a in new)
    else:
        call.refuse("scales or sizes must be given")
    return old, list(new.values()), exact


def _image(call):
    x = call.tensor()
    if not 3 <= x.rank <= 5:
        call.refuse(f"input must have 3 to 5 axes, got shape {x.shape}")
    return call.arranged(x, last(x.rank))


def _is_whole(factor):
    return factor >= 1 and factor == int(factor)
