"""The optimizer: learning rate, clipping, weight decay, and one kernel over the flat weights."""

import math
import re

import numpy as np

from minicnn_kernels import backend

from ..registry import Configurable, Registry
from . import schedules
from .clipping import clip
from .flat import FlatParameters
from .learning_rate import LearningRate

registry = Registry("optimizer")

# Settings of Keras' own files that change nothing at these values.
_INACTIVE = {
    "use_ema": (False,),
    "ema_momentum": (0.99, None),
    "ema_overwrite_frequency": (None,),
    "loss_scale_factor": (None,),
    "gradient_accumulation_steps": (None,),
    "jit_compile": (True, False, "auto", None),
    "is_legacy_optimizer": (True, False),
}


class Optimizer(Configurable):
    """Base of all optimizers.

    A subclass names its slots and writes :meth:`update`.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    weight_decay : float, optional
        Before each update ``w -= learning_rate * weight_decay * w``.
    clipnorm, global_clipnorm : float, optional
        Largest norm of each weight's gradient, and of all together.
    clipvalue : float, optional
        Largest magnitude of any entry.
    name : str, optional
    lr : float, optional
        Old name of ``learning_rate``.
    decay : float
        As in old Keras: the rate of step t is ``learning_rate / (1 + decay * t)``.

    Attributes
    ----------
    iterations : int
        Updates made so far.
    """

    slots: tuple[str, ...] = ()

    def __init__(
        self,
        learning_rate=0.001,
        *,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        name=None,
        lr=None,
        decay=0.0,
        **inactive,
    ):
        kind = type(self).__name__
        for key, value in inactive.items():
            if key not in _INACTIVE:
                raise TypeError(f"{kind}: unknown argument {key!r}")
            if value not in _INACTIVE[key]:
                raise ValueError(f"{kind}: {key}={value!r} is not supported")
        self.iterations = 0
        self.learning_rate = learning_rate if lr is None else lr
        self.weight_decay = self._number("weight_decay", weight_decay)
        self.clipnorm = self._number("clipnorm", clipnorm)
        self.clipvalue = self._number("clipvalue", clipvalue)
        self.global_clipnorm = self._number("global_clipnorm", global_clipnorm)
        if sum(c is not None for c in (self.clipnorm, self.clipvalue, self.global_clipnorm)) > 1:
            raise ValueError(
                f"{kind}: only one of clipnorm, clipvalue and global_clipnorm can be given"
            )
        self.decay = self._number("decay", decay)
        self.name = name or kind.lower()
        self._excluded = ([], None)
        self._flat = None
        self._memory = []
        self._pending = None

    # What a subclass writes -----------------------------------------------------------------

    def initial(self, slot):
        """What a slot holds before the first update."""
        return 0.0

    def update(self, ops, w, g, slots, learning_rate):
        """Change the vector ``w`` in place, by its gradient ``g`` and the vectors in ``slots``.

        Element by element: an update comes in pieces, each a call of its own.
        """
        raise TypeError(f"{type(self).__name__}: must define update(ops, w, g, slots, rate)")

    # Learning rate --------------------------------------------------------------------------

    @property
    def learning_rate(self):
        """The rate now: of the next update if it follows a schedule."""
        return LearningRate(self._scheduled(), self)

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(value, dict):
            value = schedules.get(value)
        if not isinstance(value, schedules.LearningRateSchedule):
            if isinstance(getattr(self, "_rate", None), schedules.LearningRateSchedule):
                raise TypeError(
                    f"{type(self).__name__}: learning_rate follows a schedule and cannot be set"
                )
            value = self._number("learning_rate", value)
        self._rate = value

    lr = learning_rate

    def _scheduled(self):
        rate = self._rate
        return rate if isinstance(rate, float) else float(rate(self.iterations))

    def _number(self, name, value):
        if value is None:
            return None
        if isinstance(value, (bool, str)) or not np.isscalar(value) or np.iscomplexobj(value):
            raise TypeError(f"{type(self).__name__}: {name} must be a number, got {value!r}")
        value = float(value)
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(
                f"{type(self).__name__}: {name} must be finite and at least 0, got {value}"
            )
        return value

    def _fraction(self, name, value):
        value = self._number(name, value)
        if value >= 1:
            raise ValueError(f"{type(self).__name__}: {name} must be in [0, 1), got {value}")
        return value

    # Updating -------------------------------------------------------------------------------

    def build(self, parameters):
        """Make the slots for ``parameters``; what is known of a weight already stays.

        Parameters
        ----------
        parameters : FlatParameters, or list of Weight
        """
        if not isinstance(parameters, FlatParameters):
            parameters = FlatParameters(parameters)
        if parameters is self._flat:
            return
        known = self._by_weight()
        self._flat = parameters
        self._memory = [
            {slot: np.full_like(segment.values, self.initial(slot)) for slot in self.slots}
            for segment in parameters.segments
        ]
        for segment, memory in zip(parameters.segments, self._memory):
            for weight, start, stop in segment.spans:
                for slot, values in known.get(id(weight), {}).items():
                    memory[slot][start:stop] = values
        if self._pending is not None:
            state, self._pending = self._pending, None
            self.set_state(state)

    @property
    def weights(self):
        """The weights that it updates, in the order of its vectors; none before it is built."""
        return [] if self._flat is None else list(self._flat.weights)

    def _by_weight(self):
        if self._flat is None:
            return {}
        return {
            id(weight): {slot: values[start:stop].copy() for slot, values in memory.items()}
            for segment, memory in zip(self._flat.segments, self._memory)
            for weight, start, stop in segment.spans
        }

    def apply(self):
        """One update of all weights by their gradients."""
        rate = self._scheduled()
        if self.decay:
            rate /= 1 + self.decay * self.iterations
        if self.clipvalue or self.clipnorm or self.global_clipnorm:
            self._flat.write_out_gradients()
            clip(self._flat, self.clipvalue, self.clipnorm, self.global_clipnorm)
        if self.weight_decay:
            self._decay_weights(rate * self.weight_decay)
        for segment, memory in zip(self._flat.segments, self._memory):
            ops = backend.of(segment.values)
            for piece, gradient in segment.pieces():
                slots = {slot: values[piece] for slot, values in memory.items()}
                self.update(ops, segment.values[piece], gradient, slots, rate)
        self.iterations += 1

    def apply_gradients(self, grads_and_vars):
        """One update by ``(gradient, weight)`` pairs, for training loops of one's own.

        All weights that have not been seen before become the optimizer's.
        """
        pairs = list(grads_and_vars)
        weights = [weight for _, weight in pairs]
        known = [] if self._flat is None else self._flat.weights
        if not {id(weight) for weight in weights} <= {id(weight) for weight in known}:
            self.build([*known, *weights])
        self._flat.bind()
        self._flat.zero_gradients()
        for gradient, weight in pairs:
            weight.grad[...] = gradient
        self.apply()

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Leave weights out of weight decay, by themselves or by a part of their names."""
        pattern = re.compile("|".join(var_names)) if var_names else None
        self._excluded = (list(var_list or []), pattern)

    def _decay_weights(self, share):
        listed, pattern = self._excluded
        for segment in self._flat.segments:
            if not listed and pattern is None:
                segment.values *= segment.values.dtype.type(1 - share)
                continue
            for weight, value, _ in segment.views:
                by_name = pattern is not None and pattern.search(weight.name)
                if not by_name and not any(weight is other for other in listed):
                    value *= value.dtype.type(1 - share)

    # State ----------------------------------------------------------------------------------

    def get_state(self):
        """Everything that a continued run needs: numbers, and one vector a slot and dtype."""
        if self._pending is not None:
            return dict(self._pending)
        state = {"iterations": self.iterations}
        if isinstance(self._rate, float):
            state["learning_rate"] = self._rate
        for index, memory in enumerate(self._memory):
            state.update({_key(slot, index): values.copy() for slot, values in memory.items()})
        return state

    def set_state(self, state):
        """Go on from where :meth:`get_state` was called; nothing changes unless all fits.

        Before the optimizer is built the state is kept and checked when it is; the state of one
        that never made an update has no vectors to keep.

        Raises
        ------
        ValueError
            If an entry is missing, unknown or of another length.
        """
        if self._flat is None:
            self._set_numbers(state)
            fresh = self.iterations == 0 and set(state) <= set(self._numbers())
            self._pending = None if fresh else dict(state)
            return
        mine = {_key(s, i): v for i, memory in enumerate(self._memory) for s, v in memory.items()}
        theirs = {name for name in state if name not in self._numbers()}
        if theirs != set(mine):
            raise ValueError(
                f"{type(self).__name__}: state must have {sorted(mine)}, got {sorted(theirs)}"
            )
        for name, values in mine.items():
            if np.shape(state[name]) != values.shape:
                raise ValueError(
                    f"{type(self).__name__}: state {name!r} must have shape {values.shape}, "
                    f"got {np.shape(state[name])}"
                )
        self._set_numbers(state)
        for name, values in mine.items():
            values[...] = state[name]

    def _numbers(self):
        return ("iterations", "learning_rate")

    def _set_numbers(self, state):
        self.iterations = int(state["iterations"])
        if "learning_rate" in state and isinstance(self._rate, float):
            self._rate = float(state["learning_rate"])

    def get_config(self):
        """The constructor's arguments as plain data; the learning rate as it stands."""
        config = super().get_config()
        del config["lr"]
        if not isinstance(self._rate, float):
            config["learning_rate"] = {
                "class_name": type(self._rate).__name__,
                "config": self._rate.get_config(),
            }
        else:
            config["learning_rate"] = self._rate
        return config


def _key(slot, index):
    return f"{slot}_{index}" if index else slot
