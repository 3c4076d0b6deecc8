"""TensorFlow's spellings of operands, layouts, strides and padding, checked and turned."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import config
from ..graph.tensor import SymbolicTensor, is_symbolic
from ..layers.operands import float_dtype


def apply(layer_class, op, x, **settings):
    """A layer of ``layer_class`` on ``x``: a node, or its output at once."""
    if is_symbolic(x):
        return layer_class(dtype=float_dtype(x), **settings)(x)
    layer = layer_class(name=op, dtype=float_dtype(x), **settings)
    layer.output_shape(x.shape)
    return layer(x)


def operands(op, **named):
    """The operands, each a symbolic tensor or a float array; all floats share one dtype."""
    values = []
    for name, value in named.items():
        if isinstance(value, SymbolicTensor):
            values.append(value)
            continue
        if not isinstance(value, np.ndarray):
            value = _numbers(op, name, value, named)
        if value.dtype.kind != "f" or value.dtype.itemsize > 8:
            raise TypeError(f"{op}: {name} must be float16, float32 or float64, got {value.dtype}")
        values.append(value.astype(np.float32) if value.dtype.itemsize == 2 else value)
    dtypes = {name: np.dtype(value.dtype) for name, value in zip(named, values)}
    if len(set(dtypes.values())) > 1 and not is_symbolic(values):
        told = ", ".join(f"{name} {dtype}" for name, dtype in dtypes.items())
        raise TypeError(f"{op}: operands must share one dtype, got {told}")
    return values


def _numbers(op, name, value, named):
    """Lists and numbers take the dtype of the first operand that is an array."""
    others = (v.dtype for v in named.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{op}: {name} must be an array, got a ragged list") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{op}: {name} must be real numbers, got {array.dtype}")
    return array.astype(next(others, np.dtype(config.floatx())))


def layout_of(op, data_format, rank):
    """``"channels_last"`` or ``"channels_first"`` of TensorFlow's letters."""
    spatial = "DHW"[3 - rank :] if rank else ""
    names = {f"N{spatial}C": "channels_last", f"NC{spatial}": "channels_first"}
    names |= {"channels_last": "channels_last", "channels_first": "channels_first"}
    names |= {"NHWC": "channels_last", "NCHW": "channels_first"}
    if data_format is None:
        return "channels_last"
    if data_format not in names:
        raise ValueError(f"{op}: data_format must be one of {tuple(names)}, got {data_format!r}")
    return names[data_format]


def window_settings(op, rank, strides, padding, data_format, dilations):
    """Settings of a sliding window as layers take them; it stands still on batch and channels."""
    layout = layout_of(op, data_format, rank)
    steps, step = entries(op, "strides", strides, rank, layout)
    gaps, gap = entries(op, "dilations", 1 if dilations is None else dilations, rank, layout)
    for name, value, channels in (("strides", strides, step), ("dilations", dilations, gap)):
        if channels != 1:
            raise ValueError(f"{op}: {name} must be 1 on the channels, got {value!r}")
    padding = spatial_padding(op, padding, rank, layout)
    return {"strides": steps, "padding": padding, "data_format": layout, "dilations": gaps}


def entries(op, name, value, rank, layout):
    """``value`` as ``(one entry a spatial axis, that of the channels)``."""
    values = tuple(value) if isinstance(value, (list, tuple, np.ndarray)) else (value,)
    if len(values) == 1:
        values = values * rank
    if len(values) not in (rank, rank + 2):
        raise ValueError(f"{op}: {name} must have 1, {rank} or {rank + 2} entries, got {value!r}")
    values = arrays.integers(op, name, values, len(values), 1)
    if len(values) == rank:
        return values, 1
    batch, *rest = values
    if batch != 1:
        raise ValueError(f"{op}: {name} must be 1 on the batch, got {value!r}")
    last = layout == "channels_last"
    return (tuple(rest[:-1]), rest[-1]) if last else (tuple(rest[1:]), rest[0])


def spatial_padding(op, value, rank, layout):
    """``"same"``, ``"valid"`` or one ``(before, after)`` pair a spatial axis."""
    if isinstance(value, str):
        if value.lower() not in ("same", "valid"):
            raise ValueError(f"{op}: padding must be 'SAME', 'VALID' or pairs, got {value!r}")
        return value.lower()
    count = len(value) if isinstance(value, (list, tuple, np.ndarray)) else 0
    if count not in (rank, rank + 2):
        raise ValueError(f"{op}: padding must have {rank} or {rank + 2} pairs, got {value!r}")
    pairs = arrays.padding(op, [tuple(pair) for pair in value], count)
    if count == rank:
        return pairs
    channels = -1 if layout == "channels_last" else 1
    if sum(pairs[0]) or sum(pairs[channels]):
        raise ValueError(f"{op}: padding must be 0 on batch and channels, got {value!r}")
    return pairs[1:-1] if layout == "channels_last" else pairs[2:]
