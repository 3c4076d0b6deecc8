"""Models from plain data (see ``models.config``), which may be a stranger's."""

from ..errors import FormatError
from ..layers.base import Layer, registry
from ..layers.input_layer import InputLayer
from ..registry import custom_objects
from . import keras_config
from .model import Model


def model_from_config(cls, config):
    """A new model of class ``cls`` from :func:`~minicnn.models.config.model_config`.

    Parameters
    ----------
    cls : class
        ``Model``, ``Sequential`` or a subclass.
    config : dict
        Or the ``config`` of a functional model of Keras.

    Raises
    ------
    FormatError
        Naming the layer or the entry that is wrong.
    """
    _require(isinstance(config, dict), "config", "must be a dict", config)
    if "input_layers" in config:
        config = keras_config.from_keras({"class_name": "Functional", "config": config})["config"]
    name = config.get("name")
    if "arguments" in config:
        model = cls(**{**_entry(config, "arguments", dict), "name": name})
        if config.get("build_shape") is not None:
            model.build(_shapes(config["build_shape"]))
    elif "nodes" in config:
        model = _graph_from_config(cls, config)
    else:
        made = [layer_from_config(entry) for entry in _entry(config, "layers", list)]
        model = cls(made, name=name)
    # Not through the setter: each layer has its own flag already.
    model._trainable = bool(config.get("trainable", True))
    return model


def layer_from_config(entry):
    """The layer or model that :func:`~minicnn.models.config.layer_config` described.

    Raises
    ------
    FormatError
        If it is of no known class, or its class does not take these arguments.
    """
    known = isinstance(entry, dict) and isinstance(entry.get("class_name"), str)
    _require(known, "layers", "must be described by class_name and config", entry)
    class_name, config = entry["class_name"], entry.get("config")
    _require(isinstance(config, dict), class_name, "must have a config", config)
    config = _with_function(class_name, config)
    key = config.get("name") if isinstance(config.get("name"), str) else class_name
    try:
        layer = registry.find(class_name).from_config(config)
    except FormatError:
        raise
    except Exception as error:  # the data is a stranger's: a constructor may fail in any way
        hint = "" if class_name in registry else "; classes of one's own go into custom_objects"
        raise FormatError(f"{class_name} cannot be made, {error}{hint}", key=key) from error
    _require(isinstance(layer, Layer), key, "must describe a layer", class_name)
    return layer


def model_from_entry(entry):
    """The model that :func:`~minicnn.models.config.layer_config` described; nothing else will do.

    Raises
    ------
    FormatError
        As :func:`layer_from_config`, or if it is a layer that is no model.
    """
    model = layer_from_config(entry)
    _require(isinstance(model, Model), "model", "must describe a model", type(model).__name__)
    return model


def _with_function(class_name, config):
    """A ``Lambda`` gets its function from those that the caller vouches for, and only there."""
    function = config.get("function")
    if class_name != "Lambda" or not isinstance(function, str):
        return config
    return {**config, "function": custom_objects().get(function, function)}


def _shapes(shape):
    """Shapes as tuples: JSON made lists of them."""
    several = bool(shape) and isinstance(shape[0], (list, tuple))
    return [tuple(one) for one in shape] if several else tuple(shape)


def _graph_from_config(cls, config):
    layers = {}
    for entry in _entry(config, "layers", list):
        layer = layer_from_config(entry)
        if layer.name in layers:
            raise FormatError("two layers have this name", key=layer.name)
        layers[layer.name] = layer
    tensors = {
        (name, 0, 0): layer.output
        for name, layer in layers.items()
        if isinstance(layer, InputLayer)
    }
    calls = dict.fromkeys(layers, 0)
    for node in _entry(config, "nodes", list):
        _call(node, layers, tensors, calls)
    unused = [name for name in layers if calls[name] == 0 and (name, 0, 0) not in tensors]
    if unused:
        raise FormatError("is called by no node", key=unused[0])
    inputs = _found_ends(config, "inputs", tensors)
    outputs = _found_ends(config, "outputs", tensors)
    try:
        return cls(inputs=inputs, outputs=outputs, name=config.get("name"))
    except (TypeError, ValueError) as error:
        raise FormatError(f"is no graph, {error}", key=config.get("name")) from error


def _call(node, layers, tensors, calls):
    """Call the layer of one node and keep what it makes."""
    _require(isinstance(node, dict), "nodes", "must be dicts", node)
    name = node.get("layer")
    _require(isinstance(name, str) and name in layers, "nodes", "must name a layer", name)
    read = node.get("inputs")
    single = isinstance(read, list) and bool(read) and isinstance(read[0], str)
    _require(isinstance(read, list) and bool(read), name, "must have inputs", read)
    found = [_found(tensors, reference, name) for reference in ([read] if single else read)]
    training = node.get("training")
    _require(training in (None, True, False), name, "training must be true or false", training)
    try:
        made = layers[name](found[0] if single else found, training=training)
    except FormatError:
        raise
    except Exception as error:
        raise FormatError(f"does not take its inputs, {error}", key=name) from error
    for index, tensor in enumerate(made if isinstance(made, list) else [made]):
        tensors[name, calls[name], index] = tensor
    calls[name] += 1


def _found(tensors, reference, key):
    """The tensor that ``[layer, call, output]`` means."""
    try:
        return tensors[tuple(reference)]
    except (KeyError, TypeError):
        raise FormatError(
            f"must be a tensor made before, [layer, call, output], got {reference!r}", key=key
        ) from None


def _found_ends(config, key, tensors):
    ends = config.get(key)
    if isinstance(ends, dict):
        return {name: _found(tensors, reference, key) for name, reference in ends.items()}
    _require(isinstance(ends, list) and bool(ends), key, "must be a list of tensors", ends)
    found = [_found(tensors, reference, key) for reference in ends]
    return found if len(found) > 1 else found[0]


def _entry(config, key, kind):
    value = config.get(key)
    _require(isinstance(value, kind), key, f"must be a {kind.__name__}", value)
    return value


def _require(true, key, message, value):
    if not true:
        told = repr(value)
        told = told if len(told) <= 80 else f"{told[:77]}..."
        raise FormatError(f"{message}, got {told}", key=key)
