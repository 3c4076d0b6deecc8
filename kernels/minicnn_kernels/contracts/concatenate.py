"""The contract of concatenation along the columns of matrices."""

from . import arrays


def forward(op, y, xs):
    """Checked ``(y, xs)``: matrices of the same rows, side by side."""
    if not isinstance(xs, (list, tuple)) or not xs:
        raise ValueError(f"{op}: xs must be a list of arrays, got {xs!r:.60}")
    xs = [arrays.floats(op, f"xs[{i}]", x, 2) for i, x in enumerate(xs)]
    for i, x in enumerate(xs):
        arrays.shaped(op, f"xs[{i}]", x, (len(xs[0]), x.shape[1]), xs[0])
    shape = len(xs[0]), sum(x.shape[1] for x in xs)
    return arrays.output(op, "y", y, shape, xs[0].dtype, *xs), xs


def backward(op, dxs, dy, columns):
    """Checked ``(dxs, dy)``: an output for each of ``columns``, which make up those of ``dy``."""
    dy = arrays.floats(op, "dy", dy, 2)
    columns = arrays.integers(op, "columns", columns, len(tuple(columns)), 0)
    if sum(columns) != dy.shape[1] or not columns:
        raise ValueError(f"{op}: columns must make up dy's {dy.shape[1]}, got {columns}")
    dxs = (None,) * len(columns) if dxs is None else tuple(dxs)
    if len(dxs) != len(columns):
        raise ValueError(f"{op}: dxs must be {len(columns)} arrays, got {len(dxs)}")
    made = []
    for i, (dx, count) in enumerate(zip(dxs, columns)):
        shape = len(dy), count
        made.append(arrays.output(op, f"dxs[{i}]", dx, shape, dy.dtype, dy, *made))
    return tuple(made), dy
