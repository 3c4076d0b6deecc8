"""Adam and its relatives AdamW and Nadam."""

from .base import Optimizer, registry


class _Moments(Optimizer):
    """What all of them share: running means of the gradient and of its square."""

    slots = ("m", "v")

    def __init__(self, learning_rate, beta_1, beta_2, epsilon, **settings):
        super().__init__(learning_rate, **settings)
        self.beta_1 = self._fraction("beta_1", beta_1)
        self.beta_2 = self._fraction("beta_2", beta_2)
        self.epsilon = self._number("epsilon", 1e-7 if epsilon is None else epsilon)


@registry.register("adam")
class Adam(_Moments):
    """``w -= learning_rate * m / (sqrt(v) + epsilon)``, means freed of their bias to zero.

    Kingma and Ba, *Adam: a method for stochastic optimization*, in the form before section 2.1,
    as Keras has it.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    beta_1, beta_2 : float
        How long the means of gradient and square remember.
    epsilon : float
    amsgrad : bool
        Divide by the largest ``v`` so far.
    **settings
        As of every :class:`~minicnn.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **settings,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **settings)
        self.amsgrad = bool(amsgrad)

    @property
    def slots(self):
        """Both moments; with ``amsgrad`` the largest second one."""
        return ("m", "v", "v_max") if self.amsgrad else ("m", "v")

    def update(self, ops, w, g, slots, learning_rate):
        ops.adam_update(
            w,
            slots["m"],
            slots["v"],
            slots.get("v_max"),
            g,
            learning_rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            self.iterations + 1,
        )


@registry.register("adamw")
class AdamW(Adam):
    """Adam with weight decay that is no part of the gradient (Loshchilov and Hutter).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    weight_decay : float
    beta_1, beta_2, epsilon, amsgrad
        As of :class:`Adam`.
    **settings
        As of every :class:`~minicnn.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **settings,
    ):
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=weight_decay,
            **settings,
        )


@registry.register("nadam")
class Nadam(_Moments):
    """Adam that looks ahead as Nesterov's momentum does (Dozat, 2016).

    The momentum warms up: ``u_t = beta_1 * (1 - 0.5 * 0.96 ** t)`` and the bias of the first
    moment is the product of all ``u`` so far.

    Parameters
    ----------
    learning_rate, beta_1, beta_2, epsilon
        As of :class:`Adam`.
    **settings
        As of every :class:`~minicnn.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **settings):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **settings)
        self._u_product = 1.0

    def _momentum(self, step):
        return self.beta_1 * (1 - 0.5 * 0.96**step)

    def apply(self):
        self._u_product *= self._momentum(self.iterations + 1)
        super().apply()

    def update(self, ops, w, g, slots, learning_rate):
        step = self.iterations + 1
        ops.nadam_update(
            w,
            slots["m"],
            slots["v"],
            g,
            learning_rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            step,
            self._u_product,
        )

    def get_state(self):
        return {**super().get_state(), "u_product": self._u_product}

    def _numbers(self):
        return (*super()._numbers(), "u_product")

    def _set_numbers(self, state):
        super()._set_numbers(state)
        self._u_product = float(state["u_product"])
