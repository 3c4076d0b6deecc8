"""Parts of images, borders around them, and their mirror images."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import random
from .arguments import images


def flip_left_right(image):
    """The image mirrored: its columns in reverse order."""
    x, single = images("flip_left_right", image)
    return _given(x[:, :, ::-1].copy(), single)


def flip_up_down(image):
    """The image upside down: its rows in reverse order."""
    x, single = images("flip_up_down", image)
    return _given(x[:, ::-1].copy(), single)


def random_flip_left_right(image, seed=None):
    """Each image mirrored with probability 1/2; ``seed`` from :mod:`minicnn.random` if ``None``."""
    x, single = images("random_flip_left_right", image)
    return _given(_flipped_at_random(x, 2, seed), single)


def random_flip_up_down(image, seed=None):
    """Each image upside down with probability 1/2; ``seed`` as :func:`random_flip_left_right`."""
    x, single = images("random_flip_up_down", image)
    return _given(_flipped_at_random(x, 1, seed), single)


def _flipped_at_random(x, axis, seed):
    chosen = random.generator(seed).random(len(x)) < 0.5
    return np.where(chosen[:, None, None, None], np.flip(x, axis), x)


def central_crop(image, central_fraction):
    """The middle of an image.

    Parameters
    ----------
    image : array
    central_fraction : float
        Share of height and of width to keep, in (0, 1].
    """
    x, single = images("central_crop", image)
    fraction = arrays.number("central_crop", "central_fraction", central_fraction, 0, 1)
    if fraction == 0:
        raise ValueError(f"central_crop: central_fraction must be in (0, 1], got {fraction}")
    height, width = x.shape[1:3]
    top, left = (int((n - n * fraction) / 2) for n in (height, width))
    return _given(x[:, top : height - top, left : width - left].copy(), single)


def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """The part of ``target`` size that begins at ``offset``."""
    op = "crop_to_bounding_box"
    x, single = images(op, image)
    (top, left), (height, width) = _box(
        op, offset_height, offset_width, target_height, target_width
    )
    if top + height > x.shape[1] or left + width > x.shape[2]:
        raise ValueError(
            f"{op}: {height}x{width} at ({top}, {left}) must lie in the image "
            f"{x.shape[1]}x{x.shape[2]}"
        )
    return _given(x[:, top : top + height, left : left + width].copy(), single)


def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """An image of ``target`` size, zeros but for the given one at ``offset``."""
    op = "pad_to_bounding_box"
    x, single = images(op, image)
    (top, left), (height, width) = _box(
        op, offset_height, offset_width, target_height, target_width
    )
    if top + x.shape[1] > height or left + x.shape[2] > width:
        raise ValueError(
            f"{op}: the image {x.shape[1]}x{x.shape[2]} at ({top}, {left}) must lie in "
            f"{height}x{width}"
        )
    shape = (len(x), height, width, x.shape[3])
    arrays.allocation(op, "the result", shape, x.dtype)
    y = np.zeros(shape, x.dtype)
    y[:, top : top + x.shape[1], left : left + x.shape[2]] = x
    return _given(y, single)


def resize_with_crop_or_pad(image, target_height, target_width):
    """The middle of an image, with zeros around where it is too small."""
    op = "resize_with_crop_or_pad"
    x, single = images(op, image)
    target = arrays.integers(op, "target", (target_height, target_width), 2, 1)
    old = x.shape[1:3]
    cut = [max(n - t, 0) // 2 for n, t in zip(old, target)]
    x = crop_to_bounding_box(x, *cut, *(min(n, t) for n, t in zip(old, target)))
    x = pad_to_bounding_box(x, *(max(t - n, 0) // 2 for n, t in zip(old, target)), *target)
    return _given(x, single)


def pad(tensor, paddings, mode="CONSTANT", constant_values=0):
    """Borders around an array, as ``tf.pad``.

    Parameters
    ----------
    tensor : array
        Of any rank.
    paddings : list of (before, after)
        One pair an axis.
    mode : str
        ``"CONSTANT"``; ``"REFLECT"`` mirrors without repeating the edge (each border less than
        the axis), ``"SYMMETRIC"`` repeats it (each border at most the axis).
    constant_values : number
    """
    x = np.asarray(tensor)
    pairs = arrays.padding("pad", [tuple(pair) for pair in paddings], x.ndim)
    name = mode.lower() if isinstance(mode, str) else mode
    if name not in ("constant", "reflect", "symmetric"):
        raise ValueError(f"pad: mode must be 'CONSTANT', 'REFLECT' or 'SYMMETRIC', got {mode!r}")
    arrays.allocation("pad", "the result", [n + sum(p) for n, p in zip(x.shape, pairs)], x.dtype)
    if name == "constant":
        return np.pad(x, pairs, constant_values=constant_values)
    for axis, (length, pair) in enumerate(zip(x.shape, pairs)):
        limit = length - 1 if name == "reflect" else length
        if max(pair) > max(limit, 0):
            raise ValueError(
                f"pad: paddings of mode {mode!r} must be at most {max(limit, 0)} on axis {axis} "
                f"of shape {x.shape}, got {pair}"
            )
    return np.pad(x, pairs, mode=name)


def _box(op, offset_height, offset_width, target_height, target_width):
    offset = arrays.integers(op, "offset", (offset_height, offset_width), 2, 0)
    return offset, arrays.integers(op, "target", (target_height, target_width), 2, 1)


def _given(x, single):
    return x[0] if single else x
