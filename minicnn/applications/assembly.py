"""What every classification network shares: arguments, input, head, and where weights come from."""

import functools
import inspect
import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import activations, config
from ..graph import SymbolicTensor
from ..io import download
from ..layers import Dense, GlobalAveragePooling2D, GlobalMaxPooling2D, Input
from ..layers.weight import awaiting_values
from ..models import Model
from . import torch_order
from .imagenet_utils import CLASSES
from .published import is_imagenet, weights_path

_PARAMETERS = """
    Parameters
    ----------
    include_top : bool
        Whether the classifier is part of the network.
    weights : None, "imagenet" or path
        Random; downloaded once into the cache; or of a file of MiniCNN or Keras, or an ``.npz``
        that holds them as PyTorch lists them.
    input_tensor : SymbolicTensor, optional
        Takes the place of a new input.
    input_shape : tuple, optional
        Of an image, without batch, {size} x {size} by default and at least {smallest} x
        {smallest}; heights and widths may be ``None`` without the top. With the top, weights
        ``"imagenet"`` are for the default alone.
    pooling : {{None, "avg", "max"}}
        Without the top: what becomes of the last feature maps.
    classes : int
    classifier_activation : str, function or None
        ``None`` gives logits.
    name : str
{options}
    Returns
    -------
    Model
        Not compiled.
"""


def network(size, smallest=32, published=None, classes=1000, name=None):
    """Decorator: a function from a :class:`Request` to the output becomes a network's builder.

    The builder takes the arguments of Keras' applications, then the function's own.

    Parameters
    ----------
    size, smallest : int
        Height and width of an image if no shape is given, and the least that leaves every layer
        an input.
    published : dict, optional
        ``{include_top: (address, hash)}`` of the weights that ``"imagenet"`` means; they are the
        default then, as in Keras.
    classes : int
        Default number of classes.
    name : str, optional
        Default name of the model; otherwise the function's in lower case.
    """

    def decorate(function):
        defaults = {
            "include_top": True,
            "weights": "imagenet" if published else None,
            "input_tensor": None,
            "input_shape": None,
            "pooling": None,
            "classes": classes,
            "classifier_activation": "softmax",
            "name": name or function.__name__.lower(),
        }
        own = list(inspect.signature(function).parameters.values())[1:]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        signature = inspect.Signature(
            [inspect.Parameter(key, kind, default=value) for key, value in defaults.items()] + own
        )

        @functools.wraps(function)
        def builder(*args, **kwargs):
            try:
                given = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}: {error}") from None
            given.apply_defaults()
            common = {key: given.arguments.pop(key) for key in defaults}
            request = Request(function.__name__, size, smallest, published, **common)
            return request.model(lambda: function(request, **given.arguments))

        builder.__signature__ = signature
        builder.__doc__ = _documented(function.__doc__, size, smallest)
        return builder

    return decorate


def _documented(text, size, smallest):
    """Docstring of a builder: its own parameters come after those that all share."""
    head, _, options = text.partition("\n    Parameters\n    ----------\n")
    parameters = _PARAMETERS.format(size=size, smallest=smallest, options=options.rstrip(" "))
    return head.rstrip() + "\n" + parameters


def filled(make, path):
    """The model of the function ``make``, with the weights of the file ``path`` if there is one."""
    if path is None:
        return make()
    with awaiting_values(math.inf):  # the file brings them all
        model = make()
    if os.fspath(path).endswith(".npz"):
        torch_order.load_npz(model, path)
    else:
        model.load_weights(path)
    return model


def channel_axis():
    """The axis of the channels in the default layout."""
    return 1 if config.image_data_format() == "channels_first" else -1


