"""IDX, the format of MNIST and Fashion-MNIST: a header of big-endian sizes, then the numbers.

``0 0 dtype rank | size of each axis, 32 bits | values, row-major`` (http://yann.lecun.com/exdb/mnist).
"""

import math
import struct

import numpy as np

from ..errors import FormatError
from . import compressed

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LARGEST_RANK = 8


def read_idx(path, max_bytes=2**30):
    """The array in an IDX file, gzip-compressed or not.

    Parameters
    ----------
    path : path
    max_bytes : int
        Larger arrays are refused before anything is allocated.

    Returns
    -------
    ndarray
        Of the file's shape and dtype (uint8, int8, int16, int32, float32, float64), in the
        machine's byte order.

    Raises
    ------
    FormatError
        On a bad magic number, an unknown dtype, sizes that are negative or larger than the file
        can hold, missing or trailing bytes, damaged compression.
    """
    with compressed.opened(path) as file:
        dtype, shape = _header(file, path)
        offset = 4 + 4 * len(shape)
        expected = math.prod(shape) * dtype.itemsize
        told = f"shape {shape} of {dtype.newbyteorder('=')} takes {expected:,} bytes"
        if expected > max_bytes:
            raise FormatError(f"{told}, at most {max_bytes:,} are allowed", path, offset)
        if expected > compressed.largest_content(path):
            raise FormatError(f"{told}, the file cannot hold as many", path, offset)
        content = compressed.read(file, expected + 1, path)
    if len(content) < expected:
        raise FormatError(f"{told}, the file ends after {len(content):,}", path, offset)
    if len(content) > expected:
        raise FormatError(f"{told}, more bytes follow", path, offset + expected)
    array = np.frombuffer(content, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))  # a copy: frombuffer's memory is read-only


def _header(file, path):
    magic = compressed.read(file, 4, path)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise FormatError(f"not an IDX file, it begins with {magic!r}", path, offset=0)
    code, rank = magic[2], magic[3]
    if code not in _DTYPES:
        known = ", ".join(f"0x{known:02x}" for known in _DTYPES)
        raise FormatError(f"dtype code must be one of {known}, got 0x{code:02x}", path, offset=2)
    if not 1 <= rank <= _LARGEST_RANK:
        raise FormatError(f"rank must be in [1, {_LARGEST_RANK}], got {rank}", path, offset=3)
    sizes = compressed.read(file, 4 * rank, path)
    if len(sizes) < 4 * rank:
        raise FormatError(f"the file ends inside the {rank} sizes", path, offset=4 + len(sizes))
    shape = struct.unpack(f">{rank}i", sizes)
    for axis, size in enumerate(shape):
        if size < 0:
            raise FormatError(f"size of axis {axis} is negative: {size}", path, offset=4 + 4 * axis)
    return np.dtype(_DTYPES[code]), shape
