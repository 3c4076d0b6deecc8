"""One step of each optimizer over flat vectors, in place, with the formulas of Keras 3."""

import numpy as np

from ..contracts import optimizers as contract


def sgd_update(w, velocity, g, learning_rate, momentum=0.0, nesterov=False):
    """Gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).

    ``velocity = momentum velocity - learning_rate g``, then ``w += velocity``, or with Nesterov
    ``w += momentum velocity - learning_rate g``. Without momentum ``w -= learning_rate g``.

    Parameters
    ----------
    w : vector of float32 or float64
        Parameters; updated in place.
    velocity : vector or None
        Updated in place; ``None`` without momentum.
    g : vector
        Gradient of ``w``.
    learning_rate : float
    momentum : float in [0, 1]
    nesterov : bool
    """
    g, lr, momentum = contract.sgd("sgd_update", w, velocity, g, learning_rate, momentum)
    if velocity is None:
        w -= lr * g
        return
    velocity[:] = momentum * velocity - lr * g
    w += momentum * velocity - lr * g if nesterov else velocity


def rmsprop_update(
    w, mean_square, mean, velocity, g, learning_rate, rho=0.9, momentum=0.0, epsilon=1e-7
):
    """RMSprop (Tieleman and Hinton 2012), optionally centered (Graves 2013) or with momentum.

    ``mean_square = rho mean_square + (1 - rho) g^2`` (``mean`` likewise of ``g``), then
    ``w -= learning_rate g / sqrt(mean_square - mean^2 + epsilon)``, through
    ``velocity = momentum velocity + ...`` where there is one.

    Parameters
    ----------
    w : vector of float32 or float64
        Parameters; updated in place.
    mean_square : vector
        Updated in place.
    mean : vector or None
        Updated in place; ``None`` unless centered.
    velocity : vector or None
        Updated in place; ``None`` without momentum.
    g : vector
        Gradient of ``w``.
    learning_rate : float
    rho : float in [0, 1)
    momentum : float in [0, 1]
    epsilon : float, not negative
    """
    g, lr, rho, momentum, epsilon = contract.rmsprop(
        "rmsprop_update",
        *(w, mean_square, mean, velocity, g),
        *(learning_rate, rho, momentum, epsilon),
    )
    mean_square[:] = rho * mean_square + (1 - rho) * g * g
    denominator = mean_square + epsilon
    if mean is not None:
        mean[:] = rho * mean + (1 - rho) * g
        denominator = mean_square - mean * mean + epsilon
    with np.errstate(all="ignore"):
        increment = lr * g / np.sqrt(denominator)
    if velocity is not None:
        velocity[:] = momentum * velocity + increment
        increment = velocity
    w -= increment


def adam_update(w, m, v, v_max, g, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, step=1):
    """Adam (Kingma and Ba 2014), or AMSGrad (Reddi et al. 2018) where ``v_max`` is given.

    ``m += (1 - beta_1) (g - m)``, ``v += (1 - beta_2) (g^2 - v)``, then
    ``w -= alpha m / (sqrt(v) + epsilon)`` with
    ``alpha = learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step)``.

    Parameters
    ----------
    w : vector of float32 or float64
        Parameters; updated in place.
    m, v : vector
        Means of ``g`` and of its square; updated in place.
    v_max : vector or None
        Largest ``v`` so far; updated in place. ``None`` unless AMSGrad.
    g : vector
        Gradient of ``w``.
    learning_rate : float
    beta_1, beta_2 : float in [0, 1)
    epsilon : float, not negative
    step : int
        Number of this update, from 1.
    """
    g, alpha, beta_1, beta_2, epsilon = contract.adam(
        "adam_update", w, m, v, v_max, g, learning_rate, beta_1, beta_2, epsilon, step
    )
    m += (g - m) * (1 - beta_1)
    v += (g * g - v) * (1 - beta_2)
    if v_max is not None:
        v_max[:] = v = np.maximum(v_max, v)
    with np.errstate(all="ignore"):
        w -= alpha * m / (np.sqrt(v) + epsilon)


def nadam_update(
    w, m, v, g, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, step=1, u_product=None
):
    """Adam with Nesterov's momentum (Dozat 2016) and its schedule ``u``.

    ``u_t = beta_1 (1 - 0.96^t / 2)``; ``m`` and ``v`` as in :func:`adam_update`; then
    ``w -= learning_rate m' / (sqrt(v / (1 - beta_2^t)) + epsilon)`` with
    ``m' = u_{t+1} m / (1 - u_1 ... u_{t+1}) + (1 - u_t) g / (1 - u_1 ... u_t)``.

    Parameters
    ----------
    w : vector of float32 or float64
        Parameters; updated in place.
    m, v : vector
        Means of ``g`` and of its square; updated in place.
    g : vector
        Gradient of ``w``.
    learning_rate : float
    beta_1, beta_2 : float in [0, 1)
    epsilon : float, not negative
    step : int
        Number ``t`` of this update, from 1.
    u_product : float or None
        ``u_1 ... u_t``, which the caller keeps from step to step; ``None`` computes it.
    """
    g, from_m, from_g, correction, beta_1, beta_2, epsilon = contract.nadam(
        "nadam_update", w, m, v, g, learning_rate, beta_1, beta_2, epsilon, step, u_product
    )
    m += (g - m) * (1 - beta_1)
    v += (g * g - v) * (1 - beta_2)
    with np.errstate(all="ignore"):
        w -= (from_m * m + from_g * g) / (np.sqrt(correction * v) + epsilon)


def adagrad_update(w, accumulator, g, learning_rate, epsilon=1e-7):
    """Adagrad (Duchi et al. 2011).

    ``accumulator += g^2``, then ``w -= learning_rate g / sqrt(accumulator + epsilon)``.

    Parameters
    ----------
    w : vector of float32 or float64
        Parameters; updated in place.
    accumulator : vector
        Sum of squared gradients; updated in place.
    g : vector
        Gradient of ``w``.
    learning_rate : float
    epsilon : float, not negative
    """
    g, lr, epsilon = contract.adagrad("adagrad_update", w, accumulator, g, learning_rate, epsilon)
    accumulator += g * g
    with np.errstate(all="ignore"):
        w -= lr * g / np.sqrt(accumulator + epsilon)
