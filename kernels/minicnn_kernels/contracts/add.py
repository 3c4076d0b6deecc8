"""The contract of sums of two arrays."""

from . import arrays


def forward(op, y, a, b):
    """Checked ``(y, a, b)``; ``y`` may be ``a`` or ``b``."""
    a = arrays.floats(op, "a", a)
    b = arrays.shaped(op, "b", b, a.shape, a)
    if y is b:
        return arrays.in_place(op, "y", y, b, None if a is b else a), a, b
    return arrays.in_place(op, "y", y, a, b), a, b
