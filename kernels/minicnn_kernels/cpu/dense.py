"""The dense layer ``y = x w + b`` through convolution's register tiles: pixels are rows of ``x``.

Not through BLAS: its threads would fight with these, and its sums depend on how many there are.
"""

from ..capture import is_constant
from ..contracts import dense
from . import few_rows
from .correlation import correlate
from .correlation_plan import dense_plan, transposed_dense_plan
from .weight_gradient import add_weight_gradient
from .weight_gradient_plan import dense_weight_gradient_plan


def dense_forward(y, x, w, b=None, activation="linear"):
    """``y = activation(x w + b)``; ``y`` is overwritten, or allocated if ``None``."""
    y, x, w, b = dense.forward("dense_forward", y, x, w, b, activation)
    if few_rows.fits(len(x), w):
        few_rows.forward(y, x, w, b, activation)
        return y
    sizes = *x.shape, w.shape[1], x.dtype
    p = dense_plan(*sizes, b is not None, activation, is_constant(w))
    correlate(y, x, w, b, p)
    return y


def dense_backward_input(dx, dy, w):
    """Gradient of the input, ``dx`` overwritten."""
    dx, dy, w = dense.backward_input("dense_backward_input", dx, dy, w)
    if few_rows.fits(len(dy), w):
        few_rows.backward_input(dx, dy, w)
        return dx
    correlate(dx, dy, w, None, transposed_dense_plan(*dy.shape, w.shape[0], dy.dtype))
    return dx


def dense_backward_weights(dw, x, dy, add=True):
    """Gradient of the weights, added to ``dw`` or overwriting it."""
    dw, x, dy = dense.backward_weights("dense_backward_weights", dw, x, dy)
    if few_rows.fits(len(x), dw):
        few_rows.backward_weights(dw, x, dy, add)
        return dw
    p = dense_weight_gradient_plan(*x.shape, dy.shape[1], x.dtype)
    add_weight_gradient(dw, x, dy, p, add)
    return dw
