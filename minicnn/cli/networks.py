"""A network by its name or a model by its file: what every command begins with."""

import inspect
import json
from contextlib import nullcontext
from importlib import import_module
from math import inf
from pathlib import Path

ENDINGS = (".minicnn", ".h5", ".hdf5", ".keras", ".onnx")
"""How the names of files end that may hold whole models."""


def add_settings(parser):
    """Declare ``--set``."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ARGUMENT=VALUE",
        help="an argument of the network's builder, as alpha=0.35 or include_top=false; repeatable",
    )


def find(name):
    """The function that builds the network called ``name``, however it is hyphenated.

    Raises
    ------
    ValueError
        If there is none; the message lists the names.

    Examples
    --------
    >>> find("fashion-cnn").__name__
    'FashionCNN'
    """
    from .. import applications

    wanted = _plain(name)
    for network in applications.NETWORKS:
        if network.lower() == wanted:
            return getattr(applications, network)
    known = ", ".join(network.lower() for network in applications.NETWORKS)
    raise ValueError(f"no network is called {name!r}; there are {known}")


def is_network(name):
    """Whether :func:`find` knows ``name``."""
    from .. import applications

    return _plain(name) in (network.lower() for network in applications.NETWORKS)


def takes(name, argument):
    """Whether the builder of the network called ``name`` has ``argument``."""
    return argument in inspect.signature(find(name)).parameters


def _plain(name):
    return name.replace("-", "").replace("_", "").lower()


def build(name, settings=(), weights=None, empty=False, **given):
    """A new model of the network called ``name``.

    Parameters
    ----------
    name : str
    settings : list of str
        ``argument=value`` as of ``--set``.
    weights : path or "imagenet", optional
    empty : bool
        Weights are zeros: the caller only looks at the shapes, or brings the values.
    **given
        Further arguments of the builder; those that it does not have are left away.
    """
    builder = find(name)
    accepted = inspect.signature(builder).parameters
    arguments = {key: value for key, value in given.items() if key in accepted}
    arguments.update(_setting(text, builder, accepted) for text in settings)
    published = weights == "imagenet" or str(weights).endswith(".npz")
    arguments["weights"] = weights if published else None
    from ..layers.weight import awaiting_values

    filled_later = empty or (weights is not None and not published)
    with awaiting_values(inf) if filled_later else nullcontext():
        model = builder(**arguments)
    if weights is not None and not published:
        model.load_weights(weights)
    return model


def _setting(text, builder, accepted):
    """``(argument, value)``: JSON, or text as it stands where the default is a text."""
    name, equals, value = text.partition("=")
    if not equals or name not in accepted:
        raise ValueError(
            f"{builder.__name__}: --set must be ARGUMENT=VALUE of {', '.join(accepted)}, "
            f"got {text!r}"
        )
    if isinstance(accepted[name].default, str) and value != "null":
        return name, value
    try:
        value = json.loads(value)
    except ValueError:
        return name, value
    return name, tuple(value) if isinstance(value, list) else value


def load(path, otherwise="name their network in its place, and --weights FILE"):
    """The whole model of a file of MiniCNN, Keras or ONNX; images have their channels last.

    Parameters
    ----------
    path : path
    otherwise : str
        What to do with weights alone, for the message; default: what the commands with
        ``--weights`` say.

    Raises
    ------
    ValueError
        If the file holds weights alone.
    """
    from .. import onnx
    from ..models.saving import holds_weights_alone, load_model

    if Path(path).suffix.lower() == ".onnx":
        return onnx.load(path, data_format="channels_last")
    if Path(path).suffix.lower() == ".npz" or holds_weights_alone(path):
        raise ValueError(f"{path}: holds weights alone; {otherwise}")
    return load_model(path, compile=False)


def module_of(name):
    """The module of the network called ``name``: its ``preprocess_input`` and the like."""
    return import_module(find(name).__module__)


def preprocessing(name):
    """The function from pixels of 0 to 255 to what the network called ``name`` reads."""
    return module_of(name).preprocess_input
