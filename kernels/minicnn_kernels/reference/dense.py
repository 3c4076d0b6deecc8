"""The dense (fully connected) layer: ``y[m, n] = b[n] + sum_k x[m, k] * w[k, n]``.

``tf.keras.layers.Dense``; its gradients are ``dx = dy w^T`` and ``dw = x^T dy``.
"""

import numpy as np

from ..contracts import dense


def dense_forward(y, x, w, b=None, activation="linear"):
    """``y = activation(x w + b)``; ``y`` is overwritten, or allocated if ``None``."""
    y, x, w, b = dense.forward("dense_forward", y, x, w, b, activation)
    np.matmul(x, w, out=y)
    if b is not None:
        y += b
    if activation == "relu":
        np.maximum(y, 0, out=y)
    return y


def dense_backward_input(dx, dy, w):
    """Gradient of the input, ``dx`` overwritten."""
    dx, dy, w = dense.backward_input("dense_backward_input", dx, dy, w)
    return np.matmul(dy, w.T, out=dx)


def dense_backward_weights(dw, x, dy):
    """Gradient of the weights, added to ``dw``."""
    dw, x, dy = dense.backward_weights("dense_backward_weights", dw, x, dy)
    dw += x.T @ dy
    return dw
