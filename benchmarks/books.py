"""The books' networks that are raced whole, with the batch that each is trained on."""

import math
from typing import NamedTuple


class Entry(NamedTuple):
    """Batch of a training step, what the builder is given, and how closely losses must agree.

    Dropout is off: with it every contender would compute something else. ``tolerance`` is a share
    of how far the loss moves in the first step.
    """

    batch: int
    arguments: dict
    tolerance: float = 1e-3


_RANDOM = {"weights": None}
NETWORKS = {
    "LeNet5": Entry(32, {}),
    "FashionCNN": Entry(32, {"dropout": 0.0}),
    "VGG16": Entry(4, _RANDOM),
    "ResNet34": Entry(8, {"classes": 1000}),
    "GoogLeNet": Entry(8, {"dropout": 0.0}),
    "Xception": Entry(4, _RANDOM),
    # 27 normalizations in a row, without a shortcut around them, magnify roundings: PyTorch and
    # TensorFlow differ from one another as much.
    "MobileNet": Entry(8, {**_RANDOM, "dropout": 0.0}, 0.1),
}
PATCHES = 4  # along each side of an image
RATE, MOMENTUM = 0.001, 0.9  # of every contender's SGD


def build(name):
    """The network."""
    from minicnn import applications

    return getattr(applications, name)(**NETWORKS[name].arguments)


def images(shape, classes, batch):
    """Random images of ``shape`` and class numbers, the same in every process.

    Patches of colours with noise on them: to a deep network images of noise alone are all the
    same, and normalization would magnify what is left of them, which is roundings.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    height, width, channels = shape
    patches = rng.standard_normal((batch, PATCHES, PATCHES, channels), np.float32)
    rows, columns = (np.arange(n) * PATCHES // n for n in (height, width))
    noise = rng.standard_normal((batch, *shape), np.float32)
    return patches[:, rows][:, :, columns] + 0.3 * noise, rng.integers(0, classes, batch)


def liven(model):
    """Weights under which signals neither die out nor explode, so that comparing means something.

    Kernels by He's rule, moving statistics those of two random images.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    layers = list({id(layer): layer for layer in _innermost(model)}.values())
    for layer in layers:
        depthwise = getattr(layer, "depthwise_kernel", None)
        for weight in layer.weights:
            if len(weight.shape) > 1:
                reach = weight.shape[: -2 if weight is depthwise else -1]
                drawn = rng.standard_normal(weight.shape, np.float32)
                weight.value[...] = drawn * math.sqrt(2 / math.prod(reach))
    normalizations = [x for x in layers if type(x).__name__ == "BatchNormalization"]
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
