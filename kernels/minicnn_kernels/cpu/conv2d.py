"""Convolution of ``[N, H, W, C]`` with ``[KH, KW, C / groups, F]``: directly, or by Winograd.

``y[n, i, j, f] = b[f] + sum_{u, v, c} x[n, i*s + u*d - p, j*s + v*d - p, c] * w[u, v, c, f]``

See ``reference/conv2d.py`` for the formula as NumPy. No image is unrolled into a matrix: see
:mod:`correlation` for the order of the loops and :mod:`tiles` for the innermost one. The form with
fewer products is in :mod:`winograd`; :mod:`choice` says which is taken. The direct form of few
filters goes by :mod:`planes`.
"""

from ..capture import is_constant
from ..contracts import conv
from ..jit import threads
from . import (
    choice,
    correlation_plan,
    planar,
    planar_weight_gradient,
    planes,
    weight_gradient,
    weight_gradient_plan,
    winograd,
    winograd_weight_gradient,
)
from .correlation import correlate
from .input_gradient import input_gradient


def conv2d_forward(
    y,
    x,
    w,
    b=None,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    groups=1,
    activation="linear",
):
    """``y = activation(x * w + b)``; ``y`` is overwritten, or allocated if ``None``."""
    y, x, w, b, g = conv.forward(
        "conv2d_forward", 2, y, x, w, b, strides, padding, dilations, groups, activation
    )
    biased = b is not None
    constant = is_constant(w)
    m = choice.forward_tile(g, x.dtype, constant)
    if m:
        p = winograd.forward_plan(g, x.dtype, m, biased, activation, constant)
        winograd.convolve(y, x, w, b, p)
    elif planes.fits(g, x.dtype):
        planar.convolve(y, x, w, b, planar.forward_plan(g, x.dtype, activation))
    else:
        p = correlation_plan.forward_plan(g, x.dtype, biased, activation, constant)
        correlate(y, x, w, b, p)
    return y


def conv2d_backward_input(
    dx,
    dy,
    w,
    input_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    groups=1,
):
    """Gradient of the input, ``dx`` overwritten; the transposed convolution of ``dy``."""
    dx, dy, w, g = conv.backward_input(
        "conv2d_backward_input", 2, dx, dy, w, input_size, strides, padding, dilations, groups
    )
    m = choice.input_gradient_tile(g, dy.dtype)
    if m:
        winograd.convolve(dx, dy, w, None, winograd.input_gradient_plan(g, dy.dtype, m))
    else:
        input_gradient(dx, dy, w, g)
    return dx


def conv2d_backward_weights(
    dw,
    x,
    dy,
    kernel_size,
    strides=(1, 1),
    padding=((0, 0), (0, 0)),
    dilations=(1, 1),
    groups=1,
    add=True,
):
    """Gradient of the weights, added to ``dw`` or overwriting it: ``x`` correlated with ``dy``."""
    dw, x, dy, g = conv.backward_weights(
        "conv2d_backward_weights", 2, dw, x, dy, kernel_size, strides, padding, dilations, groups
    )
    m = choice.weight_gradient_tile(g, x.dtype)
    if m:
        plan = winograd_weight_gradient.weight_gradient_plan(g, x.dtype, m, threads())
        winograd_weight_gradient.add_weight_gradient(dw, x, dy, plan, add)
    elif planes.fits(g, x.dtype):
        plan = planar_weight_gradient.weight_gradient_plan(g, x.dtype)
        planar_weight_gradient.add_weight_gradient(dw, x, dy, plan, add)
    else:
        plan = weight_gradient_plan.weight_gradient_plan(g, x.dtype)
        weight_gradient.add_weight_gradient(dw, x, dy, plan, add)
    return dw
