"""MiniCNN's own file: a JSON header and raw arrays, no pickle, no compression, a checksum.

=================  ==================================================================
bytes              content
=================  ==================================================================
0-7                ``MiniCNN`` and a newline
8-11               version, 1 (integers are little-endian and unsigned)
12-15              zero
16-23              length of the header
24-31              length of the whole file
32-                header: a JSON object; ``"arrays"`` lists name, dtype, shape, offset, length
multiples of 64    the arrays in that order, C-contiguous, zero bytes between them
last 32            SHA-256 of everything before
=================  ==================================================================

A file that is cut, longer, or differs in one bit is refused; so is one whose header promises more
than the file holds, before anything is allocated for it.
"""

import hashlib
import math
import os
import struct

import numpy as np

from ..errors import FormatError
from . import atomic, json_text

MAGIC = b"MiniCNN\n"
VERSION = 1
ALIGNMENT = 64

_PREAMBLE = struct.Struct("<8sIIQQ")
_DIGEST = 32
_DTYPES = ("|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
_MAX_AXES = 32


def write(path, content, arrays):
    """Write a file; it is there whole or not at all.

    Parameters
    ----------
    path : path
        Replaced if it exists.
    content : dict
        Plain data for the header.
    arrays : dict of str to ndarray
        Integers and floats of up to 8 bytes.

    Raises
    ------
    TypeError
        If an array's dtype or something in ``content`` cannot be stored.
    """
    arrays = {name: _storable(name, array) for name, array in arrays.items()}
    header, table, end = _layout(content, arrays)
    with atomic.writing(path) as file:
        checksum = hashlib.sha256()

        def put(data):
            checksum.update(data)
            file.write(data)

        put(_PREAMBLE.pack(MAGIC, VERSION, 0, len(header), end + _DIGEST))
        put(header)
        position = _PREAMBLE.size + len(header)
        for entry, array in zip(table, arrays.values()):
            put(bytes(entry["offset"] - position))
            put(array.reshape(-1).view(np.uint8).data)
            position = entry["offset"] + entry["length"]
        file.write(checksum.digest())


def read(path):
    """``(content, arrays)`` of a file that :func:`write` made.

    Parameters
    ----------
    path : path

    Returns
    -------
    content : dict
    arrays : dict of str to ndarray
        Read-only views of the file's bytes.

    Raises
    ------
    FormatError
        If a single byte of the file is not as it must be.
    """
    with open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        header_length = _check_preamble(file.read(_PREAMBLE.size), length, path)
        file.seek(0)
        data = file.read(length + 1)
    if len(data) != length:
        raise FormatError(f"changed while being read, {length} bytes before", path, len(data))
    _check_digest(data, path)
    begin = _PREAMBLE.size
    header = json_text.parse(data[begin : begin + header_length], path, "header")
    table = header.pop("arrays", None)
    _check_table(table, begin + header_length, length - _DIGEST, path)
    content = header.pop("content", None)
    if header or not isinstance(content, dict):
        raise FormatError("header must hold 'arrays' and 'content' alone", path, key="header")
    arrays = {entry["name"]: _view(data, entry) for entry in table}
    return content, arrays


def is_archive(path):
    """Whether the file begins as ours do."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _storable(name, array):
    array = np.asarray(array)
    array = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    if array.dtype.str not in _DTYPES:
        raise TypeError(f"archive: array {name!r} has a dtype that is not stored, {array.dtype}")
    return array


def _layout(content, arrays):
    """Header, table and end of the last array.

    The length of the header depends on the offsets in it, and they on that length: make room
    until both agree, and fill what is left with blanks.
    """
    start = 0
    while True:
        table, end = [], start
        for name, array in arrays.items():
            begin = _aligned(end)
            end = begin + array.nbytes
            table.append(
                {"name": name, "dtype": array.dtype.str, "shape": list(array.shape),
                 "offset": begin, "length": array.nbytes}
            )  # fmt: skip
        header = json_text.compose({"arrays": table, "content": content})
        needed = _aligned(_PREAMBLE.size + len(header))
        if needed <= start:
            return header.ljust(start - _PREAMBLE.size), table, end
        start = needed


def _aligned(position):
    return -(-position // ALIGNMENT) * ALIGNMENT


def _check_preamble(data, length, path):
    if len(data) < len(MAGIC) or data[: len(MAGIC)] != MAGIC:
        raise FormatError("is no MiniCNN file: its first bytes differ", path, 0)
    if len(data) < _PREAMBLE.size:
        raise FormatError(f"ends within its first {_PREAMBLE.size} bytes", path, len(data))
    _, version, zero, header_length, promised = _PREAMBLE.unpack(data)
    if version != VERSION:
        raise FormatError(f"has format version {version}, this is a reader of {VERSION}", path, 8)
    if zero != 0:
        raise FormatError(f"must hold zero here, got {zero}", path, 12)
    if promised != length:
        raise FormatError(f"must be {promised} bytes long, is {length}", path, 24)
    if header_length > length - _PREAMBLE.size - _DIGEST:
        raise FormatError(f"header of {header_length} bytes passes the end of the file", path, 16)
    return header_length


def _check_digest(data, path):
    body = memoryview(data)[:-_DIGEST]
    if hashlib.sha256(body).digest() != data[-_DIGEST:]:
        raise FormatError("checksum differs: the file is damaged", path, len(body))


def _check_table(table, position, end, path):
    """Every entry well-formed, one after the other, ending where the file ends."""
    if not isinstance(table, list):
        raise FormatError("must be a list", path, key="arrays")
    seen = set()
    for index, entry in enumerate(table):
        name = _check_entry(entry, index, path)
        if name in seen:
            raise FormatError("comes twice", path, key=name)
        seen.add(name)
        if entry["offset"] != _aligned(position):
            raise FormatError(
                f"must begin at byte {_aligned(position)}, got {entry['offset']}", path, key=name
            )
        position = entry["offset"] + entry["length"]
        if position > end:
            raise FormatError(
                f"ends at byte {position}, past the file's arrays", path, end, key=name
            )
    if position != end:
        raise FormatError(f"the last array must end at byte {end}", path, position)


def _check_entry(entry, index, path):
    keys = {"name", "dtype", "shape", "offset", "length"}
    if not isinstance(entry, dict) or set(entry) != keys or not isinstance(entry["name"], str):
        raise FormatError(f"must have {sorted(keys)}, got {entry!r}", path, key=f"arrays[{index}]")
    name, shape = entry["name"], entry["shape"]
    if entry["dtype"] not in _DTYPES:
        raise FormatError(f"dtype must be one of {_DTYPES}, got {entry['dtype']!r}", path, key=name)
    if not isinstance(shape, list) or len(shape) > _MAX_AXES or not all(map(_is_length, shape)):
        raise FormatError(f"shape must be a list of lengths, got {shape!r}", path, key=name)
    if not _is_length(entry["offset"]) or not _is_length(entry["length"]):
        raise FormatError("offset and length must be integers of at least 0", path, key=name)
    itemsize = np.dtype(entry["dtype"]).itemsize
    if math.prod(max(1, length) for length in shape) * itemsize >= 2**63:
        raise FormatError(f"shape {shape} is too large", path, key=name)
    needed = math.prod(shape) * itemsize
    if entry["length"] != needed:
        raise FormatError(
            f"shape {shape} of {entry['dtype']} takes {needed} bytes, got {entry['length']}",
            path,
            key=name,
        )
    return name


def _is_length(value):
    return type(value) is int and 0 <= value < 2**63


def _view(data, entry):
    shape, dtype = tuple(entry["shape"]), np.dtype(entry["dtype"])
    flat = np.frombuffer(data, dtype, math.prod(shape), entry["offset"])
    return flat.reshape(shape)
