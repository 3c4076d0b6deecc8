"""Images in another size: nearest pixel, or interpolated between pixels (half-pixel centres)."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .arguments import float_dtype, images, method, size
from .cropping import pad_to_bounding_box


def resize(images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False):
    """Images of another height and width, as ``tf.image.resize``.

    Output pixel ``i`` lies at ``(i + 0.5) * old / new - 0.5`` of the old image.

    Parameters
    ----------
    images : array
        ``[H, W, C]`` or ``[N, H, W, C]``, any real dtype.
    size : (int, int)
        New height and width.
    method : str
        ``"bilinear"`` (default; the result is float32, or float64 for float64) or ``"nearest"``
        (the dtype stays).
    preserve_aspect_ratio : bool
        Take the largest size of the old shape that fits into ``size``.
    antialias : bool
        Bilinear only: when shrinking, average over all pixels that fall into an output pixel.

    Returns
    -------
    array

    Raises
    ------
    ValueError, TypeError
        For empty images or sizes below 1.
    SizeError
        If the result would exceed the machine's memory.
    """
    x, single, new, name = _checked("resize", images, size, method)
    if preserve_aspect_ratio:
        ratio = min(n / old for n, old in zip(new, x.shape[1:3]))
        new = tuple(max(round(old * ratio), 1) for old in x.shape[1:3])
    y = _resized(x, new, name, antialias)
    return y[0] if single else y


def resize_with_pad(image, target_height, target_width, method="bilinear", antialias=False):
    """:func:`resize` without distortion, zeros around to fill the target size.

    Parameters
    ----------
    image : array
        ``[H, W, C]`` or ``[N, H, W, C]``.
    target_height, target_width : int
    method, antialias
        See :func:`resize`.
    """
    target = (target_height, target_width)
    x, single, new, name = _checked("resize_with_pad", image, target, method)
    # The old sizes times a / b: integers, so that the axis that fills the target fills it exactly.
    a, b = min(zip(new, x.shape[1:3]), key=lambda pair: pair[0] / pair[1])
    offsets = [max(n * b - old * a, 0) // (2 * b) for n, old in zip(new, x.shape[1:3])]
    inner = tuple(max(old * a // b, 1) for old in x.shape[1:3])
    y = _resized(x, inner, name, antialias)
    y = pad_to_bounding_box(y, *offsets, *new)
    return y[0] if single else y


def _checked(op, value, target, name):
    x, single = images(op, value)
    new, name = size(op, "size", target), method(op, name)
    dtype = x.dtype if name == "nearest" else float_dtype(x)
    arrays.allocation(op, "the result", (len(x), *new, x.shape[-1]), dtype)
    return x, single, new, name


def _resized(x, new, name, antialias):
    if name == "nearest":
        rows, columns = (_nearest(old, n) for old, n in zip(x.shape[1:3], new))
        return x[:, rows[:, None], columns]
    x = x.astype(float_dtype(x), copy=False)
    if antialias:
        rows, columns = (_averages(old, n).astype(x.dtype) for old, n in zip(x.shape[1:3], new))
        return np.matmul(columns, np.einsum("ih,nhwc->niwc", rows, x, optimize=True))
    for axis, n in enumerate(new, 1):
        x = _interpolated(x, axis, n)
    return x


def _nearest(old, new):
    """Index of the old pixel for every new one, in float32 as TensorFlow rounds it."""
    scale = np.float32(old) / np.float32(new)
    centres = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale
    return np.minimum(centres.astype(np.int64), old - 1)


def _interpolated(x, axis, new):
    old = x.shape[axis]
    scale = np.float32(old) / np.float32(new)
    places = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    below = np.floor(places)
    shape = [1] * x.ndim
    shape[axis] = new
    share = (places - below).astype(x.dtype).reshape(shape)
    low, high = (np.clip(v, 0, old - 1).astype(np.int64) for v in (below, np.ceil(places)))
    first = x.take(low, axis=axis)
    return first + (x.take(high, axis=axis) - first) * share


def _averages(old, new):
    """``[new, old]``: weights of a triangle as wide as an output pixel, at least two old ones."""
    scale = old / new
    centres = (np.arange(new) + 0.5) * scale
    distance = np.abs(np.arange(old) + 0.5 - centres[:, None]) / max(scale, 1)
    weights = np.maximum(1 - distance, 0)
    return weights / weights.sum(axis=1, keepdims=True)
