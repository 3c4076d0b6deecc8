"""RMSprop: steps in units of the gradient's own recent size."""

from .base import Optimizer, registry


@registry.register("rmsprop")
class RMSprop(Optimizer):
    """``w -= learning_rate * g / sqrt(mean of g^2 + epsilon)`` (Hinton, lecture 6e).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    rho : float
        How long the running mean remembers.
    momentum : float
    epsilon : float
    centered : bool
        Subtract the squared mean of the gradient: its variance instead of its square.
    **settings
        As of every :class:`~minicnn.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
        **settings,
    ):
        super().__init__(learning_rate, **settings)
        self.rho = self._fraction("rho", rho)
        self.momentum = self._number("momentum", momentum)
        self.epsilon = self._number("epsilon", epsilon)
        self.centered = bool(centered)

    @property
    def slots(self):
        """The mean square, and what momentum and centering need."""
        mean = ("mean",) if self.centered else ()
        velocity = ("velocity",) if self.momentum else ()
        return ("mean_square", *mean, *velocity)

    def update(self, ops, w, g, slots, learning_rate):
        ops.rmsprop_update(
            w,
            slots["mean_square"],
            slots.get("mean"),
            slots.get("velocity"),
            g,
            learning_rate,
            self.rho,
            self.momentum,
            self.epsilon,
        )
