"""Activations: one pass over a flat array by the map of that name, parallel for larger ones."""

from ..capture import launch
from ..contracts import activations as contract
from ..contracts.activations import ALPHA_SELU, SCALE_SELU
from . import activation_maps, derivative_maps
from .chunks import SMALL

_SIX = (0.0, 6.0, 0.0)  # ReLU6 as slope, limit and threshold


def activation_forward(y, x, name, parameters=()):
    """``y = f(x)`` for the activation ``name``.

    Parameters
    ----------
    y : array or None
        Result, shaped as ``x``; overwritten. May be ``x`` itself.
    x : array of any shape, float16 (computed in float32), float32 or float64
    name : str
        A key of :data:`minicnn_kernels.contracts.activations.TABLE`.
    parameters : sequence of float
        The activation's parameters in the table's order; defaults stand in for missing ones.

    Returns
    -------
    y
    """
    y, x, parameters = contract.forward("activation_forward", y, x, name, parameters)
    name, parameters = _map(name, parameters)
    run = getattr(activation_maps, name if x.size < SMALL else name + "_parallel")
    launch(run, y.reshape(-1), x.reshape(-1), *parameters)
    return y


def activation_backward(dx, dy, x, y, name, parameters=()):
    """``dx = dy f'(x)`` for the activation ``name``.

    Parameters
    ----------
    dx : array or None
        Gradient of the input; overwritten. May be ``dy`` itself.
    dy : array
        Gradient of the output.
    x, y : array or None
        Input and output of the forward pass; only the one that ``saved`` names is looked at.
    name, parameters
        As in :func:`activation_forward`.

    Returns
    -------
    dx
    """
    dx, dy, kept, parameters = contract.backward(
        "activation_backward", dx, dy, x, y, name, parameters
    )
    name, parameters = _map(name, parameters)
    run = getattr(derivative_maps, name if dx.size < SMALL else name + "_parallel")
    launch(run, dx.reshape(-1), dy.reshape(-1), kept.reshape(-1), *parameters)
    return dx


def _map(name, parameters):
    """Name of the map that serves an activation, and the map's parameters."""
    if name == "relu":
        slope, top, threshold = parameters
        plain = slope == 0 and threshold == 0 and top == float("inf")
        return ("relu", ()) if plain else ("leaky_relu", parameters)
    if name == "gelu":
        return ("gelu_tanh" if parameters[0] else "gelu"), ()
    return {
        "relu6": ("leaky_relu", _SIX),
        "elu": ("elu", (*parameters, 1.0)),
        "selu": ("elu", (ALPHA_SELU, SCALE_SELU)),
        "sigmoid": ("logistic", ()),
        "tanh": ("scaled_tanh", (1.0, 1.0)),
        "softplus": ("soft_plus", ()),
    }.get(name, (name, parameters))
