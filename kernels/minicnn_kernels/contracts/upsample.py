"""Upsampling's contract: ``x [N, H, W, C]``, ``y [N, H * FH, W * FW, C]``."""

from . import arrays


def forward(op, y, x, factors):
    """Checked ``(y, x, factors)``; allocates ``y`` if it is ``None``."""
    x = arrays.floats(op, "x", x, 4)
    factors = arrays.integers(op, "factors", factors, 2, 1)
    batch, height, width, channels = x.shape
    if min(height, width, channels) < 1:
        raise ValueError(f"{op}: x must have height, width and channels, got shape {x.shape}")
    shape = (batch, height * factors[0], width * factors[1], channels)
    y = arrays.output(op, "y", y, shape, x.dtype, x)
    return y, x, factors


def backward(op, dx, dy, factors):
    """Checked ``(dx, dy, factors)``; allocates ``dx`` if it is ``None``."""
    dy = arrays.floats(op, "dy", dy, 4)
    factors = arrays.integers(op, "factors", factors, 2, 1)
    batch, height, width, channels = dy.shape
    if min(height, width, channels) < 1 or height % factors[0] or width % factors[1]:
        raise ValueError(
            f"{op}: dy must have channels and a height and width that are multiples of factors "
            f"{factors}, got shape {dy.shape}"
        )
    shape = (batch, height // factors[0], width // factors[1], channels)
    dx = arrays.output(op, "dx", dx, shape, dy.dtype, dy)
    return dx, dy, factors
