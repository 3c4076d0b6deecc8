"""The activations: their parameters, what backward needs, and the checks of both passes."""

import math
from functools import lru_cache
from typing import NamedTuple

from . import arrays

ALPHA_SELU = 1.6732632423543772  # Klambauer et al. 2017, Self-normalizing neural networks
SCALE_SELU = 1.0507009873554805


class Activation(NamedTuple):
    """One row of the table: parameters with their defaults, and what ``backward`` asks for."""

    parameters: dict
    saved: str  # "x" (the input) or "y" (the output; then forward may overwrite its input)


TABLE = {
    "relu": Activation({"negative_slope": 0.0, "max_value": math.inf, "threshold": 0.0}, "y"),
    "relu6": Activation({}, "y"),
    "elu": Activation({"alpha": 1.0}, "y"),
    "selu": Activation({}, "y"),
    "sigmoid": Activation({}, "y"),
    "hard_sigmoid": Activation({}, "y"),
    "tanh": Activation({}, "y"),
    "scaled_tanh": Activation({"amplitude": 1.7159, "slope": 2 / 3}, "y"),
    "softplus": Activation({}, "y"),
    "softsign": Activation({}, "x"),
    "exponential": Activation({}, "y"),
    "silu": Activation({}, "x"),
    "gelu": Activation({"approximate": 0.0}, "x"),
    "mish": Activation({}, "x"),
}


def saved(name, parameters=()):
    """``"x"`` or ``"y"``: which of the two ``activation_backward`` needs for this activation.

    ReLU's output tells where the input lay, unless a threshold or a negative slope below zero
    folds it.
    """
    values = checked("activation", name, parameters)
    if name == "relu":
        negative_slope, _, threshold = values
        return "x" if threshold != 0 or negative_slope < 0 else "y"
    return TABLE[name].saved


def checked(op, name, parameters):
    """All parameters of activation ``name`` as floats; defaults stand in for those not given.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, too many parameters, or a value out of range.
    """
    return _checked(op, name, tuple(parameters))


@lru_cache(maxsize=1024)
def _checked(op, name, parameters):
    if name not in TABLE:
        raise ValueError(f"{op}: name must be one of {sorted(TABLE)}, got {name!r}")
    names = list(TABLE[name].parameters)
    if len(parameters) > len(names):
        raise ValueError(f"{op}: {name} takes {len(names)} parameters {names}, got {parameters!r}")
    given = dict(zip(names, parameters))
    if given.get("max_value") == math.inf:
        del given["max_value"]
    values = {k: arrays.number(op, f"{name}'s {k}", v) for k, v in given.items()}
    return _in_range(op, name, {**TABLE[name].parameters, **values})


def _in_range(op, name, values):
    if name == "relu" and values["max_value"] < 0:
        raise ValueError(f"{op}: relu's max_value must not be negative, got {values['max_value']}")
    if name == "elu" and values["alpha"] < 0:
        raise ValueError(f"{op}: elu's alpha must not be negative, got {values['alpha']}")
    if name == "scaled_tanh" and values["amplitude"] == 0:
        raise ValueError(f"{op}: scaled_tanh's amplitude must not be 0")
    return tuple(values.values())


def forward(op, y, x, name, parameters):
    """Checked ``(y, x, parameters)``; ``y`` may be ``x``."""
    parameters = checked(op, name, parameters)
    x = arrays.floats(op, "x", x)
    return arrays.in_place(op, "y", y, x), x, parameters


def backward(op, dx, dy, x, y, name, parameters):
    """Checked ``(dx, dy, kept, parameters)``; ``kept`` is ``x`` or ``y`` as :func:`saved` says."""
    parameters = checked(op, name, parameters)
    dy = arrays.floats(op, "dy", dy)
    needed = saved(name, parameters)
    kept = x if needed == "x" else y
    if kept is None:
        raise ValueError(f"{op}: {name} needs {needed}, got None")
    kept = arrays.shaped(op, needed, kept, dy.shape, dy)
    return arrays.in_place(op, "dx", dx, dy, kept), dy, kept, parameters
