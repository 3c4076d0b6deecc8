"""Checks of single arguments: sizes, arrays, outputs. Messages name operation and argument."""

import math
import operator

import numpy as np

from .. import memory
from ..errors import SizeError

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def integers(op, name, value, count, minimum):
    """``value`` as a tuple of ``count`` Python integers, each at least ``minimum``.

    Raises
    ------
    TypeError
        If an entry is no integer (a float, a bool, a string ...).
    ValueError
        If there are not ``count`` of them, or one is below ``minimum`` or above 2**31 - 1.
    """
    if type(value) is tuple and len(value) == count:
        for v in value:  # a plain loop: this runs at every call of a kernel
            if type(v) is not int or not minimum <= v < 2**31:
                break
        else:
            return value
    if type(value) is not tuple:
        try:
            value = tuple(value)
        except TypeError:
            raise TypeError(f"{op}: {name} must be {count} integers, got {value!r}") from None
    if len(value) != count:
        raise ValueError(f"{op}: {name} must be {count} integers, got {value!r}")
    if not all(type(v) is int for v in value):
        value = tuple(integer(op, name, v, minimum) for v in value)
    for v in value:
        if not minimum <= v < 2**31:
            raise ValueError(f"{op}: {name} must be {_at_least(minimum)}, got {value!r}")
    return value


def _at_least(minimum):
    return f"at least {minimum} and below 2**31"


def integer(op, name, value, minimum):
    """``value`` as one Python integer of at least ``minimum``; errors as :func:`integers`."""
    if type(value) is int and minimum <= value < 2**31:  # the common case
        return value
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{op}: {name} must be an integer, got {value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{op}: {name} must be an integer, got {value!r}") from None
    if not minimum <= number < 2**31:
        raise ValueError(f"{op}: {name} must be {_at_least(minimum)}, got {number}")
    return number


def number(op, name, value, low=-math.inf, high=math.inf):
    """``value`` as a finite Python float in ``[low, high]``."""
    if type(value) is float and low <= value <= high and value - value == 0:  # the common case
        return value
    if isinstance(value, (bool, str, bytes)) or not np.isscalar(value) or np.iscomplexobj(value):
        raise TypeError(f"{op}: {name} must be a real number, got {value!r}")
    value = float(value)
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{op}: {name} must be a finite number in [{low}, {high}], got {value}")
    return value


def padding(op, value, axes):
    """``value`` as ``((before, after), ...)`` for ``axes`` spatial axes, none negative."""
    if type(value) is tuple and len(value) == axes:
        for pair in value:  # as in ``integers``
            if type(pair) is not tuple or len(pair) != 2:
                break
            before, after = pair
            if type(before) is not int or type(after) is not int:
                break
            if not (0 <= before < 2**31 and 0 <= after < 2**31):
                break
        else:
            return value
    try:
        pairs = tuple(value)
    except TypeError:
        pairs = (value,)
    if len(pairs) != axes or isinstance(value, str):
        raise ValueError(f"{op}: padding must be {axes} (before, after) pairs, got {value!r}")
    return tuple(integers(op, "padding", pair, 2, 0) for pair in pairs)


def floats(op, name, array, rank=None):
    """``array`` as a C-contiguous, aligned, native float32 or float64 array of ``rank`` axes.

    A rank of ``None`` means any.

    float16 becomes float32. What already fits is returned as it is, all else is copied; so are
    read-only arrays, which Numba would compile a second time for.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{op}: {name} must be an array, got {type(array).__name__}")
    if rank is not None and array.ndim != rank:
        raise ValueError(f"{op}: {name} must have {rank} axes, got shape {array.shape}")
    dtype = array.dtype
    if dtype in FLOATS and array.flags.carray:
        return array
    if dtype.kind != "f" or dtype.itemsize not in (2, 4, 8):
        raise TypeError(f"{op}: {name} must be float16, float32 or float64, got {dtype}")
    wanted = np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)
    return np.array(array, wanted, order="C", copy=True)


def same_dtype(op, **arrays):
    """Raise ``TypeError`` unless all arrays that are not ``None`` share one dtype."""
    first, *others = arrays.values()
    if first is not None and all(a is None or a.dtype is first.dtype for a in others):
        return
    dtypes = {name: a.dtype for name, a in arrays.items() if a is not None}
    if len(set(dtypes.values())) > 1:
        told = ", ".join(f"{name} {dtype}" for name, dtype in dtypes.items())
        raise TypeError(f"{op}: arrays must share one dtype, got {told}")


def vector(op, name, array, length, like):
    """``array`` (or ``None``) as a vector of ``length`` in the dtype of ``like``."""
    if array is None:
        return None
    array = floats(op, name, array, 1)
    if array.shape[0] != length:
        raise ValueError(f"{op}: {name} must have shape ({length},), got {array.shape}")
    same_dtype(op, **{name: array, "x": like})
    return array


def shaped(op, name, array, shape, like=None):
    """``array`` as :func:`floats`, of exactly ``shape`` and the dtype of ``like``."""
    array = floats(op, name, array, len(shape))
    if array.shape != tuple(shape):
        raise ValueError(f"{op}: {name} must have shape {tuple(shape)}, got {array.shape}")
    if like is not None and array.dtype != like.dtype:
        raise TypeError(f"{op}: {name} must be {like.dtype}, got {array.dtype}")
    return array


def output(op, name, array, shape, dtype, *inputs, zero=False):
    """The array to write: ``array`` if given and fit for it, else a new one.

    Raises
    ------
    SizeError
        If a new array would be larger than the machine's memory.
    ValueError, TypeError
        If ``array`` has another shape or dtype, is not writable C-contiguous memory, or overlaps
        one of ``inputs``.
    """
    if array is None:
        allocation(op, name, shape, dtype)
        return memory.zeros(shape, dtype) if zero else memory.empty(shape, dtype)
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{op}: {name} must be an array or None, got {type(array).__name__}")
    if array.shape != tuple(shape):
        raise ValueError(f"{op}: {name} must have shape {tuple(shape)}, got {array.shape}")
    if array.dtype != dtype:
        raise TypeError(f"{op}: {name} must be {np.dtype(dtype)}, got {array.dtype}")
    if not array.flags.carray:
        raise ValueError(f"{op}: {name} must be writable, aligned and C-contiguous")
    for other in inputs:
        if other is not None and np.may_share_memory(array, other):
            raise ValueError(f"{op}: {name} must not overlap an input")
    return array


def in_place(op, name, array, x, *inputs):
    """:func:`output` of ``x``'s shape and dtype that may be ``x`` itself."""
    if array is x or _same_memory(array, x):
        return output(op, name, array, x.shape, x.dtype, *inputs)
    return output(op, name, array, x.shape, x.dtype, x, *inputs)


def _same_memory(a, b):
    return (
        isinstance(a, np.ndarray)
        and np.may_share_memory(a, b)
        and a.__array_interface__["data"] == b.__array_interface__["data"]
        and a.nbytes == b.nbytes
    )


def allocation(op, name, shape, dtype):
    """Raise :class:`SizeError` if an array of ``shape`` exceeds the machine's memory."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > memory.LARGEST_ALLOCATION:
        raise SizeError(
            f"{op}: {name} of shape {tuple(shape)} would take {size:,} bytes, "
            f"this machine has {memory.LARGEST_ALLOCATION:,}"
        )
