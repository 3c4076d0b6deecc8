"""Convolution of ``[N, D, H, W, C]`` with ``[KD, KH, KW, C / groups, F]``, directly in tiles.

The sum of ``conv2d.py`` over one more axis, by the same drivers: ``reference/conv3d.py`` shows the
formula as NumPy. No image is unrolled into a matrix: see
:mod:`correlation` for the order of the loops and :mod:`tiles` for the innermost one.
"""

from ..contracts import conv
from .correlation import correlate
from .correlation_plan import forward_plan
from .input_gradient import input_gradient
from .weight_gradient import add_weight_gradient
from .weight_gradient_plan import weight_gradient_plan


def conv3d_forward(
    y,
    x,
    w,
    b=None,
    strides=(1, 1, 1),
    padding=((0, 0), (0, 0), (0, 0)),
    dilations=(1, 1, 1),
    groups=1,
    activation="linear",
):
    """``y = activation(x * w + b)``; ``y`` is overwritten, or allocated if ``None``."""
    y, x, w, b, g = conv.forward(
        "conv3d_forward", 3, y, x, w, b, strides, padding, dilations, groups, activation
    )
    correlate(y, x, w, b, forward_plan(g, x.dtype, b is not None, activation))
    return y


def conv3d_backward_input(
    dx,
    dy,
    w,
    input_size,
    strides=(1, 1, 1),
    padding=((0, 0), (0, 0), (0, 0)),
    dilations=(1, 1, 1),
    groups=1,
):
    """Gradient of the input, ``dx`` overwritten; the transposed convolution of ``dy``."""
    dx, dy, w, g = conv.backward_input(
        "conv3d_backward_input", 3, dx, dy, w, input_size, strides, padding, dilations, groups
    )
    input_gradient(dx, dy, w, g)
    return dx


def conv3d_backward_weights(
    dw,
    x,
    dy,
    kernel_size,
    strides=(1, 1, 1),
    padding=((0, 0), (0, 0), (0, 0)),
    dilations=(1, 1, 1),
    groups=1,
    add=True,
):
    """Gradient of the weights, added to ``dw`` or overwriting it: ``x`` correlated with ``dy``."""
    dw, x, dy, g = conv.backward_weights(
        "conv3d_backward_weights", 3, dw, x, dy, kernel_size, strides, padding, dilations, groups
    )
    add_weight_gradient(dw, x, dy, weight_gradient_plan(g, x.dtype), add)
    return dw
