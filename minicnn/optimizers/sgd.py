"""Stochastic gradient descent, with momentum."""

from .base import Optimizer, registry


@registry.register("sgd")
class SGD(Optimizer):
    """``velocity = momentum * velocity - learning_rate * g``, ``w += velocity``.

    With ``nesterov`` the step looks ahead: ``w += momentum * velocity - learning_rate * g``.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    momentum : float
        In [0, 1].
    nesterov : bool
    **settings
        As of every :class:`~minicnn.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **settings):
        super().__init__(learning_rate, **settings)
        self.momentum = self._number("momentum", momentum)
        if self.momentum > 1:
            raise ValueError(f"SGD: momentum must be in [0, 1], got {momentum}")
        self.nesterov = bool(nesterov)

    @property
    def slots(self):
        """A velocity, where there is momentum."""
        return ("velocity",) if self.momentum else ()

    def update(self, ops, w, g, slots, learning_rate):
        ops.sgd_update(w, slots.get("velocity"), g, learning_rate, self.momentum, self.nesterov)
