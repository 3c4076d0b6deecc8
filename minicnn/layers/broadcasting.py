"""Shapes of elementwise operations, and the way back: summing a gradient to an operand's shape."""

import numpy as np


def broadcast_shape(label, shapes):
    """Shape that arrays of ``shapes`` broadcast to, NumPy's rule; ``None`` is a length unknown yet.

    >>> broadcast_shape("Add 'add'", [(None, 1, 1, 8), (None, 5, None, 8)])
    (None, 5, None, 8)

    Raises
    ------
    ValueError
        If two lengths differ and neither is 1.
    """
    rank = max(len(shape) for shape in shapes)
    aligned = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(_length(label, lengths, shapes) for lengths in zip(*aligned))


def _length(label, lengths, shapes):
    known = {length for length in lengths if length not in (None, 1)}
    if len(known) > 1:
        told = " and ".join(str(tuple(shape)) for shape in shapes)
        raise ValueError(f"{label}: inputs must broadcast to one shape, got {told}")
    if known:
        return known.pop()
    return None if None in lengths else 1


def unbroadcast(gradient, shape):
    """Sum ``gradient`` over the axes along which an operand of ``shape`` was repeated.

    Parameters
    ----------
    gradient : ndarray
        Gradient of the broadcast result; returned as it is if it has ``shape``.
    shape : tuple of int

    Returns
    -------
    ndarray
        Of ``shape``.
    """
    if gradient.shape == tuple(shape):
        return gradient
    extra = gradient.ndim - len(shape)
    repeated = tuple(
        axis + extra
        for axis, length in enumerate(shape)
        if length == 1 and gradient.shape[axis + extra] != 1
    )
    summed = gradient.sum(axis=(*range(extra), *repeated), keepdims=True)
    return np.reshape(summed, shape)
