"""The dense layer's contract: ``x [M, K]``, ``w [K, N]``, ``b [N]``, ``y [M, N]``."""

from . import arrays
from .conv import ACTIVATIONS


def forward(op, y, x, w, b, activation):
    """Checked ``(y, x, w, b)``; allocates ``y`` if it is ``None``.

    Raises
    ------
    ValueError, TypeError
        Naming ``op``, the argument, what was expected and what came.
    """
    x = arrays.floats(op, "x", x, 2)
    w = _weights(op, w)
    arrays.same_dtype(op, x=x, w=w)
    if activation not in ACTIVATIONS:
        raise ValueError(f"{op}: activation must be one of {ACTIVATIONS}, got {activation!r}")
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"{op}: x must have {w.shape[0]} columns (rows of w), got {x.shape[1]}")
    b = arrays.vector(op, "b", b, w.shape[1], x)
    y = arrays.output(op, "y", y, (x.shape[0], w.shape[1]), x.dtype, x, w, b)
    return y, x, w, b


def backward_input(op, dx, dy, w):
    """Checked ``(dx, dy, w)``."""
    dy = arrays.floats(op, "dy", dy, 2)
    w = _weights(op, w)
    arrays.same_dtype(op, dy=dy, w=w)
    if dy.shape[1] != w.shape[1]:
        raise ValueError(f"{op}: dy must have {w.shape[1]} columns (those of w), got {dy.shape[1]}")
    dx = arrays.output(op, "dx", dx, (dy.shape[0], w.shape[0]), dy.dtype, dy, w)
    return dx, dy, w


def backward_weights(op, dw, x, dy):
    """Checked ``(dw, x, dy)``; a ``dw`` of ``None`` starts from zeros."""
    x = arrays.floats(op, "x", x, 2)
    dy = arrays.floats(op, "dy", dy, 2)
    arrays.same_dtype(op, x=x, dy=dy)
    if x.shape[0] != dy.shape[0]:
        raise ValueError(f"{op}: dy must have {x.shape[0]} rows (those of x), got {dy.shape[0]}")
    shape = (x.shape[1], dy.shape[1])
    if min(shape) < 1:
        raise ValueError(f"{op}: x and dy must have columns, got {x.shape} and {dy.shape}")
    dw = arrays.output(op, "dw", dw, shape, x.dtype, x, dy, zero=True)
    return dw, x, dy


def _weights(op, w):
    w = arrays.floats(op, "w", w, 2)
    if min(w.shape) < 1:
        raise ValueError(f"{op}: w must not be empty, got shape {w.shape}")
    return w
