"""The derivative of every activation as a map: ``dx = dy f'``, in one pass.

Each stands twice, as in :mod:`.activation_maps`: over one piece, in place on a copy of ``dy``, and
over all pieces in parallel. ``y`` or ``x`` is what the derivative is written in.
"""

import math

from .. import jit
from .activation_maps import GELU_CUBIC, SQRT_2_OVER_PI, SQRT_HALF
from .chunks import copy, count, cut
from .elementary import erf, exp, expm1, sigmoid


@jit.exact
def relu(dx, dy, y):
    """1 where ``y > 0``."""
    zero = dx.dtype.type(0)
    if dx.ctypes.data == dy.ctypes.data:
        for i in range(dx.size):
            dx[i] = dx[i] if y[i] > zero else zero
    else:  # so little is computed that a copy would take as long
        for i in range(dx.size):
            dx[i] = dy[i] if y[i] > zero else zero


@jit.parallel
def relu_parallel(dx, dy, y):
    for piece in jit.prange(count(dx.size)):
        relu(cut(dx, piece), cut(dy, piece), cut(y, piece))


@jit.exact
def leaky_relu(dx, dy, x, slope, top, threshold):
    """``slope`` up to ``threshold``, then 1, then 0 from ``top`` on; ``x`` may be the output."""
    copy(dx, dy)
    zero, one = dx.dtype.type(0), dx.dtype.type(1)
    below, limit, kink = dx.dtype.type(slope), dx.dtype.type(top), dx.dtype.type(threshold)
    flat = one if top == math.inf else zero  # an infinite x lies on no limit then
    for i in range(dx.size):
        above = flat if x[i] >= limit else one
        dx[i] = dx[i] * (above if x[i] > kink else below)


@jit.parallel
def leaky_relu_parallel(dx, dy, x, slope, top, threshold):
    for piece in jit.prange(count(dx.size)):
        leaky_relu(cut(dx, piece), cut(dy, piece), cut(x, piece), slope, top, threshold)


@jit.exact
def elu(dx, dy, y, alpha, scale):
    """``scale`` above 0, ``y + alpha scale`` below."""
    copy(dx, dy)
    zero, below, factor = dx.dtype.type(0), dx.dtype.type(alpha * scale), dx.dtype.type(scale)
    for i in range(dx.size):
        dx[i] = dx[i] * (factor if y[i] > zero else y[i] + below)


@jit.parallel
def elu_parallel(dx, dy, y, alpha, scale):
    for piece in jit.prange(count(dx.size)):
        elu(cut(dx, piece), cut(dy, piece), cut(y, piece), alpha, scale)


@jit.exact
def logistic(dx, dy, y):
    """``y (1 - y)``."""
    copy(dx, dy)
    one = dx.dtype.type(1)
    for i in range(dx.size):
        dx[i] = dx[i] * (y[i] * (one - y[i]))


@jit.parallel
def logistic_parallel(dx, dy, y):
    for piece in jit.prange(count(dx.size)):
        logistic(cut(dx, piece), cut(dy, piece), cut(y, piece))


@jit.exact
def hard_sigmoid(dx, dy, y):
    """1/6 strictly between 0 and 1."""
    copy(dx, dy)
    zero, one, sixth = dx.dtype.type(0), dx.dtype.type(1), dx.dtype.type(1 / 6)
    for i in range(dx.size):
        rising = sixth if y[i] > zero else zero
        dx[i] = dx[i] * (rising if y[i] < one else zero)


@jit.parallel
def hard_sigmoid_parallel(dx, dy, y):
    for piece in jit.prange(count(dx.size)):
        hard_sigmoid(cut(dx, piece), cut(dy, piece), cut(y, piece))


@jit.exact
def scaled_tanh(dx, dy, y, amplitude, slope):
    """``slope (amplitude - y^2 / amplitude)``."""
    copy(dx, dy)
    linear, quadratic = dx.dtype.type(slope * amplitude), dx.dtype.type(slope / amplitude)
    for i in range(dx.size):
        dx[i] = dx[i] * (linear - quadratic * (y[i] * y[i]))


@jit.parallel
def scaled_tanh_parallel(dx, dy, y, amplitude, slope):
    for piece in jit.prange(count(dx.size)):
        scaled_tanh(cut(dx, piece), cut(dy, piece), cut(y, piece), amplitude, slope)


