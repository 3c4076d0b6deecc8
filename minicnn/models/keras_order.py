"""The layers whose weights Keras' files hold, in their order."""

from ..layers.input_layer import InputLayer


def keras_layers(model):
    """Layers of ``model`` in the order of Keras' ``model.layers``, input layers left away."""
    return [layer for layer in model.layers if not isinstance(layer, InputLayer)]
