"""Images read at other places, as sparse matrices: their transposes are the exact gradients.

A place is ``(row, column)``, real numbers; pixel ``(i, j)`` stands at ``(i, j)``. Between pixels
the four nearest are mixed linearly, or the nearest one is taken.
"""

import numpy as np

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")

# Matrices of about this many rows are made at a time: what is worked on stays in the cache.
_ROWS = 1 << 16


def affine(x, maps, interpolation, fill_mode, fill_value):
    """Images of which output pixel ``p`` is the input at ``map @ (*p, 1)``.

    Parameters
    ----------
    x : array
        ``[N, H, W, C]``.
    maps : array
        ``[N, 2, 3]``: from (row, column, 1) of the output to (row, column) of the input.
    interpolation : str
        ``"nearest"`` or ``"bilinear"``.
    fill_mode : str
        What lies beyond the image abcd: ``"reflect"`` dcba|abcd|dcba, ``"wrap"`` abcd|abcd|abcd,
        ``"nearest"`` aaaa|abcd|dddd, ``"constant"`` ``fill_value``.
    fill_value : float

    Returns
    -------
    array
        ``[N, H, W, C]``.

    References
    ----------
    TensorFlow's ``ImageProjectiveTransformV3``.
    """
    y = np.empty(x.shape, x.dtype)
    for some in _chunks(x.shape):
        matrix = _matrix(maps[some], x.shape, interpolation, fill_mode, x.dtype)
        pixels = matrix @ _rows(x[some])
        if fill_mode == "constant" and fill_value:
            pixels += x.dtype.type(fill_value) * (1 - matrix.sum(axis=1)[:, None])
        y[some] = pixels.reshape(y[some].shape)
    return y


def affine_adjoint(dy, maps, interpolation, fill_mode):
    """Gradient of the input of :func:`affine`."""
    dx = np.empty(dy.shape, dy.dtype)
    for some in _chunks(dy.shape):
        matrix = _matrix(maps[some], dy.shape, interpolation, fill_mode, dy.dtype)
        dx[some] = (matrix.T @ _rows(dy[some])).reshape(dx[some].shape)
    return dx


def _rows(images):
    return np.ascontiguousarray(images).reshape(-1, images.shape[-1])


def _chunks(shape):
    """Slices of the batch, a few small images or one large one each."""
    count = max(_ROWS // (shape[1] * shape[2]), 1)
    return [slice(first, first + count) for first in range(0, shape[0], count)]


def _matrix(maps, shape, interpolation, fill_mode, dtype):
    """``[n * H * W, n * H * W]``: one row for every output pixel of ``n`` images."""
    from scipy import sparse

    count, (_, height, width, _) = len(maps), shape
    i, j = np.indices((height, width), maps.dtype).reshape(2, 1, -1)
    rows, columns = (
        maps[:, axis, 0, None] * i + maps[:, axis, 1, None] * j + maps[:, axis, 2, None]
        for axis in (0, 1)
    )
    i, of_row = _taps(rows, height, interpolation, fill_mode)
    j, of_column = _taps(columns, width, interpolation, fill_mode)
    first = np.arange(count)[:, None, None] * (height * width)
    indices = (first[..., None] + i[..., :, None] * width + j[..., None, :]).ravel()
    weights = (of_row[..., :, None] * of_column[..., None, :]).astype(dtype).ravel()
    total = count * height * width
    starts = np.arange(total + 1) * (len(indices) // max(total, 1))
    return sparse.csr_array((weights, indices, starts), (total, total))


def _taps(places, size, interpolation, fill_mode):
    """``(indices, weights)`` of the one or two pixels that make the value at each place."""
    if interpolation == "nearest":
        indices = np.floor(places + 0.5)[..., None]
        weights = np.ones(indices.shape)
    else:
        below = np.floor(places)
        indices = np.stack([below, below + 1], axis=-1)
        weights = np.stack([below + 1 - places, places - below], axis=-1)
    indices = indices.astype(np.int64)
    if fill_mode == "constant":
        weights = weights * ((indices >= 0) & (indices < size))
    elif fill_mode == "wrap":
        indices = indices % size
    elif fill_mode == "reflect":
        indices = indices % (2 * size)
        indices = np.minimum(indices, 2 * size - 1 - indices)
    return np.clip(indices, 0, size - 1), weights
