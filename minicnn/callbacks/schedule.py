"""Callbacks that set, change or guard something as training goes."""

import inspect
import math
from numbers import Real

from .base import HOOKS, Callback, registry


@registry.register()
class LearningRateScheduler(Callback):
    """Sets the learning rate before every epoch.

    Parameters
    ----------
    schedule : callable
        ``(epoch, rate) -> rate``, or old Keras' ``(epoch) -> rate``; epochs count from 0.
    verbose : {0, 1}
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        if not callable(schedule):
            raise TypeError(f"LearningRateScheduler: schedule must be callable, got {schedule!r}")
        self.schedule, self.verbose = schedule, verbose
        self._taken = 2 if _takes_two(schedule) else 1

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        arguments = (epoch, float(optimizer.learning_rate))[: self._taken]
        rate = self.schedule(*arguments)
        if not isinstance(rate, Real):
            raise TypeError(f"LearningRateScheduler: schedule must return a float, got {rate!r}")
        optimizer.learning_rate = float(rate)
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {rate:g}")

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(function):
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    return True


@registry.register()
class TerminateOnNaN(Callback):
    """Stops training when the loss is no number any more."""

    def on_train_batch_end(self, batch, logs=None):
        loss = logs.get("loss")
        if loss is not None and not math.isfinite(loss):
            print(f"Batch {batch}: loss is {loss}, training stops")
            self.model.stop_training = True


@registry.register()
class LambdaCallback(Callback):
    """Hooks given as functions.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable, optional
        ``lambda epoch, logs: ...``; ``None`` leaves a hook alone.
    on_train_begin, on_train_end : callable, optional
        ``lambda logs: ...``
    on_train_batch_begin, on_train_batch_end : callable, optional
        ``lambda batch, logs: ...``
    **hooks
        Any other of :class:`Callback`, ``on_batch_end`` too.
    """

    def __init__(
        self,
        on_epoch_begin=None,
        on_epoch_end=None,
        on_train_begin=None,
        on_train_end=None,
        on_train_batch_begin=None,
        on_train_batch_end=None,
        **hooks,
    ):
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **hooks,
        }
        for name, function in hooks.items():
            if name not in HOOKS:
                raise TypeError(f"LambdaCallback: no hook is called {name!r}")
            if function is not None and not callable(function):
                raise TypeError(f"LambdaCallback: {name} must be callable, got {function!r}")
            if function is not None:
                setattr(self, name, function)
