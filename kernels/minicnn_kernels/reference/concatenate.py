"""Concatenation of matrices along their columns, and its gradient, which cuts."""

import numpy as np

from ..contracts import concatenate as contract


def concatenate_forward(y, xs):
    """``y = [xs[0], xs[1], ...]``, side by side.

    Parameters
    ----------
    y : array [M, C_0 + C_1 + ...] or None
        Result; overwritten.
    xs : list of array [M, C_i], float16 (computed in float32), float32 or float64

    Returns
    -------
    y
    """
    y, xs = contract.forward("concatenate_forward", y, xs)
    return np.concatenate(xs, axis=1, out=y)


def concatenate_backward(dxs, dy, columns):
    """Cut ``dy`` into the gradients of what was put side by side.

    Parameters
    ----------
    dxs : sequence of (array [M, C_i] or None), or None
        Gradients of the inputs; overwritten.
    dy : array [M, C_0 + C_1 + ...]
    columns : sequence of int
        ``C_0, C_1, ...``

    Returns
    -------
    dxs : tuple
    """
    dxs, dy = contract.backward("concatenate_backward", dxs, dy, columns)
    first = 0
    for dx in dxs:
        dx[...] = dy[:, first : first + dx.shape[1]]
        first += dx.shape[1]
    return dxs