@dataclass
class Request:
    """The arguments that every network takes, checked; they are explained above.

    ``image`` is the tensor that the network begins with.
    """

    network: str
    size: int
    smallest: int
    published: dict | None
    include_top: bool
    weights: Any
    input_tensor: SymbolicTensor | None
    input_shape: tuple | None
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str

    def __post_init__(self):
        if self.pooling not in (None, "avg", "max"):
            self._refuse("pooling", "None, 'avg' or 'max'", self.pooling)
        if not isinstance(self.include_top, (bool, np.bool_)):
            self._refuse("include_top", "True or False", self.include_top)
        if not _is_integer(self.classes) or self.classes < 1:
            self._refuse("classes", "a positive integer", self.classes)
        if self.input_tensor is not None and not isinstance(self.input_tensor, SymbolicTensor):
            self._refuse("input_tensor", "a symbolic tensor", self.input_tensor)
        self._check_weights()
        self.input_shape = self._shape()
        given = self.input_tensor is not None
        self.image = self.input_tensor if given else Input(self.input_shape)

    def _check_weights(self):
        if self.weights is None:
            return
        if not is_imagenet(self.weights):
            weights_path(self.network, self.weights)
        elif self.published is None:
            self._refuse("weights", "None or a path: none are published in Keras' form", "imagenet")
        elif self.include_top and self.classes != CLASSES:
            self._refuse("classes", f"{CLASSES} with weights 'imagenet'", self.classes)
        allowed = [activations.get(name) for name in (None, "softmax")]
        if self.include_top and activations.get(self.classifier_activation) not in allowed:
            expected = "None or 'softmax' with weights of a file"
            self._refuse("classifier_activation", expected, self.classifier_activation)

    def _shape(self):
        """``input_shape``, or what it is by default."""
        first = config.image_data_format() == "channels_first"
        shape = self.input_shape
        if shape is None and self.input_tensor is not None:
            shape = self.input_tensor.shape[1:]
        if shape is None:
            sides = (self.size, self.size) if self.include_top else (None, None)
            return (3, *sides) if first else (*sides, 3)
        try:
            shape = tuple(shape)
        except TypeError:
            self._refuse("input_shape", "three lengths", shape)
        if len(shape) != 3 or not all(side is None or _is_integer(side) for side in shape):
            self._refuse("input_shape", "three lengths", shape)
        channels, sides = (shape[0], shape[1:]) if first else (shape[2], shape[:2])
        if self.include_top and None in sides:
            self._refuse("input_shape", "known with include_top", shape)
        if any(side is not None and side < self.smallest for side in sides):
            self._refuse("input_shape", f"at least {self.smallest}x{self.smallest}", shape)
        if is_imagenet(self.weights) and channels != 3:
            self._refuse("input_shape", "of 3 channels with weights 'imagenet'", shape)
        if is_imagenet(self.weights) and self.include_top and sides != (self.size, self.size):
            expected = f"of {self.size}x{self.size} with include_top and weights 'imagenet'"
            self._refuse("input_shape", expected, shape)
        if self.input_tensor is not None and self.input_tensor.shape[1:] != shape:
            self._refuse("input_shape", f"that of {self.input_tensor!r}", shape)
        return shape

    def _refuse(self, argument, expected, value):
        raise ValueError(f"{self.network}: {argument} must be {expected}, got {value!r}")

    def head(self, x):
        """Mean of each map and one dense layer; without the top what ``pooling`` says."""
        if not self.include_top:
            return self.pooled(x)
        return self.classifier(GlobalAveragePooling2D(name="avg_pool")(x))

    def classifier(self, x, name="predictions"):
        """The dense layer that names the class."""
        return Dense(self.classes, activation=self.classifier_activation, name=name)(x)

    def pooled(self, x):
        """The feature maps ``x`` as ``pooling`` says."""
        if self.pooling is None:
            return x
        return (GlobalAveragePooling2D if self.pooling == "avg" else GlobalMaxPooling2D)()(x)

    def model(self, layers):
        """The model whose output the function ``layers`` makes, with its weights."""
        path = self._weights_file()
        image = self.image if self.input_tensor is None else _sources(self.input_tensor)
        return filled(lambda: Model(image, layers(), name=self.name), path)

    def _weights_file(self):
        if not is_imagenet(self.weights):
            return self.weights
        url, known_hash = self.published[self.include_top]
        folder = download.cache_folder() / "models"
        return download.fetch([url], folder, url.rpartition("/")[2], known_hash)


def _is_integer(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _sources(tensor):
    """The inputs that ``tensor`` was made from: one tensor, or a list of several."""
    found, waiting, seen = [], [tensor], set()
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        if tensor.node is None:
            found.append(tensor)
        else:
            waiting.extend(reversed(tensor.node.inputs))
    return found if len(found) > 1 else found[0]
