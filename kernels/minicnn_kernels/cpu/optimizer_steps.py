"""The optimizers' loops: each over one piece, and over all pieces in parallel.

Numbers are read in the arrays' dtype, so that float32 stays float32.
"""

import numpy as np

from .. import jit
from .chunks import count, cut


@jit.exact
def sgd(w, velocity, g, learning_rate, momentum, nesterov):
    """An empty ``velocity`` means plain descent."""
    rate, friction = w.dtype.type(learning_rate), w.dtype.type(momentum)
    if velocity.size == 0:
        for i in range(w.size):
            w[i] -= rate * g[i]
    elif nesterov:
        for i in range(w.size):
            velocity[i] = friction * velocity[i] - rate * g[i]
            w[i] += friction * velocity[i] - rate * g[i]
    else:
        for i in range(w.size):
            velocity[i] = friction * velocity[i] - rate * g[i]
            w[i] += velocity[i]


@jit.parallel
def sgd_parallel(w, velocity, g, learning_rate, momentum, nesterov):
    for p in jit.prange(count(w.size)):
        sgd(cut(w, p), cut(velocity, p), cut(g, p), learning_rate, momentum, nesterov)


@jit.exact
def rmsprop(w, mean_square, mean, velocity, g, learning_rate, rho, momentum, epsilon):
    """An empty ``mean`` means not centered, an empty ``velocity`` without momentum."""
    rate, keep, new = w.dtype.type(learning_rate), w.dtype.type(rho), w.dtype.type(1 - rho)
    friction, small = w.dtype.type(momentum), w.dtype.type(epsilon)
    centered, moving = mean.size > 0, velocity.size > 0
    for i in range(w.size):
        mean_square[i] = keep * mean_square[i] + new * (g[i] * g[i])
        variance = mean_square[i]
        if centered:
            mean[i] = keep * mean[i] + new * g[i]
            variance -= mean[i] * mean[i]
        increment = rate * g[i] / np.sqrt(variance + small)
        if moving:
            velocity[i] = friction * velocity[i] + increment
            increment = velocity[i]
        w[i] -= increment


@jit.parallel
def rmsprop_parallel(w, mean_square, mean, velocity, g, learning_rate, rho, momentum, epsilon):
    for p in jit.prange(count(w.size)):
        rmsprop(
            *(cut(w, p), cut(mean_square, p), cut(mean, p), cut(velocity, p), cut(g, p)),
            *(learning_rate, rho, momentum, epsilon),
        )


@jit.exact
def adam(w, m, v, v_max, g, alpha, beta_1, beta_2, epsilon):
    """An empty ``v_max`` means plain Adam."""
    rate, small = w.dtype.type(alpha), w.dtype.type(epsilon)
    new_1, new_2 = w.dtype.type(1 - beta_1), w.dtype.type(1 - beta_2)
    if v_max.size == 0:
        for i in range(w.size):
            m[i] += (g[i] - m[i]) * new_1
            v[i] += (g[i] * g[i] - v[i]) * new_2
            w[i] -= rate * m[i] / (np.sqrt(v[i]) + small)
    else:
        for i in range(w.size):
            m[i] += (g[i] - m[i]) * new_1
            v[i] += (g[i] * g[i] - v[i]) * new_2
            v_max[i] = v_max[i] if v_max[i] > v[i] else v[i]
            w[i] -= rate * m[i] / (np.sqrt(v_max[i]) + small)


@jit.parallel
def adam_parallel(w, m, v, v_max, g, alpha, beta_1, beta_2, epsilon):
    for p in jit.prange(count(w.size)):
        adam(
            *(cut(w, p), cut(m, p), cut(v, p), cut(v_max, p), cut(g, p)),
            *(alpha, beta_1, beta_2, epsilon),
        )


@jit.exact
def nadam(w, m, v, g, from_m, from_g, correction, beta_1, beta_2, epsilon):
    """``w -= (from_m m + from_g g) / (sqrt(correction v) + epsilon)``."""
    share_m, share_g = w.dtype.type(from_m), w.dtype.type(from_g)
    new_1, new_2 = w.dtype.type(1 - beta_1), w.dtype.type(1 - beta_2)
    unbiased, small = w.dtype.type(correction), w.dtype.type(epsilon)
    for i in range(w.size):
        m[i] += (g[i] - m[i]) * new_1
        v[i] += (g[i] * g[i] - v[i]) * new_2
        w[i] -= (share_m * m[i] + share_g * g[i]) / (np.sqrt(unbiased * v[i]) + small)


@jit.parallel
def nadam_parallel(w, m, v, g, from_m, from_g, correction, beta_1, beta_2, epsilon):
    for p in jit.prange(count(w.size)):
        nadam(
            *(cut(w, p), cut(m, p), cut(v, p), cut(g, p)),
            *(from_m, from_g, correction, beta_1, beta_2, epsilon),
        )


@jit.exact
def adagrad(w, accumulator, g, learning_rate, epsilon):
    """``accumulator += g^2; w -= learning_rate g / sqrt(accumulator + epsilon)``."""
    rate, small = w.dtype.type(learning_rate), w.dtype.type(epsilon)
    for i in range(w.size):
        accumulator[i] += g[i] * g[i]
        w[i] -= rate * g[i] / np.sqrt(accumulator[i] + small)


@jit.parallel
def adagrad_parallel(w, accumulator, g, learning_rate, epsilon):
    for p in jit.prange(count(w.size)):
        adagrad(cut(w, p), cut(accumulator, p), cut(g, p), learning_rate, epsilon)
