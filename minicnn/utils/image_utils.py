"""Image files to Pillow images, Pillow images to arrays, and back.

A file is refused before it is decoded unless its name and its first bytes are those of a format
that photographs come in: Pillow knows many more, whose decoders are seldom used and seldom tested.
"""

import io
import os
from pathlib import Path

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import config, extras
from ..errors import FormatError
from ..io import atomic

# Pillow's name of a format, and how names of its files end.
FORMATS = {
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}
EXTENSIONS = tuple(ending for endings in FORMATS.values() for ending in endings)

# Color mode: (Pillow's mode, modes that are left as they are).
_MODES = {
    "grayscale": ("L", ("L", "I;16", "I")),
    "rgb": ("RGB", ("RGB",)),
    "rgba": ("RGBA", ("RGBA",)),
}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path,
    color_mode="rgb",
    target_size=None,
    interpolation="nearest",
    keep_aspect_ratio=False,
    grayscale=False,
):
    """An image file as a Pillow image, decoded to its end.

    Parameters
    ----------
    path : path or file object
        A BMP, GIF (its first picture), JPEG, PNG, PPM, TIFF or WebP file.
    color_mode : str
        ``"rgb"`` (default), ``"rgba"`` or ``"grayscale"``.
    target_size : (int, int), optional
        Height and width to resize to.
    interpolation : str
        Pillow's ``"nearest"`` (default), ``"bilinear"``, ``"bicubic"``, ``"hamming"``, ``"box"``
        or ``"lanczos"``.
    keep_aspect_ratio : bool
        Crop the middle to the target's shape first, so that nothing is distorted.
    grayscale : bool
        Keras 2.2's spelling of ``color_mode="grayscale"``.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    FormatError
        If the file is of another format than those, whatever its name says; if it ends early or
        is broken; if it has no pixels, or more than ``PIL.Image.MAX_IMAGE_PIXELS``.
    ModuleNotFoundError
        Without Pillow (``minicnn[image]``).
    """
    op = "load_img"
    color_mode = "grayscale" if grayscale else color_mode
    if color_mode not in _MODES:
        raise ValueError(f"{op}: color_mode must be one of {tuple(_MODES)}, got {color_mode!r}")
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"{op}: interpolation must be one of {_INTERPOLATIONS}, got {interpolation!r}"
        )
    if target_size is not None:
        target_size = arrays.integers(op, "target_size", target_size, 2, 1)
        arrays.allocation(op, "the image", (*target_size, 4), np.uint8)
    mode, kept = _MODES[color_mode]
    image = _opened(path)
    if image.mode not in kept:
        image = image.convert(mode)
    if target_size is None or image.size == target_size[::-1]:
        return image
    box = _middle(image.size, target_size) if keep_aspect_ratio else None
    resampling = extras.load("PIL.Image", "image", op).Resampling
    return image.resize(target_size[::-1], resampling[interpolation.upper()], box=box)


def _opened(path):
    if isinstance(path, (str, os.PathLike)):
        ending = Path(path).suffix.lower()
        if ending and ending not in EXTENSIONS:
            raise FormatError(f"expected one of {EXTENSIONS}, got {ending!r}", path)
        with open(path, "rb") as file:
            return _decoded(file, path)
    if not hasattr(path, "read"):
        raise TypeError(f"load_img: path must be a path or a file object, got {path!r}")
    return _decoded(path, getattr(path, "name", None))


def _decoded(file, name):
    pillow = extras.load("PIL.Image", "image", "load_img")
    try:
        image = pillow.open(file, formats=tuple(FORMATS))
        _check_size(image.size, pillow.MAX_IMAGE_PIXELS, name)
        image.load()
    except FormatError:
        raise
    except pillow.UnidentifiedImageError:
        formats = ", ".join(FORMATS)
        raise FormatError(f"is no {formats} image, whatever its name says", name) from None
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning) as error:
        raise FormatError(str(error), name) from None
    except Exception as error:  # decoders fail on broken files in every way there is
        raise FormatError(f"cannot be decoded: {error}".replace("\n", " "), name) from None
    return image


