"""MiniCNN: a convolution engine in pure Python, written to be read, proved and raced.

Keras' names, so that a listing runs with ``import minicnn as keras``. Importing is cheap: every
module loads when it is first used, and Numba with the first kernel.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = (
    *("activations", "applications", "backend", "callbacks", "cli", "config", "constraints"),
    *("data", "datasets", "errors", "graph", "image", "initializers", "io", "layers", "losses"),
    *("metrics", "models", "nn", "onnx", "optimizers", "plotting", "preprocessing", "random"),
    *("regularizers", "training", "utils"),
)

_NAMES = {
    "Input": "layers",
    "Model": "models",
    "Sequential": "models",
    "Layer": "layers.base",
    "Initializer": "initializers",
    "Loss": "losses",
    "Metric": "metrics",
    "Optimizer": "optimizers",
    "Regularizer": "regularizers",
    "set_random_seed": "random",
    "FormatError": "errors",
    "set_convolution": "config",
}

__all__ = sorted([*_MODULES, *_NAMES, "__version__"])


def __getattr__(name):
    if name in _NAMES:
        value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return __all__
