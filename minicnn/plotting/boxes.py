"""The boxes and edges of a model's diagram: calls of layers, and what they read."""

from typing import Any, NamedTuple

# The first that is part of a layer's class name tells the kind; the order matters.
_KINDS = (
    ("Input", "input"),
    ("Normalization", "normalization"),
    ("ZeroPadding", "other"),
    ("Dropout", "regularization"),
    ("Noise", "regularization"),
    ("Conv", "convolution"),
    ("Pool", "pooling"),
    ("Subsampling", "pooling"),
    ("Dense", "dense"),
    ("RBF", "dense"),
    ("Concat", "merging"),
    ("Add", "merging"),
    ("Subtract", "merging"),
    ("Multiply", "merging"),
    ("Average", "merging"),
    ("Maximum", "merging"),
    ("Minimum", "merging"),
    ("Dot", "merging"),
    ("ReLU", "activation"),
    ("ELU", "activation"),
    ("Activation", "activation"),
    ("Softmax", "activation"),
)


class Box(NamedTuple):
    """One call of a layer.

    Attributes
    ----------
    layer : Layer
    shapes : list of tuple
        Of its outputs, batch first.
    dtype : str
    frames : tuple of (int, int, str)
        The inner models around it, outermost first: two numbers that tell calls apart, and a name.
    """

    layer: Any
    shapes: list
    dtype: str
    frames: tuple

    @property
    def kind(self):
        """Kind of the layer, which its colour shows."""
        if inner_network(self.layer) is not None:
            return "model"
        name = type(self.layer).__name__
        return next((kind for part, kind in _KINDS if part in name), "other")


def boxes_of(network, expand_nested=False):
    """Boxes of a network and their edges.

    Parameters
    ----------
    network : Network
    expand_nested : bool
        Take the calls inside a model or block in place of its own.

    Returns
    -------
    boxes : list of Box
    edges : list of (int, int)
        Numbers of boxes; the first is the smaller.
    """
    boxes, edges, makers = [], [], {}
    for tensor in network.inputs:
        makers[id(tensor)] = len(boxes)
        source = getattr(tensor, "input_layer", None) or InputLayer(tensor.name)
        boxes.append(Box(source, [tensor.shape], tensor.dtype, ()))
    _walk(network, makers, boxes, edges, (), expand_nested)
    return boxes, edges


class InputLayer:
    """Stands for an input that no layer made (a model may begin at any tensor)."""

    def __init__(self, name):
        self.name = name
        self.weights = self.trainable_weights = []


def inner_network(layer):
    """The network inside a model, or a layer that composes layers; ``None`` of any other."""
    networks = getattr(layer, "_networks", None)
    return networks[False] if networks else None


def _walk(network, makers, boxes, edges, frames, expand):
    """Add the calls of ``network``; ``makers`` maps tensors to the boxes that make them."""
    for number, node in enumerate(network.nodes):
        origins = [makers[id(tensor)] for tensor in node.inputs]
        inner = inner_network(node.layer) if expand else None
        if inner is not None:
            known = {id(tensor): box for tensor, box in zip(inner.inputs, origins)}
            name = (len(boxes), number, node.layer.name)
            _walk(inner, known, boxes, edges, (*frames, name), expand)
            makers.update(
                (id(outer), known[id(made)]) for outer, made in zip(node.outputs, inner.outputs)
            )
            continue
        shapes = [tensor.shape for tensor in node.outputs]
        makers.update((id(tensor), len(boxes)) for tensor in node.outputs)
        edges.extend((origin, len(boxes)) for origin in origins)
        boxes.append(Box(node.layer, shapes, node.outputs[0].dtype, frames))
