"""The dense (fully connected) layer: ``y[m, n] = b[n] + sum_k x[m, k] * w[k, n]``.

``tf.keras.layers.Dense``; its gradients are ``dx = dy w^T`` and ``dw = x^T dy``.
"""

import numpy as np

from ..contracts import dense


def dense_forward(y, x, w, b=None, activation="linear"):
    """``y = activation(x w + b)``; ``y`` is overwritten, or allocated if ``None``.

    Parameters
    ----------
    y : array [M, N] or None
    x : array [M, K]
        float32 or float64; float16 is computed in float32.
    w : array [K, N]
    b : array [N] or None
    activation : {"linear", "relu", "relu6"}

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    y, x, w, b = dense.forward("dense_forward", y, x, w, b, activation)
    np.matmul(x, w, out=y)
    if b is not None:
        y += b
    if activation != "linear":
        np.clip(y, 0, 6 if activation == "relu6" else None, out=y)
    return y


def dense_backward_input(dx, dy, w):
    """Gradient of the input, ``dx`` overwritten.

    Parameters
    ----------
    dx : array [M, K] or None
    dy : array [M, N]
    w : array [K, N]

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    dx, dy, w = dense.backward_input("dense_backward_input", dx, dy, w)
    return np.matmul(dy, w.T, out=dx)


def dense_backward_weights(dw, x, dy, add=True):
    """Gradient of the weights, added to ``dw``.

    Parameters
    ----------
    dw : array [K, N] or None
        ``None`` starts from zeros.
    x : array [M, K]
    dy : array [M, N]
    add : bool
        Whether ``dw`` is added to; else it is overwritten, whatever it holds.

    Raises
    ------
    ValueError, TypeError
        If a size, shape or dtype does not fit; nothing has been written then.
    """
    dw, x, dy = dense.backward_weights("dense_backward_weights", dw, x, dy)
    if not add:
        dw.fill(0)
    dw += x.T @ dy
    return dw
