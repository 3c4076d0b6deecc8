"""A model as plain data and back: layers, their arguments, and how they are connected.

A functional model is ``{"name", "trainable", "layers", "nodes", "inputs", "outputs"}``:

- ``layers``: ``{"class_name", "config"}`` of each layer once;
- ``nodes``: the calls, in an order in which they can be made, each ``{"layer", "inputs"}`` (and
  ``"training"`` where the call fixed it);
- a tensor is ``[layer name, number of the call, number of the output]``.

A node reads only tensors that stand before it, so no data can describe a circle. A ``Sequential``
is ``{"name", "trainable", "layers"}``; a subclass with a constructor of its own is
``{"name", "trainable", "arguments", "build_shape"}``.
"""

import inspect

from ..errors import FormatError
from ..graph.network import Network
from ..layers.base import Layer, registry
from ..layers.input_layer import InputLayer
from ..registry import custom_objects, serialize
from . import keras_config
from .model import Model
from .sequential import Sequential


def model_config(model):
    """The architecture of ``model`` as plain data that JSON can hold.

    Raises
    ------
    TypeError
        If a layer or a subclassed model does not tell its arguments.
    ValueError
        If the model has neither layers nor a graph yet.
    """
    config = {"name": model.name, "trainable": model.trainable}
    if _has_own_constructor(type(model)):
        config["arguments"] = _own_arguments(model)
        config["build_shape"] = _build_shape(model)
    elif isinstance(model, Sequential):
        config["layers"] = _chain_config(model)
    elif model.built:
        config.update(_graph_config(model))
    else:
        raise ValueError(f"{model.label}: has no layers to describe before it is built")
    return config


def model_from_config(cls, config):
    """A new model of class ``cls`` from :func:`model_config`.

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


def layer_config(layer):
    """``{"class_name", "config"}`` of a layer or model."""
    return {"class_name": type(layer).__name__, "config": serialize(layer.get_config())}


def layer_from_config(entry):
    """The layer or model that :func:`layer_config` described.

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
        raise FormatError(f"{class_name} cannot be made, {error}", key=key) from error
    _require(isinstance(layer, Layer), key, "must describe a layer", class_name)
    return layer


def _with_function(class_name, config):
    """A ``Lambda`` gets its function from those that the caller vouches for, and only there."""
    function = config.get("function")
    if class_name != "Lambda" or not isinstance(function, str):
        return config
    return {**config, "function": custom_objects().get(function, function)}


# Describing -------------------------------------------------------------------------------------


def _has_own_constructor(cls):
    return cls.__init__ not in (Model.__init__, Sequential.__init__)


def _own_arguments(model):
    """Constructor arguments of a subclass, without those of the library's own classes."""
    cls = type(model)
    parameters = inspect.signature(cls.__init__).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = [p.name for p in list(parameters)[1:] if p.kind in named]
    known = set(inspect.signature(Model.__init__).parameters)
    result = {}
    for name in names:
        if name in known:
            continue
        if name not in vars(model):
            raise TypeError(
                f"{model.label}: define get_config, or keep the constructor argument {name!r} "
                "as an attribute of that name"
            )
        result[name] = serialize(vars(model)[name])
    return result


def _build_shape(model):
    if not model.built:
        return None
    shapes = [list(tensor.shape) for tensor in model.inputs]
    return shapes if len(shapes) > 1 else shapes[0]


def _shapes(shape):
    """Shapes as tuples: JSON made lists of them."""
    several = bool(shape) and isinstance(shape[0], (list, tuple))
    return [tuple(one) for one in shape] if several else tuple(shape)


def _chain_config(model):
    chain = [layer_config(layer) for layer in model.layers]
    if model.built:
        chain.insert(0, _input_config(model.inputs[0], model.input_names[0]))
    elif model.batch_input_shape is not None:
        shape = list(model.batch_input_shape)
        config = {"batch_shape": shape, "dtype": model.dtype, "name": f"{model.name}_input"}
        chain.insert(0, {"class_name": "InputLayer", "config": config})
    return chain


def _input_config(tensor, name):
    """A description of the input layer of ``tensor``; one is invented where there is none."""
    origin = getattr(tensor, "input_layer", None)
    if origin is not None:
        return layer_config(origin)
    config = {"batch_shape": list(tensor.shape), "dtype": tensor.dtype, "name": name}
    return {"class_name": "InputLayer", "config": config}


def _graph_config(model):
    """Layers, nodes and ends of a functional model."""
    network: Network = model.network
    layers, references = [], {}
    for tensor, name in zip(network.inputs, _input_layer_names(network)):
        layers.append(_input_config(tensor, name))
        references[id(tensor)] = [name, 0, 0]
    calls, nodes, described = {}, [], set()
    for node in network.nodes:
        layer = node.layer
        if id(layer) not in described:
            described.add(id(layer))
            layers.append(layer_config(layer))
        call = calls.setdefault(layer.name, 0)
        calls[layer.name] += 1
        for index, tensor in enumerate(node.outputs):
            references.setdefault(id(tensor), [layer.name, call, index])
        read = [references[id(tensor)] for tensor in node.inputs]
        entry = {"layer": layer.name, "inputs": read[0] if node.single_input else read}
        if node.training is not None:
            entry["training"] = bool(node.training)
        nodes.append(entry)
    return {
        "layers": layers,
        "nodes": nodes,
        "inputs": _ends(model._input_keys, network.inputs, references),
        "outputs": _ends(model._output_keys, network.outputs, references),
    }


def _input_layer_names(network):
    """Of each input its layer's name, or one that no layer has."""
    taken = {node.layer.name for node in network.nodes}
    names = []
    for tensor in network.inputs:
        origin = getattr(tensor, "input_layer", None)
        name = stem = origin.name if origin is not None else "input"
        count = 0
        while origin is None and name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        names.append(name)
    return names


def _ends(keys, tensors, references):
    made = [references[id(tensor)] for tensor in tensors]
    return dict(zip(keys, made)) if keys else made


# Making -----------------------------------------------------------------------------------------


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