@jit.exact
def soft_plus(dx, dy, y):
    """``1 - e^-y``, which is ``sigmoid(x)``."""
    copy(dx, dy)
    for i in range(dx.size):
        dx[i] = dx[i] * -expm1(-y[i])


@jit.parallel
def soft_plus_parallel(dx, dy, y):
    for piece in jit.prange(count(dx.size)):
        soft_plus(cut(dx, piece), cut(dy, piece), cut(y, piece))


@jit.exact
def softsign(dx, dy, x):
    """``1 / (1 + |x|)^2``."""
    copy(dx, dy)
    one = dx.dtype.type(1)
    for i in range(dx.size):
        root = one + abs(x[i])
        dx[i] = dx[i] / (root * root)


@jit.parallel
def softsign_parallel(dx, dy, x):
    for piece in jit.prange(count(dx.size)):
        softsign(cut(dx, piece), cut(dy, piece), cut(x, piece))


@jit.exact
def exponential(dx, dy, y):
    """``y`` itself."""
    copy(dx, dy)
    for i in range(dx.size):
        dx[i] = dx[i] * y[i]


@jit.parallel
def exponential_parallel(dx, dy, y):
    for piece in jit.prange(count(dx.size)):
        exponential(cut(dx, piece), cut(dy, piece), cut(y, piece))


@jit.exact
def silu(dx, dy, x):
    """``s + x s (1 - s)`` with ``s = sigmoid(x)``."""
    copy(dx, dy)
    one = dx.dtype.type(1)
    for i in range(dx.size):
        s = sigmoid(x[i])
        dx[i] = dx[i] * (s + x[i] * (s * (one - s)))


@jit.parallel
def silu_parallel(dx, dy, x):
    for piece in jit.prange(count(dx.size)):
        silu(cut(dx, piece), cut(dy, piece), cut(x, piece))


@jit.exact
def gelu(dx, dy, x):
    """``Phi(x) + x Phi'(x)``."""
    copy(dx, dy)
    half, one, root = dx.dtype.type(0.5), dx.dtype.type(1), dx.dtype.type(SQRT_HALF)
    density = dx.dtype.type(0.5 * SQRT_2_OVER_PI)
    for i in range(dx.size):
        v = x[i]
        bell = density * exp(-half * v * v)
        dx[i] = dx[i] * (half * (one + erf(v * root)) + v * bell)


@jit.parallel
def gelu_parallel(dx, dy, x):
    for piece in jit.prange(count(dx.size)):
        gelu(cut(dx, piece), cut(dy, piece), cut(x, piece))


@jit.exact
def gelu_tanh(dx, dy, x):
    """``s + 2 x s (1 - s) u'`` with ``s = sigmoid(2 u)``."""
    copy(dx, dy)
    one, two = dx.dtype.type(1), dx.dtype.type(2)
    root, cubic = dx.dtype.type(SQRT_2_OVER_PI), dx.dtype.type(GELU_CUBIC)
    cubic_slope = dx.dtype.type(3 * GELU_CUBIC)
    for i in range(dx.size):
        v = x[i]
        s = sigmoid(two * root * (v + cubic * v * v * v))
        slope = root * (one + cubic_slope * v * v)
        dx[i] = dx[i] * (s + two * v * (s * (one - s)) * slope)


@jit.parallel
def gelu_tanh_parallel(dx, dy, x):
    for piece in jit.prange(count(dx.size)):
        gelu_tanh(cut(dx, piece), cut(dy, piece), cut(x, piece))


@jit.exact
def mish(dx, dy, x):
    """``t + x (1 - t^2) sigmoid(x)`` with ``t = tanh(softplus x)``."""
    copy(dx, dy)
    one, two = dx.dtype.type(1), dx.dtype.type(2)
    four, large = dx.dtype.type(4), dx.dtype.type(20)
    for i in range(dx.size):
        v = x[i]
        e = exp(large if v > large else v)
        n = e * (e + two)
        t = n / (n + two)
        sech2 = four * (n + one) / ((n + two) * (n + two))
        slope = t + v * (sech2 * (e / (one + e)))
        dx[i] = dx[i] * (one if v > large else slope)


@jit.parallel
def mish_parallel(dx, dy, x):
    for piece in jit.prange(count(dx.size)):
        mish(cut(dx, piece), cut(dy, piece), cut(x, piece))
