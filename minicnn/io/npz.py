"""NumPy's ``.npz`` archives from elsewhere: every size checked first, nothing ever unpickled."""

import io
import math
import zipfile

import numpy as np

from ..errors import FormatError

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_LARGEST_HEADER = 4096


def read_npz(path, max_bytes=2**30):
    """All arrays of an ``.npz`` file as ``{name: array}``.

    Parameters
    ----------
    path : path
    max_bytes : int
        Archives that unpack to more are refused before anything is unpacked.

    Raises
    ------
    FormatError
        If the archive or an array is damaged, a name is twice there or no ``.npy``, an array holds
        objects or has another size than its header says.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _arrays(archive, path, max_bytes)
        except FormatError:
            raise
        except Exception as error:  # zipfile lets errors of every kind through, OSError too
            raise FormatError(f"damaged zip archive: {error}", path) from None


def _arrays(archive, path, max_bytes):
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise FormatError(f"unpacks to {total:,} bytes, at most {max_bytes:,} are allowed", path)
    arrays = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name == member.filename or name in arrays:
            raise FormatError("must be one .npy of its name", path, key=member.filename)
        arrays[name] = _array(_unpacked(archive, member, path), path, member.filename)
    return arrays


def _unpacked(archive, member, path):
    if member.flag_bits & 1:
        raise FormatError("is encrypted", path, key=member.filename)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FormatError("must be stored or deflated", path, key=member.filename)
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)  # no more, whatever the data says
    if len(content) != member.file_size:
        raise FormatError("has another size than its entry says", path, key=member.filename)
    return content


def _array(content, path, key):
    file = io.BytesIO(content)
    try:
        header = _HEADERS[np.lib.format.read_magic(file)]
        shape, fortran_order, dtype = header(file, max_header_size=_LARGEST_HEADER)
    except Exception:  # NumPy evaluates the header as a Python literal, which fails in many ways
        raise FormatError("has no valid .npy header", path, 0, key) from None
    if dtype.kind not in "biuf":
        raise FormatError(f"must hold plain numbers, got dtype {dtype}", path, 0, key)
    if any(isinstance(n, bool) or n < 0 for n in shape):
        raise FormatError(f"sizes must not be negative, got {shape}", path, 0, key)
    expected = math.prod(shape) * dtype.itemsize
    if len(content) - file.tell() != expected:
        raise FormatError(
            f"shape {shape} of {dtype} takes {expected:,} bytes, "
            f"got {len(content) - file.tell():,}",
            path,
            file.tell(),
            key,
        )
    values = np.frombuffer(content, dtype, offset=file.tell())
    array = values.reshape(shape, order="F" if fortran_order else "C")
    return array.astype(dtype.newbyteorder("="))
