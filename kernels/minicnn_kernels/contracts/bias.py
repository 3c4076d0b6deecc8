"""The bias' contract: ``b [C]`` belongs to the last axis of ``x [..., C]``."""

from . import arrays


def forward(op, y, x, b):
    """Checked ``(y, x, b)``; ``y`` may be ``x``."""
    x = _channels(op, "x", x)
    b = arrays.shaped(op, "b", b, x.shape[-1:], x)
    return arrays.in_place(op, "y", y, x, b), x, b


def backward(op, db, dy):
    """Checked ``(db, dy)``; a ``db`` of ``None`` starts from zeros."""
    dy = _channels(op, "dy", dy)
    db = arrays.output(op, "db", db, dy.shape[-1:], dy.dtype, dy, zero=True)
    return db, dy


def _channels(op, name, array):
    array = arrays.floats(op, name, array)
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"{op}: {name} must have channels, got shape {array.shape}")
    return array
