"""The callback: hooks that training calls at its begin and end, and at those of its parts."""

from ..registry import Registry

registry = Registry("callback")


class Callback:
    """Base of all callbacks; a subclass overrides the hooks it needs.

    ``logs`` holds the running means of losses and metrics; at the end of an epoch also those of
    the validation data, under ``val_`` and the name.

    Attributes
    ----------
    model : Model
    params : dict
        ``epochs``, ``steps`` and ``verbose`` of the run.
    """

    def __init__(self):
        self.model = None
        self.params = {}

    def set_model(self, model):
        """Called once before the run."""
        self.model = model

    def set_params(self, params):
        """Called once before the run."""
        self.params = params

    def on_train_begin(self, logs=None):
        """Before the first epoch."""

    def on_train_end(self, logs=None):
        """After the last epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a training step; calls the old :meth:`on_batch_begin`."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """After a training step; calls the old :meth:`on_batch_end`."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch, logs=None):
        """Old name of :meth:`on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Old name of :meth:`on_train_batch_end`."""

    def on_test_begin(self, logs=None):
        """Before an evaluation, also that of validation data."""

    def on_test_end(self, logs=None):
        """After an evaluation."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs=None):
        """Before a prediction."""

    def on_predict_end(self, logs=None):
        """After a prediction."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch, logs=None):
        """After a batch of a prediction."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
_OLD = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def listed(callbacks):
    """What ``fit`` was given as ``callbacks``, as a list."""
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        return [callbacks]
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"callbacks: must be a list of Callback objects, got {callbacks!r}")
    return list(callbacks)


class CallbackList:
    """Callbacks as one: each of the hooks calls that of all who override it.

    Parameters
    ----------
    callbacks : list of Callback
    model : Model

    Attributes
    ----------
    watch_train_batches, watch_test_batches : bool
        Whether anyone looks at the logs of single batches.
    """

    def __init__(self, callbacks, model):
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks: must be Callback objects, got {callback!r}")
            callback.set_model(model)
        # Hooks that nobody overrides cost nothing in a step of a millisecond.
        self._listeners = {
            hook: [getattr(c, hook) for c in self.callbacks if _overrides(c, hook)]
            for hook in HOOKS
        }
        self.watch_train_batches = bool(self._listeners["on_train_batch_end"])
        self.watch_test_batches = bool(self._listeners["on_test_batch_end"])

    def set_params(self, params):
        """Tell all the run's settings."""
        for callback in self.callbacks:
            callback.set_params(dict(params))

    def __getattr__(self, hook):
        listeners = self.__dict__.get("_listeners", {}).get(hook)
        if listeners is None:
            raise AttributeError(f"callbacks have no hook {hook!r}")

        def call(*arguments):
            for listener in listeners:
                listener(*arguments)

        self.__dict__[hook] = call
        return call


def _overrides(callback, hook):
    names = (hook, _OLD.get(hook, hook))
    own = vars(callback)
    return any(
        name in own or getattr(type(callback), name) is not getattr(Callback, name)
        for name in names
    )
