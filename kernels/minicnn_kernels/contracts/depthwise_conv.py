"""Depthwise convolution's contract: as many groups as channels.

``x [N, H, W, C]``, ``w [KH, KW, C, M]``, ``b [C * M]``, ``y [N, OH, OW, C * M]``; filter ``m`` of
channel ``c`` writes channel ``c * M + m``. So ``w`` read as ``[KH, KW, 1, C * M]`` is the kernel
of a convolution of ``C`` groups, whose checks these are.
"""

from . import arrays, conv


def _convolution(op, x_shape, kernel, filters, strides, padding, dilations):
    w_shape = (*kernel, 1, filters)
    return conv.convolution(op, x_shape, w_shape, strides, padding, dilations, x_shape[-1])


def _channels(op, x):
    if x.shape[-1] < 1:
        raise ValueError(f"{op}: x must have channels, got shape {x.shape}")
    return x.shape[-1]


def _kernel(op, w, channels):
    if min(w.shape) < 1:
        raise ValueError(f"{op}: w must not be empty, got shape {w.shape}")
    if w.shape[2] != channels:
        raise ValueError(f"{op}: w must have {channels} channels as x has, got shape {w.shape}")
    return w.shape[:2], w.shape[2] * w.shape[3]


def forward(op, y, x, w, b, strides, padding, dilations, activation):
    """Checked ``(y, x, w, b, geometry)`` of a forward pass; allocates ``y`` if it is ``None``."""
    x = arrays.floats(op, "x", x, 4)
    w = arrays.floats(op, "w", w, 4)
    arrays.same_dtype(op, x=x, w=w)
    if activation not in conv.ACTIVATIONS:
        raise ValueError(f"{op}: activation must be one of {conv.ACTIVATIONS}, got {activation!r}")
    kernel, filters = _kernel(op, w, _channels(op, x))
    g = _convolution(op, x.shape, kernel, filters, strides, padding, dilations)
    b = arrays.vector(op, "b", b, filters, x)
    y = arrays.output(op, "y", y, g.y_shape, x.dtype, x, w, b)
    return y, x, w, b, g


def backward_input(op, dx, dy, w, input_size, strides, padding, dilations):
    """Checked ``(dx, dy, w, geometry)``; ``input_size`` is ``(H, W)``."""
    dy = arrays.floats(op, "dy", dy, 4)
    w = arrays.floats(op, "w", w, 4)
    arrays.same_dtype(op, dy=dy, w=w)
    size = arrays.integers(op, "input_size", input_size, 2, 1)
    kernel, filters = _kernel(op, w, w.shape[2])
    x_shape = (dy.shape[0], *size, w.shape[2])
    g = _convolution(op, x_shape, kernel, filters, strides, padding, dilations)
    _gradient(op, dy, g)
    dx = arrays.output(op, "dx", dx, g.x_shape, dy.dtype, dy, w)
    return dx, dy, w, g


def backward_weights(op, dw, x, dy, kernel_size, strides, padding, dilations):
    """Checked ``(dw, x, dy, geometry)``; a ``dw`` of ``None`` starts from zeros."""
    x = arrays.floats(op, "x", x, 4)
    dy = arrays.floats(op, "dy", dy, 4)
    arrays.same_dtype(op, x=x, dy=dy)
    kernel = arrays.integers(op, "kernel_size", kernel_size, 2, 1)
    channels, filters = _channels(op, x), dy.shape[-1]
    if filters < 1 or filters % channels:
        raise ValueError(
            f"{op}: dy must have a multiple of x's {channels} channels, got shape {dy.shape}"
        )
    g = _convolution(op, x.shape, kernel, filters, strides, padding, dilations)
    _gradient(op, dy, g)
    w_shape = (*kernel, channels, filters // channels)
    dw = arrays.output(op, "dw", dw, w_shape, x.dtype, x, dy, zero=True)
    return dw, x, dy, g


def backward(op, dx, dw, x, dy, w, strides, padding, dilations):
    """Checked ``(dx, dw, x, dy, w, geometry)``; a ``dw`` of ``None`` starts from zeros."""
    x = arrays.floats(op, "x", x, 4)
    dy = arrays.floats(op, "dy", dy, 4)
    w = arrays.floats(op, "w", w, 4)
    arrays.same_dtype(op, x=x, dy=dy, w=w)
    kernel, filters = _kernel(op, w, _channels(op, x))
    g = _convolution(op, x.shape, kernel, filters, strides, padding, dilations)
    _gradient(op, dy, g)
    dx = arrays.output(op, "dx", dx, g.x_shape, x.dtype, x, dy, w, dw)
    dw = arrays.output(op, "dw", dw, w.shape, x.dtype, x, dy, w, zero=True)
    return dx, dw, x, dy, w, g


def _gradient(op, dy, g):
    if dy.shape != g.y_shape:
        raise ValueError(f"{op}: dy must have the output's shape {g.y_shape}, got {dy.shape}")
