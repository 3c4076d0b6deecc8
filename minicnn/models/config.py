"""A model as plain data: layers, their arguments, and how they are connected.

A functional model is ``{"name", "trainable", "layers", "nodes", "inputs", "outputs"}``:

- ``layers``: ``{"class_name", "config"}`` of each layer once;
- ``nodes``: the calls, in an order in which they can be made, each ``{"layer", "inputs"}`` (and
  ``"training"`` where the call fixed it);
- a tensor is ``[layer name, number of the call, number of the output]``.

A node reads only tensors that stand before it, so no data can describe a circle. A ``Sequential``
is ``{"name", "trainable", "layers"}``; a subclass with a constructor of its own is
``{"name", "trainable", "arguments", "build_shape"}``. ``models.construction`` reads it.
"""

import inspect

from ..graph.network import Network
from ..registry import serialize
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


def layer_config(layer):
    """``{"class_name", "config"}`` of a layer or model."""
    return {"class_name": type(layer).__name__, "config": serialize(layer.get_config())}


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
