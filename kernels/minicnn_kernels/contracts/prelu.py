"""PReLU's contract: ``x [M, K]`` and one slope for each of the K columns, ``alpha [K]``."""

from . import arrays


def forward(op, y, x, alpha):
    """Checked ``(y, x, alpha)``."""
    x = _rows(op, "x", x)
    alpha = arrays.shaped(op, "alpha", alpha, x.shape[1:], x)
    return arrays.output(op, "y", y, x.shape, x.dtype, x, alpha), x, alpha


def backward_input(op, dx, dy, x, alpha):
    """Checked ``(dx, dy, x, alpha)``."""
    x = _rows(op, "x", x)
    dy = arrays.shaped(op, "dy", dy, x.shape, x)
    alpha = arrays.shaped(op, "alpha", alpha, x.shape[1:], x)
    return arrays.output(op, "dx", dx, x.shape, x.dtype, dy, x, alpha), dy, x, alpha


def backward_weights(op, dalpha, x, dy):
    """Checked ``(dalpha, x, dy)``; a ``dalpha`` of ``None`` starts from zeros."""
    x = _rows(op, "x", x)
    dy = arrays.shaped(op, "dy", dy, x.shape, x)
    return arrays.output(op, "dalpha", dalpha, x.shape[1:], x.dtype, x, dy, zero=True), x, dy


def _rows(op, name, array):
    array = arrays.floats(op, name, array, 2)
    if array.shape[1] < 1:
        raise ValueError(f"{op}: {name} must have columns, got shape {array.shape}")
    return array
