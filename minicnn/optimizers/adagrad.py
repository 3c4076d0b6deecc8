"""Adagrad: every weight's rate falls with all it has seen."""

from .base import Optimizer, registry


@registry.register("adagrad")
class Adagrad(Optimizer):
    """``w -= learning_rate * g / sqrt(sum of g^2 + epsilon)`` (Duchi, Hazan and Singer).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    initial_accumulator_value : float
        What the sum starts from.
    epsilon : float
    **settings
        As of every :class:`~minicnn.optimizers.Optimizer`.
    """

    slots = ("accumulator",)

    def __init__(
        self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **settings
    ):
        super().__init__(learning_rate, **settings)
        self.initial_accumulator_value = self._number(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = self._number("epsilon", epsilon)

    def initial(self, slot):
        return self.initial_accumulator_value

    def update(self, ops, w, g, slots, learning_rate):
        ops.adagrad_update(w, slots["accumulator"], g, learning_rate, self.epsilon)
