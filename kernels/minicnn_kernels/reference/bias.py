"""A bias for every channel: ``y[..., c] = x[..., c] + b[c]`` (``tf.nn.bias_add``)."""

from ..contracts import bias as contract


def bias_forward(y, x, b):
    """``y = x + b`` on the last axis.

    Parameters
    ----------
    y : array or None
        Result, shaped as ``x``; overwritten. May be ``x`` itself.
    x : array [..., C], float16 (computed in float32), float32 or float64
    b : array [C]

    Returns
    -------
    y
    """
    y, x, b = contract.forward("bias_forward", y, x, b)
    y[...] = x + b
    return y


def bias_backward(db, dy, add=True):
    """``db += sum of dy over all axes but the last``, or ``=`` if not ``add``.

    Parameters
    ----------
    db : array [C] or None
        Gradient of the bias; added to, or overwritten. ``None`` starts from zeros.
    dy : array [..., C]
    add : bool
        Whether to add to what ``db`` holds.

    Returns
    -------
    db
    """
    db, dy = contract.backward("bias_backward", db, dy)
    if not add:
        db.fill(0)
    db += dy.sum(axis=tuple(range(dy.ndim - 1)), dtype=float)
    return db
