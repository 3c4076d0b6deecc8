"""Elements of a dataset: an array, or tuples and dicts of arrays, nested at will.

A tuple or a dict is structure; everything else, a list too, is one array (a *leaf*), as in
``tf.data``.
"""

import numpy as np

from .. import config


def flatten(structure):
    """The leaves from left to right; dicts in the order of their keys' insertion."""
    if isinstance(structure, tuple):
        return [leaf for part in structure for leaf in flatten(part)]
    if isinstance(structure, dict):
        return [leaf for part in structure.values() for leaf in flatten(part)]
    return [structure]


def unflatten(structure, leaves):
    """``structure`` with its leaves replaced, in order, by those of the iterator ``leaves``."""
    if isinstance(structure, tuple):
        parts = [unflatten(part, leaves) for part in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)
    if isinstance(structure, dict):
        return {key: unflatten(part, leaves) for key, part in structure.items()}
    return next(leaves)


def arrays(op, structure):
    """``structure`` with every leaf as a NumPy array or scalar; errors name ``op``."""
    if isinstance(structure, (np.ndarray, np.generic)):
        return structure
    return unflatten(structure, iter([_array(op, leaf) for leaf in flatten(structure)]))


def slices(op, structure):
    """An iterator over the leading axis that all leaves of ``structure`` share."""
    leaves = [_frozen(leaf) for leaf in flatten(structure)]
    lengths = {leaf.shape[0] if leaf.ndim else None for leaf in leaves}
    if None in lengths:
        raise ValueError(f"{op}: every array must have at least one axis, got a scalar")
    if len(lengths) != 1:
        shapes = ", ".join(str(leaf.shape) for leaf in leaves) or "none"
        raise ValueError(f"{op}: arrays must share the length of their first axis, got {shapes}")
    if leaves[0] is structure or not isinstance(structure, (tuple, dict)):
        return iter(leaves[0])
    rows = zip(*leaves)
    if type(structure) is tuple and len(structure) == len(leaves):
        return rows
    return (unflatten(structure, iter(row)) for row in rows)


def stack(op, elements):
    """One structure from many of the same kind, each leaf with a new first axis."""
    first = elements[0]
    if isinstance(first, tuple):
        _same_kind(op, elements, tuple, len)
        parts = [stack(op, part) for part in zip(*elements)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    if isinstance(first, dict):
        _same_kind(op, elements, dict, lambda element: element.keys())
        return {key: stack(op, [element[key] for element in elements]) for key in first}
    return _stacked(op, elements)


def _stacked(op, leaves):
    kinds = {(leaf.shape, leaf.dtype) for leaf in leaves}
    if len(kinds) > 1 and not all(dtype.kind in "SU" for _, dtype in kinds):
        told = " and ".join(sorted(f"{shape} {dtype}" for shape, dtype in kinds)[:2])
        raise ValueError(f"{op}: elements must share shape and dtype, got {told}")
    return np.array(leaves) if leaves[0].ndim == 0 else np.stack(leaves)


def _same_kind(op, elements, kind, shape):
    wanted = shape(elements[0])
    if not all(isinstance(element, kind) and shape(element) == wanted for element in elements):
        raise ValueError(f"{op}: elements must share one structure of tuples and dicts")


def _array(op, value):
    if isinstance(value, (np.ndarray, np.generic)):
        return value
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{op}: a list must hold arrays of one shape: {error}") from None
    if array.dtype == object:
        raise TypeError(f"{op}: elements must be numbers or strings, got {type(value).__name__}")
    if array.dtype == np.float64 and type(_innermost(value)) in (float, int):
        array = array.astype(config.floatx())  # Python's floats have no precision of their own
    return array[()]


def _innermost(value):
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value


def read_only(structure):
    """``structure`` with arrays that cannot be written."""
    leaves = flatten(structure)
    frozen = [_frozen(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
    return unflatten(structure, iter(frozen))


def _frozen(array):
    """A view that cannot be written: what is done to an element must not change the source."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
