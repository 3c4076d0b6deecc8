"""Labels and vectors: one-hot encoding and normalization of plain arrays."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import config


def to_categorical(x, num_classes=None, dtype=None):
    """One-hot encoding of class numbers.

    Parameters
    ----------
    x : array_like
        Class numbers from 0 to ``num_classes - 1``, of any shape; a last axis of length 1 is
        dropped, as of CIFAR-10's labels. Floats must be whole.
    num_classes : int, optional
        ``max(x) + 1`` if not given.
    dtype : dtype, optional
        ``floatx()`` if not given.

    Returns
    -------
    ndarray
        Of the shape of ``x`` and a last axis of length ``num_classes``.

    Raises
    ------
    ValueError, TypeError
        If a class is negative, not whole, or not below ``num_classes``.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    classes = _classes(x)
    if num_classes is None:
        if not classes.size:
            raise ValueError("to_categorical: num_classes must be given when x is empty")
        num_classes = int(classes.max()) + 1
    elif isinstance(num_classes, bool) or not isinstance(num_classes, (int, np.integer)):
        raise TypeError(f"to_categorical: num_classes must be an integer, got {num_classes!r}")
    if classes.size and not 0 <= classes.min() <= classes.max() < num_classes:
        raise ValueError(
            f"to_categorical: x must be in [0, {num_classes - 1}], "
            f"got {classes.min()} to {classes.max()}"
        )
    dtype = config.floatx() if dtype is None else dtype
    arrays.allocation("to_categorical", "the result", (*classes.shape, num_classes), dtype)
    encoded = np.zeros((*classes.shape, num_classes), dtype)
    np.put_along_axis(encoded, classes[..., None], 1, axis=-1)
    return encoded


def _classes(x):
    x = np.asarray(x)
    if x.dtype.kind not in "biuf" and x.size:
        raise TypeError(f"to_categorical: x must be class numbers, got dtype {x.dtype}")
    with np.errstate(invalid="ignore"):  # of NaN; what it becomes is unequal
        classes = x.astype(np.int64)
    if not np.array_equal(classes, x):
        raise ValueError("to_categorical: x must be whole numbers")
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    return classes


def normalize(x, axis=-1, order=2):
    """``x`` divided by its norm of ``order`` along ``axis``; where the norm is 0, ``x`` as it is.

    Parameters
    ----------
    x : array_like
    axis : int
    order : int or float
        As in ``numpy.linalg.norm``.

    Returns
    -------
    ndarray
    """
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"normalize: x must be real numbers, got dtype {x.dtype}")
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)
