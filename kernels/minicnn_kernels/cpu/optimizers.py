"""One step of each optimizer over flat vectors, in place, with the formulas of Keras 3.

One pass each: what bounds it is memory. A slot that a variant does not keep is an empty vector.
"""

import numpy as np

from ..contracts import arrays
from ..contracts import optimizers as contract
from .chunks import SMALL
from .optimizer_steps import (
    adagrad,
    adagrad_parallel,
    adam,
    adam_parallel,
    nadam,
    nadam_parallel,
    rmsprop,
    rmsprop_parallel,
    sgd,
    sgd_parallel,
)

_NONE = {dtype: np.empty(0, dtype) for dtype in arrays.FLOATS}


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
    velocity = _NONE[w.dtype] if velocity is None else velocity
    run = sgd if w.size < SMALL else sgd_parallel
    run(w, velocity, g, lr, momentum, bool(nesterov))


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
    g, *numbers = contract.rmsprop(
        "rmsprop_update",
        *(w, mean_square, mean, velocity, g),
        *(learning_rate, rho, momentum, epsilon),
    )
    mean = _NONE[w.dtype] if mean is None else mean
    velocity = _NONE[w.dtype] if velocity is None else velocity
    run = rmsprop if w.size < SMALL else rmsprop_parallel
    run(w, mean_square, mean, velocity, g, *numbers)


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
    g, *numbers = contract.adam(
        "adam_update", w, m, v, v_max, g, learning_rate, beta_1, beta_2, epsilon, step
    )
    v_max = _NONE[w.dtype] if v_max is None else v_max
    run = adam if w.size < SMALL else adam_parallel
    run(w, m, v, v_max, g, *numbers)


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
    g, *numbers = contract.nadam(
        "nadam_update", w, m, v, g, learning_rate, beta_1, beta_2, epsilon, step, u_product
    )
    run = nadam if w.size < SMALL else nadam_parallel
    run(w, m, v, g, *numbers)


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
    g, *numbers = contract.adagrad("adagrad_update", w, accumulator, g, learning_rate, epsilon)
    run = adagrad if w.size < SMALL else adagrad_parallel
    run(w, accumulator, g, *numbers)
