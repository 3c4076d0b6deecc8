"""The order in which Keras lists layers: its files hold weights by that order alone."""

from .sequential import Sequential


def keras_layers(model):
    """Layers of ``model`` in the order of Keras' ``model.layers``, input layers left away.

    A ``Sequential`` is its chain. In a graph the layers farthest from the outputs come first (the
    longest way counts), and those that are equally far in the order in which a depth-first walk
    from the outputs meets them.
    """
    if isinstance(model, Sequential) or not model.built:
        return model.layers
    network = model.network
    met, finished = _walk(network)
    depths, of_layer = {}, {}
    for node in reversed(finished):
        layer = id(node.layer)
        depth = max(depths.get(id(node), 0), of_layer.get(layer, 0))
        depths[id(node)] = of_layer[layer] = depth
        for tensor in node.inputs:
            parent = tensor.node
            if parent is not None:
                depths[id(parent)] = max(depth + 1, depths.get(id(parent), 0))
    layers = list({id(node.layer): node.layer for node in finished}.values())
    return sorted(layers, key=lambda layer: (-of_layer[id(layer)], met[id(layer)]))


def _walk(network):
    """When each layer was first met, and the nodes in the order in which they were left."""
    met, finished, seen = {}, [], {id(tensor) for tensor in network.inputs}
    waiting, open_nodes = [iter(network.outputs)], []
    while waiting:
        tensor = next(waiting[-1], None)
        if tensor is None:
            waiting.pop()
            if open_nodes:
                finished.append(open_nodes.pop())
            continue
        node = tensor.node
        if id(tensor) in seen or id(node) in seen:
            continue
        seen.add(id(node))
        met.setdefault(id(node.layer), len(met))
        open_nodes.append(node)
        waiting.append(iter(node.inputs))
    return met, finished
