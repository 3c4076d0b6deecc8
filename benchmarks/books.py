"""The books' networks that are raced whole, with the batch that each is trained on."""

import math
from typing import NamedTuple


class Entry(NamedTuple):
    """Batch of a training step, and what the builder is given.

    Dropout is off: with it every contender would compute something else.
    """

    batch: int
    arguments: dict


_RANDOM = {"weights": None}
NETWORKS = {
    "LeNet5": Entry(32, {}),
    "FashionCNN": Entry(32, {"dropout": 0.0}),
    "VGG16": Entry(4, _RANDOM),
    "ResNet34": Entry(8, {"classes": 1000}),
    "GoogLeNet": Entry(8, {"dropout": 0.0}),
    "Xception": Entry(4, _RANDOM),
    "MobileNet": Entry(8, {**_RANDOM, "dropout": 0.0}),
}
RATE, MOMENTUM = 0.01, 0.9  # of every contender's SGD


def build(name):
    """The network."""
    from minicnn import applications

    return getattr(applications, name)(**NETWORKS[name].arguments)


def images(shape, classes, batch):
    """Random images of ``shape`` and class numbers, the same in every process."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.standard_normal((batch, *shape), np.float32), rng.integers(0, classes, batch)


def liven(model):
    """Weights under which signals neither die out nor explode, so that comparing means something.

    Kernels by He's rule, moving statistics those of two random images.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) > 1:
            reach = weight.shape[:-2] if weight.name == "depthwise_kernel" else weight.shape[:-1]
            drawn = rng.standard_normal(weight.shape, np.float32)
            weight.value[...] = drawn * math.sqrt(2 / math.prod(reach))
    normalizations = [x for x in _innermost(model) if type(x).__name__ == "BatchNormalization"]
    kept = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = 0.0
    x, _ = images(model.inputs[0].shape[1:], 1, 2)
    model(x, training=True)
    for layer, momentum in zip(normalizations, kept):
        layer.momentum = momentum


def _innermost(layer):
    inner = [found for part in layer.sublayers for found in _innermost(part)]
    return inner or [layer]
