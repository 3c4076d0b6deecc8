"""Keras 3's ``.keras`` files: a zip of a description and an HDF5 file of weights."""

import io
import zipfile
import zlib

from ..errors import FormatError
from ..io import json_text

SIGNATURE = b"PK\x03\x04"

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MAX_RATIO = 100
_SMALL = 1 << 16


def is_zip(path):
    """Whether the file begins as zip files do."""
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def read(path):
    """``(description, weights)`` of a ``.keras`` file.

    Parameters
    ----------
    path : path

    Returns
    -------
    description : dict
        The content of ``config.json``.
    weights : io.BytesIO
        The HDF5 file inside.

    Raises
    ------
    FormatError
        If it is no such file, holds a member twice, or unpacks to far more than its size.
        Members of other names are not touched.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = _member(archive, _CONFIG, path)
            weights = _member(archive, _WEIGHTS, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise FormatError(f"is no readable zip file, {error}", path) from error
    return json_text.parse(config, path, _CONFIG), io.BytesIO(weights)


def _member(archive, name, path):
    found = [entry for entry in archive.infolist() if entry.filename == name]
    if len(found) != 1:
        raise FormatError(f"must be there once, got {len(found)}", path, key=name)
    entry = found[0]
    if entry.flag_bits & 1:
        raise FormatError("is encrypted", path, key=name)
    if entry.file_size > max(_SMALL, _MAX_RATIO * entry.compress_size):
        raise FormatError(
            f"unpacks from {entry.compress_size} to {entry.file_size} bytes", path, key=name
        )
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise FormatError(f"must unpack to {entry.file_size} bytes", path, key=name)
    return data
