"""Every activation as a map over a flat array, in one pass.

Each stands twice: over one piece, which works in place on a copy of ``x`` (a loop over one array
needs no alias check, so it is vector code for ``y is x`` too), and over all pieces in parallel.
Their roundings keep the written order: reordered, ``x (n / (n + 2))`` would overflow.
"""

from .. import jit
from .chunks import copy, count, cut
from .elementary import erf, exp, expm1, sigmoid, softplus, tanh

SQRT_HALF = 0.5**0.5
SQRT_2_OVER_PI = 0.7978845608028654
GELU_CUBIC = 0.044715


@jit.exact
def relu(y, x):
    """``max(x, 0)``; NaN stays NaN."""
    zero = y.dtype.type(0)
    if y.ctypes.data == x.ctypes.data:
        for i in range(y.size):
            y[i] = zero if y[i] < zero else y[i]
    else:  # so little is computed that a copy would take as long
        for i in range(y.size):
            y[i] = zero if x[i] < zero else x[i]


@jit.parallel
def relu_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        relu(cut(y, piece), cut(x, piece))


@jit.exact
def leaky_relu(y, x, slope, top, threshold):
    """ReLU with a slope below ``threshold`` and a limit ``top``."""
    copy(y, x)
    zero, kink = y.dtype.type(0), y.dtype.type(threshold)
    below, limit = y.dtype.type(slope), y.dtype.type(top)
    for i in range(y.size):
        v = y[i]
        if v <= kink:
            v = below * (v - kink) if below != zero else zero
        y[i] = limit if v > limit else v


@jit.parallel
def leaky_relu_parallel(y, x, slope, top, threshold):
    for piece in jit.prange(count(x.size)):
        leaky_relu(cut(y, piece), cut(x, piece), slope, top, threshold)


@jit.exact
def elu(y, x, alpha, scale):
    """``scale * (x if x > 0 else alpha (e^x - 1))``; SELU is one of these."""
    copy(y, x)
    zero, below, factor = y.dtype.type(0), y.dtype.type(alpha * scale), y.dtype.type(scale)
    for i in range(y.size):
        v = y[i]
        bent = below * expm1(v if v < zero else zero)
        y[i] = bent if v < zero else factor * v


@jit.parallel
def elu_parallel(y, x, alpha, scale):
    for piece in jit.prange(count(x.size)):
        elu(cut(y, piece), cut(x, piece), alpha, scale)


@jit.exact
def logistic(y, x):
    """``1 / (1 + e^-x)``."""
    copy(y, x)
    for i in range(y.size):
        y[i] = sigmoid(y[i])


@jit.parallel
def logistic_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        logistic(cut(y, piece), cut(x, piece))


@jit.exact
def hard_sigmoid(y, x):
    """``x / 6 + 1/2`` between 0 and 1."""
    copy(y, x)
    zero, one = y.dtype.type(0), y.dtype.type(1)
    half, sixth = y.dtype.type(0.5), y.dtype.type(1 / 6)
    for i in range(y.size):
        v = y[i] * sixth + half
        v = zero if v < zero else v
        y[i] = one if v > one else v


@jit.parallel
def hard_sigmoid_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        hard_sigmoid(cut(y, piece), cut(x, piece))


@jit.exact
def scaled_tanh(y, x, amplitude, slope):
    """``amplitude * tanh(slope x)``."""
    copy(y, x)
    height, steep = y.dtype.type(amplitude), y.dtype.type(slope)
    for i in range(y.size):
        y[i] = height * tanh(steep * y[i])


@jit.parallel
def scaled_tanh_parallel(y, x, amplitude, slope):
    for piece in jit.prange(count(x.size)):
        scaled_tanh(cut(y, piece), cut(x, piece), amplitude, slope)


@jit.exact
def soft_plus(y, x):
    """``log(1 + e^x)``."""
    copy(y, x)
    for i in range(y.size):
        y[i] = softplus(y[i])


@jit.parallel
def soft_plus_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        soft_plus(cut(y, piece), cut(x, piece))


@jit.exact
def softsign(y, x):
    """``x / (1 + |x|)``."""
    copy(y, x)
    one = y.dtype.type(1)
    for i in range(y.size):
        y[i] = y[i] / (one + abs(y[i]))


@jit.parallel
def softsign_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        softsign(cut(y, piece), cut(x, piece))


@jit.exact
def exponential(y, x):
    """``e^x``."""
    copy(y, x)
    for i in range(y.size):
        y[i] = exp(y[i])


@jit.parallel
def exponential_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        exponential(cut(y, piece), cut(x, piece))


@jit.exact
def silu(y, x):
    """``x sigmoid(x)``."""
    copy(y, x)
    for i in range(y.size):
        y[i] = y[i] * sigmoid(y[i])


@jit.parallel
def silu_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        silu(cut(y, piece), cut(x, piece))


@jit.exact
def gelu(y, x):
    """``x Phi(x)`` with the normal distribution function ``(1 + erf(x / sqrt 2)) / 2``."""
    copy(y, x)
    half, root = y.dtype.type(0.5), y.dtype.type(SQRT_HALF)
    one = y.dtype.type(1)
    for i in range(y.size):
        y[i] = y[i] * (half * (one + erf(y[i] * root)))


@jit.parallel
def gelu_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        gelu(cut(y, piece), cut(x, piece))


@jit.exact
def gelu_tanh(y, x):
    """``x (1 + tanh u) / 2 = x sigmoid(2 u)`` with ``u = sqrt(2 / pi) (x + 0.044715 x^3)``."""
    copy(y, x)
    two_root, cubic = y.dtype.type(2 * SQRT_2_OVER_PI), y.dtype.type(GELU_CUBIC)
    for i in range(y.size):
        v = y[i]
        y[i] = v * sigmoid(two_root * (v + cubic * v * v * v))


@jit.parallel
def gelu_tanh_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        gelu_tanh(cut(y, piece), cut(x, piece))


@jit.exact
def mish(y, x):
    """``x tanh(softplus x)``, where ``tanh(log(1 + e)) = n / (n + 2)`` with ``n = e (e + 2)``."""
    copy(y, x)
    two, large = y.dtype.type(2), y.dtype.type(20)  # beyond 20, tanh(softplus(x)) is 1
    for i in range(y.size):
        v = y[i]
        e = exp(large if v > large else v)
        n = e * (e + two)
        y[i] = v * (n / (n + two))


@jit.parallel
def mish_parallel(y, x):
    for piece in jit.prange(count(x.size)):
        mish(cut(y, piece), cut(x, piece))
