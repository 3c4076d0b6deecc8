"""Descriptions of our models as Keras 2 writes them, which Keras 2 and 3 both read."""

from ..registry import serialize
from .keras_order import keras_layers
from .sequential import Sequential

# Layers that Keras does not have, and what to say of them.
_OURS = (
    *("Arithmetic", "Elementwise", "GetItem", "MatMul", "Reduction", "Cast", "Lambda"),
    *("DepthAveragePooling", "DepthMaxPooling", "LocalResponseNormalization"),
)
# Arguments that Keras does not have, with the values at which they change nothing.
_EXTRA = {
    "Activation.parameters": (None,),
    "Cropping1D.data_format": ("channels_last",),
    "UpSampling1D.data_format": ("channels_last",),
    "SpatialDropout1D.data_format": ("channels_last",),
    "SpatialDropout1D.trainable": (True, False),  # they have no weights
    "SpatialDropout2D.trainable": (True, False),
    "SpatialDropout3D.trainable": (True, False),
}
# Here a list of one pair, there the pair.
_ONE_AXIS = {"ZeroPadding1D": "padding", "Cropping1D": "cropping"}


def to_keras(model):
    """``{"class_name", "config"}`` of a built model in the form of Keras 2.

    Raises
    ------
    ValueError
        Naming the layer that Keras does not have, or the argument that it does not take.
    """
    if isinstance(model, Sequential):
        return {"class_name": "Sequential", "config": _chain(model)}
    if hasattr(model, "call"):
        raise _refusal(model, "its class is no functional model")
    return {"class_name": "Functional", "config": _graph(model)}


def _entry(layer):
    if hasattr(layer, "network"):
        return to_keras(layer)
    class_name = type(layer).__name__
    if class_name in _OURS:
        raise _refusal(layer, f"Keras has no {class_name}")
    config = serialize(layer.get_config())
    config.pop("batch_input_shape", None)
    for key in list(config):
        allowed = _EXTRA.get(f"{class_name}.{key}")
        if allowed is not None and config.pop(key) not in allowed:
            raise _refusal(layer, f"Keras' {class_name} has no {key}")
    if class_name in _ONE_AXIS:
        (config[_ONE_AXIS[class_name]],) = config[_ONE_AXIS[class_name]]
    if "kernel_size" in config or "pool_size" in config:
        config["padding"] = _padding_name(layer, config)
    return {"class_name": class_name, "config": config}


def _padding_name(layer, config):
    """Keras' word for the padding of a convolution or pooling."""
    padding = config.get("padding")
    if isinstance(padding, str):
        return padding
    if not any(map(any, padding)):
        return "valid"
    forward = "kernel_size" in config and "output_padding" not in config
    if forward and set(config["strides"]) == {1}:
        sizes = zip(config["kernel_size"], config.get("dilation_rate", (1, 1, 1)))
        totals = [(size - 1) * dilation for size, dilation in sizes]
        if [tuple(ends) for ends in padding] == [(t // 2, t - t // 2) for t in totals]:
            return "same"
    raise _refusal(layer, f"Keras has no explicit padding {padding}")


def _refusal(layer, reason):
    return ValueError(f"save: {layer.label} cannot be saved for Keras, {reason}; save as .minicnn")


def _input(tensor, name):
    config = {"batch_input_shape": list(tensor.shape), "dtype": tensor.dtype, "name": name}
    return {"class_name": "InputLayer", "config": config}


def _chain(model):
    layers = [_entry(layer) for layer in model.layers]
    if model.built:
        layers.insert(0, _input(model.inputs[0], model.input_names[0]))
    return {"name": model.name, "trainable": model.trainable, "layers": layers}


def _graph(model):
    network = model.network
    entries, references = {}, {}
    for tensor in network.inputs:
        origin = getattr(tensor, "input_layer", None)
        if origin is None:
            raise _refusal(model, "it begins at a tensor inside another model")
        entries[origin.name] = {**_input(tensor, origin.name), "inbound_nodes": []}
        references[id(tensor)] = [origin.name, 0, 0]
    for layer in keras_layers(model):
        entries[layer.name] = {**_entry(layer), "inbound_nodes": []}
    for node in network.nodes:
        calls = entries[node.layer.name]["inbound_nodes"]
        for index, tensor in enumerate(node.outputs):
            references[id(tensor)] = [node.layer.name, len(calls), index]
        keywords = {} if node.training is None else {"training": bool(node.training)}
        calls.append([[*references[id(tensor)], keywords] for tensor in node.inputs])
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [{**entry, "name": name} for name, entry in entries.items()],
        "input_layers": _ends(network.inputs, references),
        "output_layers": _ends(network.outputs, references),
    }


def _ends(tensors, references):
    """One reference or a list of them: Keras 3 gives back a list where it read a list."""
    made = [references[id(tensor)] for tensor in tensors]
    return made if len(made) > 1 else made[0]
