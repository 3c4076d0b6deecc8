"""What a model is given: symbolic tensors when it is made, arrays when it runs."""

import numpy as np

from ..graph import SymbolicTensor


def flatten(label, what, tensors):
    """``(names or None, list)`` of a tensor, or of a list or dict of tensors, checked."""
    keys = list(tensors) if isinstance(tensors, dict) else None
    if isinstance(tensors, dict):
        tensors = list(tensors.values())
    tensors = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    if not tensors:
        raise ValueError(f"{label}: {what} must not be empty")
    for tensor in tensors:
        if not isinstance(tensor, SymbolicTensor):
            raise TypeError(
                f"{label}: {what} must be symbolic tensors, got {type(tensor).__name__}"
            )
    return keys, tensors


def input_name(tensor):
    """Name of the input layer that made ``tensor``, else the tensor's own."""
    layer = getattr(tensor, "input_layer", None)
    return layer.name if layer is not None else tensor.name


def holds_symbolic(inputs):
    """Whether ``inputs`` (a value, a list or a dict) holds a symbolic tensor."""
    values = inputs.values() if isinstance(inputs, dict) else inputs
    values = values if isinstance(inputs, (dict, list, tuple)) else [inputs]
    return any(isinstance(value, SymbolicTensor) for value in values)


def fit_inputs(label, x, tensors, names, cast):
    """``x`` (array, list or dict by name) as arrays that fit the symbolic ``tensors``.

    With ``cast=False`` each keeps its dtype.

    Raises
    ------
    ValueError, TypeError
        Naming the input, what it must be and what came.
    """
    if isinstance(x, dict):
        missing = [name for name in names if name not in x]
        if missing:
            raise ValueError(f"{label}: input {missing[0]!r} is missing")
        x = [x[name] for name in names]
    arrays = list(x) if isinstance(x, (list, tuple)) and len(tensors) > 1 else [x]
    if len(arrays) == 1 and isinstance(x, (list, tuple)) and len(x) == 1:
        arrays = [x[0]] if _ndim(x[0]) >= len(tensors[0].shape) - 1 else arrays
    if len(arrays) != len(tensors):
        raise ValueError(f"{label}: has {len(tensors)} inputs, got {len(arrays)}")
    return [
        _fit_input(label, array, tensor, name, cast)
        for array, tensor, name in zip(arrays, tensors, names)
    ]


def _ndim(value):
    """Number of axes; none of what has rows of unequal lengths."""
    try:
        return np.ndim(value)
    except ValueError:
        return 0


def _fit_input(label, value, tensor, name, cast):
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal lengths
        raise ValueError(
            f"{label}: input {name!r} must be an array of shape {tensor.shape}, "
            f"got a {type(value).__name__} of unequal parts"
        ) from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{label}: input {name!r} must be real numbers, got {array.dtype}")
    wanted = tensor.shape
    # As Keras does: a channel axis of length one may be missing, or be one too many.
    if array.ndim == len(wanted) - 1 and wanted[-1] == 1:
        array = array[..., None]
    elif array.ndim == len(wanted) + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    fits = array.ndim == len(wanted) and all(
        w is None or w == n for w, n in zip(wanted[1:], array.shape[1:])
    )
    if not fits:
        raise ValueError(f"{label}: input {name!r} must have shape {wanted}, got {array.shape}")
    return array.astype(tensor.dtype, copy=False) if cast else array
