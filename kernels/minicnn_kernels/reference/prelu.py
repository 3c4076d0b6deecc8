"""Parametric ReLU (He et al. 2015): ``y = x`` above 0, ``alpha x`` below, alpha being learned.

``x [M, K]`` has a slope for each of its K columns: all positions and channels of an image, or
only the channels where positions share it (``keras.layers.PReLU``).
"""

import numpy as np

from ..contracts import prelu as contract


def prelu_forward(y, x, alpha):
    """``y = x`` where ``x > 0``, else ``alpha x``.

    Parameters
    ----------
    y : array [M, K] or None
        Result; overwritten.
    x : array [M, K], float16 (computed in float32), float32 or float64
    alpha : array [K]

    Returns
    -------
    y
    """
    y, x, alpha = contract.forward("prelu_forward", y, x, alpha)
    y[...] = np.where(x > 0, x, alpha * x)
    return y


def prelu_backward_input(dx, dy, x, alpha):
    """``dx = dy`` where ``x > 0``, else ``alpha dy``.

    Parameters
    ----------
    dx : array [M, K] or None
        Gradient of the input; overwritten.
    dy, x : array [M, K]
        Gradient of the output, and the input of the forward pass.
    alpha : array [K]

    Returns
    -------
    dx
    """
    dx, dy, x, alpha = contract.backward_input("prelu_backward_input", dx, dy, x, alpha)
    dx[...] = np.where(x > 0, dy, alpha * dy)
    return dx


def prelu_backward_weights(dalpha, x, dy):
    """``dalpha += sum over rows of x dy`` where ``x`` is not above 0.

    Parameters
    ----------
    dalpha : array [K] or None
        Gradient of the slopes; added to. ``None`` starts from zeros.
    x, dy : array [M, K]
        Input of the forward pass, and gradient of the output.

    Returns
    -------
    dalpha
    """
    dalpha, x, dy = contract.backward_weights("prelu_backward_weights", dalpha, x, dy)
    dalpha += np.where(x > 0, 0, x * dy).sum(axis=0, dtype=float)
    return dalpha
