"""How each network is trained unless told otherwise, and what its outputs are."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Recipe(NamedTuple):
    """The settings that a network is trained with; ``data`` is ``None`` for a folder of images."""

    data: str | None
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float


_CIFAR = Recipe("cifar10", 60, 64, "adam", 2e-3)

RECIPES = {
    "LeNet5": Recipe("digits", 40, 32, "adam", 2e-3),
    "LeNet5Classic": Recipe("digits", 40, 32, "adam", 1e-3),
    "FashionCNN": Recipe("fashion-mnist", 10, 64, "nadam", 1e-3),
    "MnistCNN": Recipe("mnist", 1, 200, "adam", 4e-3),
    "DigitLocalizer": Recipe("mnist", 3, 128, "adam", 1e-3),
    "ResNet20": _CIFAR,
    "ResNet32": _CIFAR,
    "ResNet44": _CIFAR,
    "ResNet56": _CIFAR,
    "DogsAndCats": Recipe(None, 15, 20, "rmsprop", 1e-4),
    "HistologyV1": Recipe(None, 20, 32, "rmsprop", 1e-3),
    "HistologyV2": Recipe(None, 20, 32, "adam", 1e-3),
    "HistologyV3": Recipe(None, 20, 32, "adam", 1e-3),
    "HistologyV4": Recipe(None, 20, 32, "adam", 1e-4),
}

OTHERS = Recipe(None, 20, 32, "adam", 3e-4)
"""Of every network without a line above."""

DATA = ("digits", "mnist", "fashion-mnist", "cifar10")

# Pixels by which training images move each way, and whether they are flipped from left to right,
# drawn anew for every image: the 1,347 embedded digits are too few to learn from as they stand,
# tens of thousands of digits are not. CIFAR's are the changes of the paper on ResNet.
CHANGES = {"digits": (2, False), "cifar10": (4, True)}


class Task(NamedTuple):
    """What a network is trained to, and how its outputs become ``[N, classes]`` probabilities."""

    loss: str
    metric: str
    probabilities: Callable


def _of_both(outputs):
    return np.concatenate([1 - outputs, outputs], axis=1)


def _of_distances(outputs):
    near = np.exp(outputs.min(axis=1, keepdims=True) - outputs)
    return near / near.sum(axis=1, keepdims=True)


def _of_scores(outputs):
    """Probabilities stay what they are, logits go through softmax."""
    if outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        return outputs
    return _of_distances(-outputs)


CLASSES = Task("sparse_categorical_crossentropy", "accuracy", _of_scores)
_TASKS = {
    "DogsAndCats": Task("binary_crossentropy", "accuracy", _of_both),
    "LeNet5Classic": Task("map_criterion", "nearest_accuracy", _of_distances),
}


def task_of(builder):
    """The :class:`Task` of the network that ``builder`` makes."""
    return _TASKS.get(builder.__name__, CLASSES)


def recipe_of(builder):
    """The :class:`Recipe` of the network that ``builder`` makes."""
    return RECIPES.get(builder.__name__, OTHERS)
