"""Saving and loading models and weights; the form of a file is known by its first bytes.

MiniCNN's own file (``.minicnn``, and every extension but ``.h5`` and ``.hdf5``) keeps everything a
continued run needs. Keras' files bring architecture, weights and compile arguments; their
optimizer begins anew. No file can make code run: classes and functions are found by name in the
library's tables and in ``custom_objects``.
"""

import contextlib
import json
import os

from .. import random
from ..errors import FormatError
from ..io import archive, hdf5, json_text, safetensors
from ..layers.weight import awaiting_values
from ..registry import custom_object_scope
from . import keras_config, keras_hdf5, keras_zip, native, training_state
from .config import layer_config
from .construction import model_from_entry
from .weights import set_weights, weight_groups

_ENDINGS = {".h5": "h5", ".hdf5": "h5", ".safetensors": "safetensors"}
_FORMATS = {"h5": "h5", "hdf5": "h5", "keras": "keras", "minicnn": "minicnn", "tf": "minicnn"}


def save_model(model, filepath, overwrite=True, include_optimizer=True, save_format=None):
    """Save architecture, weights and the state of training in one file.

    Parameters
    ----------
    model : Model
    filepath : path
        ``.h5`` and ``.hdf5`` are written for Keras 2 and 3, anything else in MiniCNN's own form.
        The file appears whole or not at all.
    overwrite : bool
        Whether a file of that name may be replaced.
    include_optimizer : bool
        Also compile arguments, optimizer state, epoch and random streams: after
        :func:`load_model`, ``fit(initial_epoch=model.epochs_done)`` goes on to the same bits.
        An HDF5 file gets the compile arguments alone.
    save_format : {"h5", "keras", "minicnn"}, optional
        Overrides the extension. ``"keras"``: architecture and weights as Keras 3's ``.keras``.

    Raises
    ------
    FileExistsError
        If the file is there and ``overwrite`` is false.
    ValueError, TypeError
        If the model cannot be described, or Keras has no such layer.
    """
    _check_target(filepath, overwrite)
    form = _form(filepath, save_format)
    if form == "safetensors":
        raise ValueError("save: a .safetensors file holds weights alone: use save_weights")
    if form == "h5":
        training = training_state.keras_training(model) if include_optimizer else None
        keras_hdf5.write_model(filepath, model, training)
    elif form == "keras":
        keras_zip.write(filepath, model)
    else:
        native.write_model(filepath, model, include_optimizer)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model that a file describes, of MiniCNN or Keras (``.h5``, ``.keras``).

    Parameters
    ----------
    filepath : path
    custom_objects : dict, optional
        Name to class or function, for what the library does not have.
    compile : bool
        Also compile and, from MiniCNN's own file, go on where training stood: this sets the
        random stream of :mod:`minicnn.random`.
    safe_mode : bool
        Must be true: code in a file is never run.

    Raises
    ------
    FormatError
        If anything in the file is not as it must be; nothing is loaded then.
    FileNotFoundError
        If there is no such file.
    """
    if not safe_mode:
        raise ValueError("load_model: safe_mode must be true, code in a file is never run")
    with custom_object_scope(custom_objects or {}), _blaming(filepath), _keeping_stream():
        if hdf5.is_hdf5(filepath):
            with hdf5.reading(filepath) as root:
                return _load_keras_hdf5(root, filepath, compile)
        if keras_zip.is_zip(filepath):
            return _load_keras_zip(filepath, compile)
        if _is_safetensors(filepath):
            raise FormatError("holds weights alone: use load_weights")
        return native.read_model(filepath, compile)


def save_weights(model, filepath, overwrite=True, save_format=None):
    """Save the weights alone; arguments as of :func:`save_model`.

    ``.weights.h5`` is written in Keras 3's layout, other ``.h5`` files in that of Keras 2, and
    ``.safetensors`` with a name ``layer/weight`` for each array.
    """
    _check_target(filepath, overwrite)
    model._ensure_built(None)
    form = _form(filepath, save_format)
    if form == "safetensors":
        groups = weight_groups(model)
        arrays = {label: weight.value for _, weights in groups for label, weight in weights}
        safetensors.write(filepath, arrays)
    elif form == "h5":
        keras_hdf5.write_weights(filepath, model)
    else:
        native.write_weights(filepath, model)


def load_weights(model, filepath, by_name=False, skip_mismatch=False):
    """Set the weights of ``model`` from a file; all fit or nothing changes.

    Parameters
    ----------
    model : Model
        Built.
    filepath : path
        Weights or a whole model, of MiniCNN or Keras, or a ``.safetensors`` file. No array is
        transposed: kernels must be laid out as here.
    by_name : bool
        Only into layers whose names the file has.
    skip_mismatch : bool
        Leave layers as they are, with a warning, whose weights have another number or shape.

    Returns
    -------
    LoadedWeights
        What was loaded and what was not.

    Raises
    ------
    FormatError
        Naming the layer or weight that is missing or does not fit.
    """
    model._ensure_built(None)
    options = {"file": filepath, "by_name": by_name, "skip_mismatch": skip_mismatch}
    with _blaming(filepath):
        if hdf5.is_hdf5(filepath):
            with hdf5.reading(filepath, "load_weights") as root:
                return set_weights(model, _keras_arrays(root, model, filepath), **options)
        if keras_zip.is_zip(filepath):
            _, weights = keras_zip.read(filepath)
            with hdf5.reading(weights, "load_weights", filepath) as root:
                return set_weights(model, _keras_arrays(root, model, filepath), **options)
        if _is_safetensors(filepath):
            with safetensors.reading(filepath) as arrays:
                return set_weights(model, arrays.items(), by_path=True, **options)
        return set_weights(model, native.read_weights(filepath), **options)


def holds_weights_alone(filepath):
    """Whether a file that :func:`load_weights` reads has no architecture beside the weights.

    Raises
    ------
    FormatError
        If it is no such file.
    """
    with _blaming(filepath):
        if hdf5.is_hdf5(filepath):
            with hdf5.reading(filepath) as root:
                return root.text("model_config") is None
        if keras_zip.is_zip(filepath):
            return False
        return _is_safetensors(filepath) or native.holds_weights_alone(filepath)


def to_json(model, **options):
    """The architecture as JSON text; ``options`` go to ``json.dumps``."""
    return json.dumps(layer_config(model), **options)


def model_from_json(json_string, custom_objects=None):
    """A new model from :func:`to_json`, of ours or of Keras.

    Raises
    ------
    FormatError
        If the text describes no model.
    """
    with custom_object_scope(custom_objects or {}):
        description = json_text.parse(json_string)
        if keras_config.is_keras(description):
            description = keras_config.from_keras(description)
        return model_from_entry(description)


# Keras' files -----------------------------------------------------------------------------------


def _keras_arrays(root, model, path):
    if keras_hdf5.has_groups(root):
        keras_hdf5.check_era(root, model, path)
        return keras_hdf5.read_groups(root)
    return keras_hdf5.read_variables(root, model)


def _load_keras_hdf5(root, path, compile_it):
    description, training = keras_hdf5.read_description(root, path)
    stored = keras_hdf5.read_groups(root)
    held = sum(array.size for _, arrays in stored for _, array in arrays)
    with awaiting_values(held):
        model = model_from_entry(keras_config.from_keras(description))
    keras_hdf5.check_era(root, model, path)
    set_weights(model, stored, path)
    _compile_keras(model, training if compile_it else None, path)
    return model


def _load_keras_zip(path, compile_it):
    description, weights = keras_zip.read(path)
    with awaiting_values(len(weights.getbuffer())):
        model = model_from_entry(keras_config.from_keras(description))
    with hdf5.reading(weights, name=path) as root:
        set_weights(model, keras_hdf5.read_variables(root, model), path)
    training = description.get("compile_config") or None
    if not isinstance(training, dict | None):
        raise FormatError("must be a dict", path, key="compile_config")
    _compile_keras(model, training if compile_it else None, path)
    return model


def _compile_keras(model, training, path):
    if training is None:
        return
    try:
        arguments = training_state.from_keras_training(training, keras_config.plain)
    except FormatError:
        raise
    except (TypeError, ValueError) as error:
        raise FormatError(
            f"{error}; load with compile=False", path, key="training_config"
        ) from error
    if arguments is not None:
        training_state.compile_from(model, arguments, path)


# Helpers ----------------------------------------------------------------------------------------


def _form(filepath, save_format):
    """The form to write: ``"h5"``, ``"keras"``, ``"safetensors"`` or ``"minicnn"``."""
    if save_format is not None and save_format not in _FORMATS:
        raise ValueError(f"save: save_format must be one of {[*_FORMATS]}, got {save_format!r}")
    if save_format is not None:
        return _FORMATS[save_format]
    name = os.fspath(filepath).lower()
    return next((form for ending, form in _ENDINGS.items() if name.endswith(ending)), "minicnn")


def _is_safetensors(filepath):
    """Whether a file is to be read as safetensors, be it damaged."""
    if archive.is_archive(filepath):
        return False
    return safetensors.is_safetensors(filepath) or _form(filepath, None) == "safetensors"


def _check_target(filepath, overwrite):
    if not overwrite and os.path.exists(filepath):
        raise FileExistsError(f"save: {os.fspath(filepath)} exists and overwrite is false")


@contextlib.contextmanager
def _keeping_stream():
    """After an error the random stream stands where it stood: layers drew seeds from it."""
    state = random.get_state()
    try:
        yield
    except BaseException:
        random.set_state(state)
        raise


@contextlib.contextmanager
def _blaming(file):
    """Every :class:`FormatError` inside names ``file``."""
    try:
        yield
    except FormatError as error:
        if error.file is not None:
            raise
        raise FormatError(str(error), file) from error
