"""Keras 3's ``.keras`` files: a zip of a description and an HDF5 file of weights."""

import io
import zipfile
import zlib

from ..errors import FormatError
from ..extras import load
from ..io import atomic, json_text
from . import keras_hdf5
from .keras_export import to_keras
from .keras_order import keras_layers

SIGNATURE = b"PK\x03\x04"

_CONFIG, _WEIGHTS, _METADATA = "config.json", "model.weights.h5", "metadata.json"
# What is written as the version of Keras: the descriptions are those of Keras 2, which 3 reads.
_VERSION = "3.0.0"
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


def write(path, model):
    """Architecture and weights, for Keras 3.

    Raises
    ------
    ValueError
        Naming the layer that Keras does not have, or whose name it does not take.
    """
    description = to_keras(model)
    _check_names(model)
    functional = description["class_name"] == "Functional"
    description["module"] = "keras.src.models.functional" if functional else "keras"
    description["registered_name"] = None
    weights = io.BytesIO()
    with load("h5py", "keras", "save_model").File(weights, "w") as file:
        keras_hdf5.write_variables(file, model)
    with atomic.writing(path) as aside, zipfile.ZipFile(aside, "w") as archive:
        archive.writestr(_METADATA, json_text.compose({"keras_version": _VERSION}))
        archive.writestr(_CONFIG, json_text.compose(description))
        archive.writestr(_WEIGHTS, weights.getbuffer())


def _check_names(model):
    for layer in keras_layers(model):
        if "/" in layer.name:
            raise ValueError(
                f"save: {layer.label} cannot be saved for Keras 3, whose names have no slashes; "
                "save as .h5 or .minicnn"
            )
        if hasattr(layer, "network"):
            _check_names(layer)


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
