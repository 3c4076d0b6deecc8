"""Weights and whole models in the HDF5 layouts of Keras.

Keras 1, 2 and "legacy" Keras 3: a group a layer, attributes ``layer_names`` and ``weight_names``;
a whole model has its weights under ``model_weights`` and its description in attributes of the
root. Keras 3's ``.weights.h5``: ``layers/<class>_<count>/vars/<number>``.
"""

import json

from ..errors import FormatError
from ..io import hdf5, json_text
from ..naming import snake_case
from .keras_export import to_keras
from .keras_order import keras_layers
from .weights import labelled_weights, weight_groups

# The form that is written: read by tf.keras 2 and by Keras 3.
_VERSION = "2.15.0"


def write_model(path, model, training):
    """A whole model; ``training`` is Keras' training configuration, or ``None``."""
    description = to_keras(model)
    with hdf5.writing(path) as file:
        file.attrs["keras_version"] = _VERSION.encode()
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(description).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        _write_groups(file.create_group("model_weights"), model)


def write_weights(path, model):
    """The weights alone: in Keras 3's layout for ``.weights.h5``, else in the older one."""
    with hdf5.writing(path, "save_weights") as file:
        if str(path).endswith(".weights.h5"):
            write_variables(file, model)
        else:
            _write_groups(file, model)


def write_variables(file, model):
    """The weights in Keras 3's layout, into an open h5py file."""
    file.create_group("vars")
    for where, layer, weights in _variables(model, "layers"):
        group = file.create_group(f"{where}/vars")
        group.attrs["name"] = layer.name
        for index, (_, weight) in enumerate(weights):
            group[str(index)] = weight.value


def _write_groups(group, model):
    layers = keras_layers(model)
    weights = dict(weight_groups(model))
    homeless = set(weights) - {layer.name for layer in layers}
    if homeless:
        raise ValueError(f"{model.label}: weights of {sorted(homeless)} have no place in this file")
    hdf5.write_names(group, "layer_names", [layer.name for layer in layers])
    group.attrs["backend"], group.attrs["keras_version"] = b"tensorflow", _VERSION.encode()
    for layer in sorted(layers, key=lambda layer: layer.name):
        labelled = weights.get(layer.name, [])
        inside = group.create_group(layer.name)
        hdf5.write_names(inside, "weight_names", [f"{label}:0" for label, _ in labelled])
        for label, weight in labelled:
            inside[f"{label}:0"] = weight.value


def read_description(root, file):
    """``(model_config, training_config or None)`` of a whole model."""
    text = root.text("model_config")
    if text is None:
        raise FormatError("is missing: the file has no whole model", file, key="/@model_config")
    training = root.text("training_config")
    if training is not None:
        training = json_text.parse(training, file, "/@training_config")
    return json_text.parse(text, file, "/@model_config"), training


def has_groups(root):
    """Whether the file has the older layout, at the root or under ``model_weights``."""
    return "model_weights" in root or not root.is_group("layers")


def read_groups(root):
    """The arrays of the older layout, as :func:`~minicnn.models.weights.set_weights` takes them."""
    group = root.group("model_weights") if "model_weights" in root else root
    stored = []
    for name in group.text_list("layer_names"):
        inside = group.group(name)
        names = inside.text_list("weight_names")
        if len(set(names)) != len(names):
            raise FormatError("names a weight twice", inside.file, key=inside.key)
        stored.append((name, [(label, inside.array(label)) for label in names]))
    return stored


def check_era(root, model, file):
    """Refuse kernels of Keras 1 in Theano's order, which nothing here turns around.

    Raises
    ------
    FormatError
        If ``model`` has channels-first convolutions and the file is of Keras 1.
    """
    group = root.group("model_weights") if "model_weights" in root else root
    if (group.text("keras_version") or "1").startswith("1"):
        for layer in keras_layers(model):
            if getattr(layer, "data_format", None) == "channels_first" and layer.weights:
                raise FormatError("kernels of Keras 1 in Theano's order", file, key=layer.name)


def read_variables(root, model):
    """The arrays of Keras 3's layout that belong to ``model``, as ``set_weights`` takes them.

    Raises
    ------
    FormatError
        If an array is missing or belongs to no weight.
    """
    found = {}
    for where, _, weights in _variables(model, "layers"):
        if not weights:
            continue
        group = root.group(f"{where}/vars")
        wanted = [str(index) for index in range(len(weights))]
        if sorted(group.names()) != sorted(wanted):
            raise FormatError(
                f"must hold {len(weights)} arrays, got {group.names()}", group.file, key=group.key
            )
        for index, (_, weight) in zip(wanted, weights):
            found[id(weight)] = group.array(index)
    return [
        (name, [(label, found[id(weight)]) for label, weight in labelled])
        for name, labelled in weight_groups(model)
    ]


def _variables(model, where):
    """``(place, layer, weights)`` of every layer of a model, inner models entered."""
    counts = {}
    for layer in keras_layers(model):
        is_model = hasattr(layer, "network")
        kind = type(layer).__name__
        stem = "functional" if kind == "Model" else snake_case(kind)
        count = counts[stem] = counts.get(stem, -1) + 1
        place = f"{where}/{stem}_{count}" if count else f"{where}/{stem}"
        if is_model:
            yield place, layer, []
            yield from _variables(layer, f"{place}/layers")
            continue
        if layer.sublayers:
            raise ValueError(
                f"{layer.label}: composes layers, which have no place in Keras' .weights.h5"
            )
        own = [(label, w) for label, w in labelled_weights(layer)]
        yield place, layer, sorted(own, key=lambda item: not item[1].trainable)
