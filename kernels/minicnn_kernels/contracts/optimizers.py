"""The optimizers' contract: flat vectors of one length and dtype, updated in place."""

import math

import numpy as np

from . import arrays


def _vectors(op, w, g, **states):
    """Check the vectors of an update and return ``g``, copied where its layout needs it.

    Parameters
    ----------
    op : str
        The operation, for messages.
    w : array
        Parameters: a writable C-contiguous vector of float32 or float64.
    g : array
        Gradient of ``w``'s shape and dtype.
    **states : array or None
        The optimizer's slots, like ``w``; ``None`` where the variant keeps none.

    Raises
    ------
    ValueError, TypeError
        For any other shape, dtype or layout, or where two of them share memory.
    """
    if not isinstance(w, np.ndarray) or w.ndim != 1:
        told = f"shape {w.shape}" if isinstance(w, np.ndarray) else type(w).__name__
        raise TypeError(f"{op}: w must be a vector, got {told}")
    if w.dtype not in arrays.FLOATS:
        raise TypeError(f"{op}: w must be float32 or float64, got {w.dtype}")
    g = arrays.shaped(op, "g", g, w.shape, w)
    others = [g]
    for name, array in (("w", w), *states.items()):
        if array is not None:
            arrays.output(op, name, array, w.shape, w.dtype, *others)
            others.append(array)
    return g


def sgd(op, w, velocity, g, learning_rate, momentum):
    """Checked ``(g, learning_rate, momentum)``."""
    learning_rate = arrays.number(op, "learning_rate", learning_rate)
    momentum = arrays.number(op, "momentum", momentum, 0.0, 1.0)
    if velocity is None and momentum:
        raise ValueError(f"{op}: momentum {momentum} needs a velocity, got None")
    return _vectors(op, w, g, velocity=velocity), learning_rate, momentum


def rmsprop(op, w, mean_square, mean, velocity, g, learning_rate, rho, momentum, epsilon):
    """Checked ``(g, learning_rate, rho, momentum, epsilon)``."""
    learning_rate = arrays.number(op, "learning_rate", learning_rate)
    rho = _decay(op, "rho", rho)
    momentum = arrays.number(op, "momentum", momentum, 0.0, 1.0)
    if velocity is None and momentum:
        raise ValueError(f"{op}: momentum {momentum} needs a velocity, got None")
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    _needed(op, mean_square=mean_square)
    g = _vectors(op, w, g, mean_square=mean_square, mean=mean, velocity=velocity)
    return g, learning_rate, rho, momentum, epsilon


def adam(op, w, m, v, v_max, g, learning_rate, beta_1, beta_2, epsilon, step):
    """Checked ``(g, alpha, beta_1, beta_2, epsilon)``; ``alpha`` corrects the means' bias."""
    learning_rate = arrays.number(op, "learning_rate", learning_rate)
    beta_1, beta_2 = _decay(op, "beta_1", beta_1), _decay(op, "beta_2", beta_2)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    step = arrays.integer(op, "step", step, 1)
    _needed(op, m=m, v=v)
    g = _vectors(op, w, g, m=m, v=v, v_max=v_max)
    # Powers in the arrays' own precision, as Keras takes them: 1 - 0.999 in float32 is off by
    # 1e-5, and training in Keras can only be followed with the same step sizes.
    real = g.dtype.type
    correction_1, correction_2 = (1 - real(beta) ** real(step) for beta in (beta_1, beta_2))
    alpha = float(real(learning_rate) * np.sqrt(correction_2) / correction_1)
    return g, alpha, beta_1, beta_2, epsilon


def nadam(op, w, m, v, g, learning_rate, beta_1, beta_2, epsilon, step, u_product):
    """Checked ``(g, from_m, from_g, correction, beta_1, beta_2, epsilon)``.

    The step is ``(from_m m + from_g g) / (sqrt(correction v) + epsilon)``.
    """
    learning_rate = arrays.number(op, "learning_rate", learning_rate)
    beta_1, beta_2 = _decay(op, "beta_1", beta_1), _decay(op, "beta_2", beta_2)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    step = arrays.integer(op, "step", step, 1)
    _needed(op, m=m, v=v)
    g = _vectors(op, w, g, m=m, v=v)
    u, next_u = (beta_1 * (1 - 0.5 * 0.96**t) for t in (step, step + 1))
    if u_product is None:
        u_product = math.prod(beta_1 * (1 - 0.5 * 0.96**t) for t in range(1, step + 1))
    u_product = arrays.number(op, "u_product", u_product, 0.0, 1.0)
    from_m = learning_rate * next_u / (1 - u_product * next_u)
    from_g = learning_rate * (1 - u) / (1 - u_product)
    return g, from_m, from_g, 1 / (1 - beta_2**step), beta_1, beta_2, epsilon


def adagrad(op, w, accumulator, g, learning_rate, epsilon):
    """Checked ``(g, learning_rate, epsilon)``."""
    learning_rate = arrays.number(op, "learning_rate", learning_rate)
    epsilon = arrays.number(op, "epsilon", epsilon, 0.0)
    _needed(op, accumulator=accumulator)
    return _vectors(op, w, g, accumulator=accumulator), learning_rate, epsilon


def _decay(op, name, value):
    """A mean's decay rate in ``[0, 1)``."""
    value = arrays.number(op, name, value, 0.0, 1.0)
    if value == 1.0:
        raise ValueError(f"{op}: {name} must be below 1, got {value}")
    return value


def _needed(op, **states):
    for name, array in states.items():
        if array is None:
            raise TypeError(f"{op}: {name} must be an array, got None")