def _check_size(size, limit, name):
    width, height = size
    if min(size) < 1:
        raise FormatError(f"must have pixels, has {height}x{width}", name)
    if limit is not None and width * height > limit:
        raise FormatError(f"must have at most {limit:,} pixels, has {height}x{width}", name)


def _middle(size, target):
    """Left, upper, right, lower of the largest part in the middle that has the target's shape."""
    (width, height), (new_height, new_width) = size, target
    high = max(min(height, width * new_height // new_width), 1)
    wide = max(min(width, height * new_width // new_height), 1)
    top, left = (height - high) // 2, (width - wide) // 2
    return left, top, left + wide, top + high


def img_to_array(img, data_format=None, dtype=None):
    """A Pillow image as an array of three axes.

    Parameters
    ----------
    img : PIL.Image.Image or array
    data_format : str, optional
        ``"channels_last"`` (the default unless set otherwise) or ``"channels_first"``.
    dtype : str, optional
        Default: ``floatx()``.

    Returns
    -------
    array
        ``[H, W, C]`` or ``[C, H, W]``; values as they are, 0 to 255 for photographs.
    """
    data_format = config.data_format("img_to_array", data_format)
    x = np.array(img, dtype=dtype or config.floatx())
    if x.ndim == 2:
        x = x[:, :, None]
    if x.ndim != 3:
        raise ValueError(f"img_to_array: img must have 2 or 3 axes, got shape {x.shape}")
    return x if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(x, -1, 0))


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """An array as a Pillow image.

    Parameters
    ----------
    x : array
        One image of 1, 3 or 4 channels.
    data_format : str, optional
    scale : bool
        Map the least value to 0 and the greatest to 255 (default); else values are bytes already,
        and what is beyond 0 and 255 is clipped (one channel: kept, as 32-bit integers).
    dtype : str, optional
        What to compute in, default ``floatx()``.

    Returns
    -------
    PIL.Image.Image
    """
    op = "array_to_img"
    pillow = extras.load("PIL.Image", "image", op)
    data_format = config.data_format(op, data_format)
    x = np.array(x, dtype=dtype or config.floatx())
    if x.ndim != 3 or not x.size:
        raise ValueError(f"{op}: x must be one image of 3 axes, got shape {x.shape}")
    if data_format == "channels_first":
        x = np.moveaxis(x, 0, -1)
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"{op}: x must have 1, 3 or 4 channels, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"{op}: x must be finite")
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    if x.shape[2] == 1:
        x = x[:, :, 0]
        if x.max() > 255:
            return pillow.fromarray(x.astype(np.int32))
    return pillow.fromarray(np.clip(x, 0, 255).astype(np.uint8))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Write an array as an image file; an existing file is replaced whole or not at all.

    Parameters
    ----------
    path : path or file object
    x : array
        See :func:`array_to_img`.
    data_format : str, optional
    file_format : str, optional
        ``"png"``, ``"jpeg"`` ...; default: what the name says. A file object needs it.
    scale : bool
        See :func:`array_to_img`.
    **kwargs
        For Pillow's ``save``: ``quality`` and the like.
    """
    is_path = isinstance(path, (str, os.PathLike))
    if file_format is None and is_path:
        file_format = Path(path).suffix[1:]
    name = {"JPG": "JPEG", "TIF": "TIFF"}.get(str(file_format).upper(), str(file_format).upper())
    if name not in FORMATS:
        raise ValueError(f"save_img: file_format must be one of {[*FORMATS]}, got {file_format!r}")
    image = array_to_img(x, data_format, scale)
    if name == "JPEG" and image.mode == "RGBA":  # JPEG has no transparency
        image = image.convert("RGB")
    encoded = io.BytesIO()
    image.save(encoded, name, **kwargs)
    if is_path:
        atomic.write_bytes(path, encoded.getvalue())
    else:
        path.write(encoded.getvalue())
