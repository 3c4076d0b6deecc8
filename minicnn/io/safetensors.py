"""The safetensors format: named arrays, no code (https://github.com/huggingface/safetensors).

===============  ==============================================================================
bytes            content
===============  ==============================================================================
0-7              length of the header (little-endian, unsigned)
8-               header: JSON, ``{name: {"dtype", "shape", "data_offsets": [begin, end]}}``,
                 and perhaps ``"__metadata__"``, texts by name; it begins with ``{``
after it         the arrays: little-endian, C-contiguous, ``data_offsets`` counted from here,
                 every byte in one of them
===============  ==============================================================================

The header is compared with the length of the file before anything is allocated for an array.
"""

import contextlib
import math
import os
import struct

import numpy as np

from ..errors import FormatError
from . import atomic, json_text

_LENGTH = struct.Struct("<Q")
_LARGEST_HEADER = 100_000_000  # what the format allows
_METADATA = "__metadata__"
_MAX_AXES = 32
_ALIGNMENT = 8

_DTYPES = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "BF16": "<u2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items() if name != "BF16"}


def is_safetensors(path):
    """Whether the file begins as such files do: they have no signature but the brace."""
    with open(path, "rb") as file:
        return file.read(_LENGTH.size + 1)[_LENGTH.size :] == b"{"


def write(path, arrays):
    """Write a file; it is there whole or not at all.

    Parameters
    ----------
    path : path
        Replaced if it exists.
    arrays : dict of str to ndarray
        Stored in this order; integers, floats of up to 8 bytes, booleans.

    Raises
    ------
    TypeError
        If the format has no such dtype.
    ValueError
        If an array is called ``__metadata__``.
    """
    if _METADATA in arrays:
        raise ValueError(f"safetensors: no array can be called {_METADATA!r}")
    header, stored, end = {}, [], 0
    for name, array in arrays.items():
        array = np.asarray(array)
        array = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
        if array.dtype.str not in _NAMES:
            raise TypeError(f"safetensors: array {name!r} has a dtype without form, {array.dtype}")
        begin, end = end, end + array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype.str],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
        stored.append(array)
    text = json_text.compose(header)
    text = text.ljust(-(-len(text) // _ALIGNMENT) * _ALIGNMENT)
    with atomic.writing(path) as file:
        file.write(_LENGTH.pack(len(text)))
        file.write(text)
        for array in stored:
            file.write(array.reshape(-1).view(np.uint8).data)


@contextlib.contextmanager
def reading(path):
    """``{name: Tensor}`` of a file, in the order of its header; read while the block lasts.

    Raises
    ------
    FormatError
        Naming the entry that is not as it must be, or the byte.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        header, start = _header(file, size, path)
        metadata = header.pop(_METADATA, {})
        if not isinstance(metadata, dict) or not all(isinstance(t, str) for t in metadata.values()):
            raise FormatError("must hold texts alone", path, key=_METADATA)
        for name, entry in header.items():
            _check_entry(name, entry, path)
        _check_order(header, size - start, path)
        yield {name: Tensor(name, entry, file, start, path) for name, entry in header.items()}


class Tensor:
    """An array of an open file: its shape is known, its values are read by :meth:`read`.

    Attributes
    ----------
    key : str
    shape : tuple of int
    dtype : dtype
        Of what :meth:`read` gives; NumPy has no bfloat16, it becomes float32.
    """

    def __init__(self, key, entry, file, start, path):
        self.key, self.shape = key, tuple(entry["shape"])
        self._widened = entry["dtype"] == "BF16"
        self._stored = np.dtype(_DTYPES[entry["dtype"]])
        self.dtype = np.dtype(np.float32) if self._widened else self._stored
        self._file, self._path = file, path
        self._begin, self._end = (start + offset for offset in entry["data_offsets"])

    def read(self):
        """The values, as an array."""
        self._file.seek(self._begin)
        data = self._file.read(self._end - self._begin)
        if len(data) != self._end - self._begin:
            raise FormatError("the file became shorter while it was read", self._path, key=self.key)
        array = np.frombuffer(data, self._stored).reshape(self.shape)
        # A bfloat16 is the upper half of a float32.
        return (array.astype(np.uint32) << 16).view(np.float32) if self._widened else array


def _header(file, size, path):
    """``(header, where the arrays begin)``."""
    data = file.read(_LENGTH.size)
    if len(data) < _LENGTH.size:
        raise FormatError(f"ends within its first {_LENGTH.size} bytes", path, len(data))
    (length,) = _LENGTH.unpack(data)
    if length > size - _LENGTH.size:
        raise FormatError(f"header of {length} bytes passes the end of the file, {size}", path, 0)
    if length > _LARGEST_HEADER:
        raise FormatError(
            f"header must be of {_LARGEST_HEADER} bytes at most, is {length}", path, 0
        )
    text = file.read(length)
    if text[:1] != b"{":
        raise FormatError("header must begin with '{'", path, _LENGTH.size)
    return json_text.parse(text, path, "header"), _LENGTH.size + length


def _check_entry(name, entry, path):
    keys = {"dtype", "shape", "data_offsets"}
    if not isinstance(entry, dict) or set(entry) != keys:
        raise FormatError(f"must have {sorted(keys)}, got {entry!r:.80}", path, key=name)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise FormatError(f"dtype must be one of {[*_DTYPES]}, got {dtype!r:.80}", path, key=name)
    if not isinstance(shape, list) or len(shape) > _MAX_AXES or not all(map(_is_length, shape)):
        raise FormatError(f"shape must be a list of lengths, got {shape!r:.80}", path, key=name)
    pair = isinstance(offsets, list) and len(offsets) == 2 and all(map(_is_length, offsets))
    if not pair or offsets[0] > offsets[1]:
        raise FormatError(
            f"data_offsets must be [begin, end] in bytes, got {offsets!r:.80}", path, key=name
        )
    itemsize = np.dtype(_DTYPES[dtype]).itemsize
    if math.prod(max(1, length) for length in shape) * itemsize >= 2**63:
        raise FormatError(f"shape {shape} is too large", path, key=name)
    needed, held = math.prod(shape) * itemsize, offsets[1] - offsets[0]
    if needed != held:
        raise FormatError(
            f"shape {shape} of {dtype} takes {needed} bytes, data_offsets hold {held}",
            path,
            key=name,
        )


def _check_order(header, size, path):
    """One array after the other, from the first byte to the last."""
    position = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != position:
            raise FormatError(f"must begin at byte {position}, got {begin}", path, key=name)
        if end > size:
            raise FormatError(f"ends at byte {end}, the arrays have {size}", path, key=name)
        position = end
    if position != size:
        raise FormatError(f"the arrays must end at byte {size}, got {position}", path)


def _is_length(value):
    return type(value) is int and 0 <= value < 2**63
