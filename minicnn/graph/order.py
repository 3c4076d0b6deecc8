"""The order in which Keras lists layers: its files hold weights by that order alone."""

from .tensor import Node


def listed_layers(network):
    """Every layer of ``network`` once, input layers too, in the order of Keras' ``model.layers``.

    The layers farthest from the outputs come first (the longest way counts), and those that are
    equally far in the order in which a depth-first walk from the outputs meets them.
    """
    met, finished = _walk(network)
    depths, of_layer = {}, {}
    for origin in reversed(finished):
        layer = id(_layer(origin))
        depth = max(depths.get(id(origin), 0), of_layer.get(layer, 0))
        depths[id(origin)] = of_layer[layer] = depth
        for parent in _parents(network, origin):
            depths[id(parent)] = max(depth + 1, depths.get(id(parent), 0))
    layers = {id(_layer(origin)): _layer(origin) for origin in finished}
    for origin in _origins(network, network.inputs):  # also those that nothing reads
        layers.setdefault(id(origin), origin)
    return sorted(
        layers.values(),
        key=lambda layer: (-of_layer.get(id(layer), 0), met.get(id(layer), -1)),
    )


def _walk(network):
    """When each layer was first met, and nodes and inputs in the order in which they were left."""
    met, finished, seen = {}, [], set()
    waiting, open_origins = [iter(_origins(network, network.outputs))], []
    while waiting:
        origin = next(waiting[-1], None)
        if origin is None:
            waiting.pop()
            if open_origins:
                finished.append(open_origins.pop())
            continue
        if id(origin) in seen:
            continue
        seen.add(id(origin))
        met.setdefault(id(_layer(origin)), len(met))
        open_origins.append(origin)
        waiting.append(iter(_parents(network, origin)))
    return met, finished


def _origins(network, tensors):
    """What makes each of ``tensors`` inside the network: a node or an input layer."""
    inputs = {id(tensor) for tensor in network.inputs}
    found = (
        getattr(tensor, "input_layer", None) if id(tensor) in inputs else tensor.node
        for tensor in tensors
    )
    return [origin for origin in found if origin is not None]


def _parents(network, origin):
    return _origins(network, origin.inputs) if isinstance(origin, Node) else []


def _layer(origin):
    return origin.layer if isinstance(origin, Node) else origin
