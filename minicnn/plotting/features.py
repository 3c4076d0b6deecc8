"""What the layers of a network make of an image."""

import numpy as np

from ..graph import engine
from ..graph.network import Network
from .boxes import inner_network
from .images import plot_feature_maps


def feature_maps(model, image, layer, path=None, columns=None, most=256):
    """The maps of any layer for an image, each on its own scale from black to white.

    Parameters
    ----------
    model : Model
    image : array ``[H, W, C]`` or ``[1, H, W, C]``, or a list of them for several inputs
        As the model reads it: preprocessed.
    layer : str, int or Layer
        Name, place in ``model.layers``, or the layer itself; those of inner models are found too.
    path : path, optional
        Where to write the picture.
    columns : int, optional
        Maps in a row; a nearly square picture if not given.
    most : int
        Draw no more than the first so many.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no such layer, its output is no maps, or the image does not fit the model.
    """
    maps = maps_of(model, image, layer)
    if most < 1:
        raise ValueError(f"feature_maps: most must be at least 1, got {most}")
    return plot_feature_maps(maps[..., :most], path, columns)


def maps_of(model, image, layer):
    """Maps ``[H, W, C]`` that ``layer`` makes; arguments as of :func:`feature_maps`."""
    network = model.network
    layer = _found(model, network, layer)
    images = image if isinstance(image, (list, dict)) else [image]
    if isinstance(images, list):
        images = [np.asarray(x) for x in images]
        ranks = [len(tensor.shape) for tensor in network.inputs]
        images = [x[None] if x.ndim == rank - 1 else x for x, rank in zip(images, ranks)]
    arrays = model.standardize_inputs(images)
    y = _run(network, arrays, layer)
    if y.ndim != 4 or len(y) != 1:
        raise ValueError(
            f"feature_maps: layer {layer.name!r} must give maps [1, H, W, C], got {y.shape}"
        )
    first = getattr(layer, "data_format", None) == "channels_first"
    return y[0].transpose(1, 2, 0) if first else y[0]


def _found(model, network, layer):
    """The layer that a name, number or layer means, at any depth."""
    if isinstance(layer, int):
        return model.get_layer(index=layer)
    known = dict(_layers(network))
    for name, candidate in known.items():
        if layer in (name, candidate):
            return candidate
    names = ", ".join(known)
    raise ValueError(f"feature_maps: {model.name} has no layer {layer!r}; it has {names}")


def _layers(network):
    for layer in network.layers:
        yield layer.name, layer
        inner = inner_network(layer)
        if inner is not None:
            yield from _layers(inner)


def _run(network, arrays, layer):
    """The first output of ``layer`` in ``network``, or inside one of its calls."""
    for node in network.nodes:
        if node.layer is layer:
            return engine.forward(Network(network.inputs, node.outputs[:1]), arrays).outputs[0]
    for node in network.nodes:
        inner = inner_network(node.layer)
        if inner is not None and any(layer is other for _, other in _layers(inner)):
            given = engine.forward(Network(network.inputs, node.inputs), arrays).outputs
            return _run(inner, given, layer)
    return arrays[network.layers.index(layer)]  # an input layer: it is not called
