"""Targets and weights as users give them, made into one checked array for each output."""

import numpy as np

from minicnn_kernels.contracts import arrays


def standardize(op, y, heads, required=True):
    """``y`` (array, list, or dict by output name) as one array for each head.

    ``None`` stands where a head compares nothing.

    Raises
    ------
    ValueError, TypeError
        Naming the operation and output, what was expected and what came; class numbers outside
        of the classes by value and row.
    """
    if y is None:
        if required and any(head.needs_targets for head in heads):
            raise ValueError(f"{op}: y is missing")
        return [None] * len(heads)
    arrays = [None if item is None else np.asarray(item) for item in _listed(op, y, heads)]
    for head, array in zip(heads, arrays):
        if not head.needs_targets:
            continue
        if array is None:
            raise ValueError(f"{op}: y of output {head.name!r} is missing")
        if array.ndim == 0:
            raise ValueError(f"{op}: y of output {head.name!r} must have a batch axis")
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"{op}: y of output {head.name!r} must be real numbers, got {array.dtype}"
            )
        if head.loss is not None:
            head.loss.check(array, head.shape)
    return [a if head.needs_targets else None for head, a in zip(heads, arrays)]


def _listed(op, y, heads):
    if isinstance(y, dict):
        names = [head.name for head in heads]
        unknown = [name for name in y if name not in names]
        if unknown:
            raise ValueError(f"{op}: y names an output {unknown[0]!r}; there are {names}")
        return [y.get(name) for name in names]
    if len(heads) == 1:
        several = isinstance(y, (list, tuple)) and len(y) == 1 and np.ndim(y[0]) > 0
        return [y[0] if several else y]
    if not isinstance(y, (list, tuple)):
        compared = [head for head in heads if head.needs_targets]
        if len(compared) == 1:
            return [y if head.needs_targets else None for head in heads]
        raise ValueError(f"{op}: y must be a list of {len(heads)} arrays, got {type(y).__name__}")
    if len(y) == len(heads):
        return list(y)
    compared = [head for head in heads if head.needs_targets]
    if len(y) != len(compared):
        raise ValueError(f"{op}: y must have {len(heads)} arrays, one an output, got {len(y)}")
    given = iter(y)
    return [next(given) if head.needs_targets else None for head in heads]


def weights(op, sample_weight, class_weight, y, heads):
    """One weight array (or ``None``) for each head, from both ways to give them."""
    listed = _listed_weights(op, sample_weight, heads)
    result = []
    for head, array, target in zip(heads, listed, y):
        if array is not None:
            array = np.asarray(array)
            if array.dtype.kind not in "fiub" or array.ndim == 0:
                raise TypeError(f"{op}: sample_weight must be an array of numbers, got {array!r}")
        chosen = class_weight
        if class_weight is not None and len(heads) > 1:
            chosen = class_weight.get(head.name)
        if chosen is not None and target is not None:
            by_class = _of_classes(op, chosen, target)
            array = by_class if array is None else (array.T * by_class.T).T
        result.append(array)
    return result


def _listed_weights(op, sample_weight, heads):
    if isinstance(sample_weight, dict):
        return [sample_weight.get(head.name) for head in heads]
    if isinstance(sample_weight, (list, tuple)) and len(heads) > 1:
        if len(sample_weight) != len(heads):
            raise ValueError(
                f"{op}: sample_weight must have {len(heads)} arrays, got {len(sample_weight)}"
            )
        return list(sample_weight)
    return [sample_weight] * len(heads)


def _of_classes(op, class_weight, y):
    """The weight of each row's class; classes that are not named weigh 1."""
    if not isinstance(class_weight, dict):
        raise TypeError(f"{op}: class_weight must be a dict {{class: weight}}")
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else np.argmax(y, axis=-1)
    if y.ndim > 1:
        raise ValueError(f"{op}: class_weight needs one class a row, got targets {y.shape}")
    labels = np.rint(y).astype(np.int64)
    result = np.ones(len(labels), np.float32)
    for label, weight in class_weight.items():
        weight = arrays.number(op, f"class_weight of {label!r}", weight)
        result[labels == int(label)] = weight
    return result


def same_rows(op, x, y, sample_weight):
    """Number of rows that all arrays share.

    Raises
    ------
    ValueError
        If they do not.
    """
    rows = len(x[0])
    for what, listed in (("x", x), ("y", y), ("sample_weight", sample_weight)):
        for array in listed:
            if array is not None and len(array) != rows:
                raise ValueError(
                    f"{op}: x has {rows} rows, {what} has {len(array)}: they must be as many"
                )
    return rows
