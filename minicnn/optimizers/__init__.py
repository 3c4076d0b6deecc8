"""Optimizers and learning-rate schedules under Keras' names, in upper and lower case."""

from ..registry import deserializer, serialize
from . import schedules
from .adagrad import Adagrad
from .adam import Adam, AdamW, Nadam
from .base import Optimizer, registry
from .flat import FlatParameters
from .rmsprop import RMSprop
from .schedules import LearningRateSchedule
from .sgd import SGD

# Old Keras wrote them in lower case.
adagrad, adam, adamw, nadam, rmsprop, sgd = Adagrad, Adam, AdamW, Nadam, RMSprop, SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "FlatParameters",
    "LearningRateSchedule",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "adagrad",
    "adam",
    "adamw",
    "deserialize",
    "get",
    "nadam",
    "registry",
    "rmsprop",
    "schedules",
    "serialize",
    "sgd",
]


def get(identifier):
    """The optimizer that a name (in any case), class, configuration or object means.

    Raises
    ------
    ValueError
        For an unknown name.
    TypeError
        For what is no optimizer.
    """
    if isinstance(identifier, str) and identifier not in registry:
        identifier = identifier.lower()
    optimizer = registry.get(identifier)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer: must be a name or an Optimizer, got {identifier!r}")
    return optimizer


deserialize = deserializer(get)
