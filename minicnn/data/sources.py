"""Where elements come from: arrays, or a Python generator."""

from contextlib import closing, nullcontext

import numpy as np

from . import structure


def generated(generator, types, shapes, args):
    """The elements that ``generator(*args)`` makes, checked against types and shapes."""
    op = "Dataset.from_generator"
    specs = None if types is None else _specs(types, shapes)
    elements = iter(generator(*args))
    with closing(elements) if hasattr(elements, "close") else nullcontext():
        for element in elements:
            yield structure.arrays(op, element) if specs is None else _cast(op, element, specs)


def _specs(types, shapes):
    """Pairs (dtype, shape or None); ``shapes`` is nested as ``types`` is."""
    if isinstance(types, tuple):
        each = (None,) * len(types) if shapes is None else shapes
        return tuple(_specs(part, shape) for part, shape in zip(types, each, strict=True))
    if isinstance(types, dict):
        each = dict.fromkeys(types) if shapes is None else shapes
        return {key: _specs(part, each[key]) for key, part in types.items()}
    return [np.dtype(getattr(types, "as_numpy_dtype", types)), shapes]


def _cast(op, element, specs):
    if isinstance(specs, tuple):
        if not isinstance(element, (tuple, list)) or len(element) != len(specs):
            raise ValueError(f"{op}: output_types asks for {len(specs)} parts, got {element!r}")
        return tuple(_cast(op, part, spec) for part, spec in zip(element, specs))
    if isinstance(specs, dict):
        if not isinstance(element, dict) or element.keys() != specs.keys():
            raise ValueError(f"{op}: output_types asks for keys {list(specs)}, got {element!r}")
        return {key: _cast(op, element[key], spec) for key, spec in specs.items()}
    dtype, shape = specs
    array = np.asarray(element).astype(dtype)
    if shape is not None and not _fits(array.shape, tuple(shape)):
        raise ValueError(f"{op}: output_shapes asks for {tuple(shape)}, got {array.shape}")
    return array[()]


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(w in (None, n) for n, w in zip(shape, wanted))
