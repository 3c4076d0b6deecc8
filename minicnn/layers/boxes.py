"""A box of an image, resized: one sparse matrix for the rows and one for the columns.

The box may reach beyond the image; what it shows there is a constant. Transposed matrices give the
exact gradient, and a crop is the case of one pixel for one pixel.
"""

from functools import lru_cache

import numpy as np


def _triangle(d):
    return np.maximum(1 - d, 0)


def _cubic(d):
    """Keys' cubic (1981) with a = -1/2."""
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d < 1, near, np.where(d < 2, far, 0))


def _lanczos(lobes):
    return lambda d: np.where(d < lobes, np.sinc(d) * np.sinc(d / lobes), 0)


# Interpolation: (weight of a pixel at a distance, distance from which it is 0).
KERNELS = {
    "bilinear": (_triangle, 1),
    "nearest": (None, 0),
    "bicubic": (_cubic, 2),
    "lanczos3": (_lanczos(3), 3),
    "lanczos5": (_lanczos(5), 5),
}


def resize(x, boxes, size, interpolation="bilinear", antialias=False, fill_value=0.0):
    """The boxes of images, resized.

    Parameters
    ----------
    x : array
        ``[N, H, W, C]``.
    boxes : ((int, int), (int, int))
        First row and number of rows, first column and number of columns.
    size : (int, int)
        New height and width.
    interpolation : str
        One of :data:`KERNELS`.
    antialias : bool
        When shrinking, widen the kernel to the distance of output pixels.
    fill_value : float
        What lies outside the image.

    Returns
    -------
    array
        ``[N, *size, C]``.
    """
    if _is_crop(x.shape, boxes, size):
        rows, columns = (slice(first, first + length) for first, length in boxes)
        return x[:, rows, columns].copy()
    matrices = _matrices(x.shape, boxes, size, interpolation, antialias, x.dtype)
    if fill_value:
        rows, columns = (matrix.sum(axis=1) for matrix in matrices)
        beyond = 1 - np.outer(rows, columns)[..., None]
        return _product(x, matrices) + x.dtype.type(fill_value) * beyond
    return _product(x, matrices)


def resize_adjoint(dy, boxes, shape, interpolation="bilinear", antialias=False):
    """Gradient of the input, of ``shape``, of :func:`resize`."""
    size = dy.shape[1:3]
    if _is_crop(shape, boxes, size):
        rows, columns = (slice(first, first + length) for first, length in boxes)
        dx = np.zeros(shape, dy.dtype)
        dx[:, rows, columns] = dy
        return dx
    matrices = _matrices(shape, boxes, size, interpolation, antialias, dy.dtype)
    return _product(dy, [matrix.T for matrix in matrices])


def _is_crop(shape, boxes, size):
    """Whether every output pixel is one of the input's."""
    return all(
        length == new and first >= 0 and first + length <= old
        for old, (first, length), new in zip(shape[1:3], boxes, size)
    )


def _product(x, matrices):
    """``rows @ image @ columns.T`` for each image: one at a time stays in the cache."""
    rows, columns = matrices
    height, width, channels = rows.shape[0], columns.shape[0], x.shape[3]
    y = np.empty((len(x), height, width, channels), x.dtype)
    for image, target in zip(np.ascontiguousarray(x), y):
        high = (rows @ image.reshape(len(image), -1)).reshape(height, -1, channels)
        wide = columns @ high.swapaxes(0, 1).reshape(-1, height * channels)
        target[...] = wide.reshape(width, height, channels).swapaxes(0, 1)
    return y


def _matrices(shape, boxes, size, interpolation, antialias, dtype):
    return [
        _matrix(old, *box, new, interpolation, antialias, dtype)
        for old, box, new in zip(shape[1:3], boxes, size)
    ]


@lru_cache(maxsize=256)
def _matrix(old, first, length, new, interpolation, antialias, dtype):
    """``[new, old]``, sparse: a row holds the weights of the pixels that make the new one."""
    from scipy import sparse

    indices, weights = _taps(length, new, interpolation, antialias)
    indices = indices + first
    inside = (indices >= 0) & (indices < old) & (weights != 0)
    starts = np.concatenate([[0], np.cumsum(inside.sum(axis=1))])
    return sparse.csr_array((weights[inside].astype(dtype), indices[inside], starts), (new, old))


def _taps(old, new, interpolation, antialias):
    """``(indices, weights)``, ``[new, taps]``: old pixels of which each new one is made.

    New pixel ``i`` has its centre at ``(i + 0.5) * old / new - 0.5``.
    """
    kernel, support = KERNELS[interpolation]
    if kernel is None:  # in float32, as TensorFlow rounds it
        scale = np.float32(old) / np.float32(new)
        nearest = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale
        return np.minimum(nearest.astype(np.int64), old - 1)[:, None], np.ones((new, 1))
    scale = old / new
    centres = ((np.arange(new) + 0.5) * scale - 0.5)[:, None]
    width = max(scale, 1) if antialias else 1
    first = np.floor(centres - support * width).astype(np.int64)
    indices = first + np.arange(int(2 * support * width) + 3)
    weights = kernel(np.abs(indices - centres) / width)
    weights = np.where((indices >= 0) & (indices < old), weights, 0)
    return indices, weights / weights.sum(axis=1, keepdims=True)
