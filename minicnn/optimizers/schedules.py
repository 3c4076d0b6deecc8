"""Learning rates that follow the number of updates; formulas of Keras 3."""

import math

from minicnn_kernels.contracts import arrays

from ..registry import Configurable, Registry, deserializer, serialize  # noqa: F401

registry = Registry("learning rate schedule")


class LearningRateSchedule(Configurable):
    """Base of all schedules; a subclass writes ``__call__(step)``, which returns a float."""

    def __call__(self, step):
        raise TypeError(f"{type(self).__name__}: must define __call__(step)")


@registry.register()
class ExponentialDecay(LearningRateSchedule):
    """``initial * decay_rate ** (step / decay_steps)``; in whole steps if ``staircase``."""

    def __init__(
        self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="exponential"
    ):
        self.initial_learning_rate = _finite(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(self, decay_steps)
        self.decay_rate = _finite(self, "decay_rate", decay_rate)
        self.staircase = bool(staircase)
        self.name = name

    def __call__(self, step):
        passed = step / self.decay_steps
        passed = math.floor(passed) if self.staircase else passed
        return self.initial_learning_rate * self.decay_rate**passed


@registry.register()
class InverseTimeDecay(LearningRateSchedule):
    """``initial / (1 + decay_rate * step / decay_steps)``; in whole steps if ``staircase``."""

    def __init__(
        self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="inverse_time"
    ):
        self.initial_learning_rate = _finite(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(self, decay_steps)
        self.decay_rate = _finite(self, "decay_rate", decay_rate)
        self.staircase = bool(staircase)
        self.name = name

    def __call__(self, step):
        passed = step / self.decay_steps
        passed = math.floor(passed) if self.staircase else passed
        return self.initial_learning_rate / (1 + self.decay_rate * passed)


@registry.register()
class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and including step ``boundaries[0]``, then ``values[1]``, and so on."""

    def __init__(self, boundaries, values, name="piecewise_constant"):
        self.boundaries = [_finite(self, "boundaries", boundary) for boundary in boundaries]
        self.values = [_finite(self, "values", value) for value in values]
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                f"PiecewiseConstantDecay: values must be one more than boundaries, got "
                f"{len(self.values)} values and {len(self.boundaries)} boundaries"
            )
        self.name = name

    def __call__(self, step):
        passed = sum(step > boundary for boundary in self.boundaries)
        return self.values[passed]


@registry.register()
class PolynomialDecay(LearningRateSchedule):
    """``(initial - end) * (1 - step / decay_steps) ** power + end``.

    After ``decay_steps`` it stays at the end; with ``cycle`` the span is stretched to the next
    multiple of ``decay_steps`` instead.
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="polynomial",
    ):
        self.initial_learning_rate = _finite(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(self, decay_steps)
        self.end_learning_rate = _finite(self, "end_learning_rate", end_learning_rate)
        self.power = _finite(self, "power", power)
        self.cycle = bool(cycle)
        self.name = name

    def __call__(self, step):
        span = self.decay_steps
        if self.cycle:
            span *= max(math.ceil(step / span), 1)
        left = 1 - min(step, span) / span
        height = self.initial_learning_rate - self.end_learning_rate
        return height * left**self.power + self.end_learning_rate


@registry.register()
class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down to ``alpha`` times it, after a linear warm-up.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        Length of the half cosine.
    alpha : float
    name : str
    warmup_target : float, optional
        Rate at the end of the warm-up, from which the cosine then starts.
    warmup_steps : int
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="cosine",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = _finite(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(self, decay_steps)
        self.alpha = _finite(self, "alpha", alpha)
        self.name = name
        self.warmup_target = warmup_target
        if warmup_target is not None:
            self.warmup_target = _finite(self, "warmup_target", warmup_target)
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return start + (self.warmup_target - start) * step / self.warmup_steps
            start, step = self.warmup_target, step - self.warmup_steps
        passed = min(step, self.decay_steps) / self.decay_steps
        return start * _cosine(passed, self.alpha)


@registry.register()
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines one after another, each ``t_mul`` times longer, ``m_mul`` times as high."""

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name="cosine_restarts",
    ):
        self.initial_learning_rate = _finite(self, "initial_learning_rate", initial_learning_rate)
        self.first_decay_steps = _steps(self, first_decay_steps)
        self.t_mul, self.m_mul = _finite(self, "m_mul", t_mul), float(m_mul)
        self.alpha = _finite(self, "alpha", alpha)
        self.name = name

    def __call__(self, step):
        passed = step / self.first_decay_steps
        if self.t_mul == 1:
            round_ = math.floor(passed)
            passed -= round_
        else:
            # Rounds before form a geometric series; the guard is against 2.9999... for 3.
            exact = math.log(1 - passed * (1 - self.t_mul)) / math.log(self.t_mul)
            round_ = math.floor(exact + 1e-9)
            passed -= (1 - self.t_mul**round_) / (1 - self.t_mul)
            passed /= self.t_mul**round_
        return self.initial_learning_rate * _cosine(passed, self.alpha, self.m_mul**round_)


def _cosine(passed, alpha, height=1.0):
    return (1 - alpha) * 0.5 * height * (1 + math.cos(math.pi * passed)) + alpha


def _finite(schedule, name, value):
    return arrays.number(type(schedule).__name__, name, value)


def _steps(schedule, value):
    if not _finite(schedule, "steps", value) > 0:
        raise ValueError(f"{type(schedule).__name__}: steps must be positive, got {value!r}")
    return value


def get(identifier):
    """The schedule that a configuration or object means."""
    return registry.get(identifier)


deserialize = deserializer(get)
