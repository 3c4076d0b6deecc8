"""Data sets as arrays: ``datasets.mnist.load_data()`` as in Keras, and some that need no network.

Every module has ``load_data()``, which returns ``(x_train, y_train), (x_test, y_test)``, and
``CLASS_NAMES``. Files are looked for in the folder that the environment variable ``MINICNN_DATA``
names, then in the user's cache, into which they are downloaded once.
"""

import importlib

_MODULES = {
    "digits": "digits",
    "mnist": "mnist",
    "fashion-mnist": "fashion_mnist",
    "cifar10": "cifar10",
}

__all__ = ["cifar10", "digits", "fashion_mnist", "get", "mnist", "names", "sample_images"]


def names():
    """Names that :func:`get` knows."""
    return list(_MODULES)


def get(name):
    """The data set's module by its name; ``-`` and ``_`` are the same, and so are capitals.

    >>> get("fashion-mnist").CLASS_NAMES[9]
    'Ankle boot'
    """
    wanted = name.lower().replace("_", "-") if isinstance(name, str) else name
    if wanted not in _MODULES:
        raise ValueError(f"dataset: must be one of {', '.join(_MODULES)}, got {name!r}")
    return importlib.import_module(f".{_MODULES[wanted]}", __name__)


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
