"""Local response normalization's contract: ``x [M, C]``, a window over the channels."""

from . import arrays


def forward(op, y, x, before, after, bias, alpha, beta):
    """Checked ``(y, x, before, after, bias, alpha, beta)``."""
    x = _rows(op, "x", x)
    window = _window(op, x.shape[1], before, after, bias, alpha, beta)
    return arrays.output(op, "y", y, x.shape, x.dtype, x), x, *window


def backward(op, dx, dy, x, before, after, bias, alpha, beta):
    """Checked ``(dx, dy, x, before, after, bias, alpha, beta)``."""
    x = _rows(op, "x", x)
    dy = arrays.shaped(op, "dy", dy, x.shape, x)
    window = _window(op, x.shape[1], before, after, bias, alpha, beta)
    return arrays.output(op, "dx", dx, x.shape, x.dtype, dy, x), dy, x, *window


def _rows(op, name, array):
    array = arrays.floats(op, name, array, 2)
    if array.shape[1] < 1:
        raise ValueError(f"{op}: {name} must have channels, got shape {array.shape}")
    return array


def _window(op, channels, before, after, bias, alpha, beta):
    """Both reaches, no longer than the channels are, and the three numbers."""
    before, after = arrays.integer(op, "before", before, 0), arrays.integer(op, "after", after, 0)
    bias, alpha = arrays.number(op, "bias", bias), arrays.number(op, "alpha", alpha)
    beta = arrays.number(op, "beta", beta)
    return min(before, channels - 1), min(after, channels - 1), bias, alpha, beta
