"""What makes a model trainable: Keras' compile, fit, evaluate, predict and their relatives."""

import numpy as np

from .. import optimizers
from . import fitting, loop
from .feed import first_item, is_stream
from .objective import Objective
from .on_batch import OnBatch, flat
from .step import Step


class Trainer(OnBatch):
    """Mixin of :class:`~minicnn.models.Model`.

    Attributes
    ----------
    optimizer : Optimizer or None
        As compiled.
    history : History or None
        Of the last :meth:`fit`.
    stop_training : bool
        A callback sets it to end :meth:`fit` after the batch.
    epochs_done : int
        Number of the last epoch that :meth:`fit` finished; saved with the model.
    restart : Restart or None
        Where a callback that restores a backup lets :meth:`fit` begin.
    epoch_stream : tuple
        State of :mod:`minicnn.random` when the epoch began.
    """

    def __init__(self):
        self.optimizer = None
        self.history = None
        self.stop_training = False
        self.epochs_done = 0
        self.restart = None
        self.epoch_stream = ()
        self.compile_arguments = None
        self._objective = None
        self._step = None
        self.run_eagerly = False

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        metrics=None,
        loss_weights=None,
        weighted_metrics=None,
        run_eagerly=False,
        **ignored,
    ):
        """Say what to strive for and how; weights and their number of updates stay.

        Parameters
        ----------
        optimizer : str, dict or Optimizer
        loss : str, function, Loss, or list or dict of them
            One for each output; ``None`` for an output that is not trained on. A function of
            your own returns ``(values, gradient)``.
        metrics, weighted_metrics : list or dict, optional
            Names, functions ``(y_true, y_pred) -> values``, or Metric objects; the second kind
            counts sample weights.
        loss_weights : list or dict of float, optional
        run_eagerly : bool
            Whether every step calls the layers' methods, to follow it in a debugger. Otherwise
            small networks' steps are captured after some hundred: the same bits, sooner.
        **ignored
            ``steps_per_execution``, ``jit_compile``, ``auto_scale_loss`` and
            ``sample_weight_mode``: nothing here to steer by them.

        Raises
        ------
        ValueError, TypeError
            For unknown names; the model stays as it was.
        """
        for name in ignored:
            if name not in _IGNORED:
                raise TypeError(f"compile: unknown argument {name!r}")
        optimizer = optimizers.get(optimizer)
        objective = Objective(loss, metrics, loss_weights, weighted_metrics)
        if self.built and self._networks is not None:
            objective.bind(self.output_names, [tensor.shape for tensor in self.outputs])
        self.optimizer, self._objective = optimizer, objective
        self.run_eagerly = bool(run_eagerly)
        self.compile_arguments = {
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "weighted_metrics": weighted_metrics,
        }
        self._step = self._last_step(self._step)

    def _last_step(self, step):
        """Keep the flat vectors of an earlier step; all else is made anew at the next batch."""
        return step.parameters if isinstance(step, Step) else step

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
        **workers,
    ):
        """Train.

        Parameters
        ----------
        x : array, list or dict of arrays, generator, Dataset or sequence
            What yields batches yields ``(x, y)`` or ``(x, y, sample_weight)``.
        y : array, or list or dict (by output name) of arrays
        batch_size : int, optional
            Default 32; the last batch may be smaller.
        epochs : int
            Number of the last epoch, counted from ``initial_epoch``.
        verbose : {"auto", 0, 1, 2}
            Silent, a bar with the time left, or a line an epoch.
        callbacks : list of Callback, optional
        validation_split : float
            Last share of the rows to hold out, taken before shuffling.
        validation_data : tuple, Dataset or generator, optional
        shuffle : bool or "batch"
            Of arrays (rows) and sequences (batches), anew in each epoch.
        class_weight : dict, optional
            ``{class: weight}``; with several outputs a dict of them by output name.
        sample_weight : array, or list or dict of arrays, optional
        initial_epoch : int
        steps_per_epoch, validation_steps : int, optional
        validation_batch_size : int, optional
        validation_freq : int or list of int
            Every how many epochs, or in which.
        **workers
            ``workers``, ``use_multiprocessing`` and ``max_queue_size`` of old Keras: accepted.

        Returns
        -------
        History
            ``history.history`` maps each name to its value after every epoch.

        Raises
        ------
        ValueError, TypeError
            For data that do not fit, before anything is trained on.
        """
        _only_workers("fit", workers)
        return fitting.fit(
            self,
            *(x, y, sample_weight, class_weight, batch_size, shuffle, steps_per_epoch),
            validation=fitting.Validation(
                validation_data,
                validation_split,
                validation_batch_size,
                validation_steps,
                validation_freq,
            ),
            epochs=epochs,
            initial_epoch=initial_epoch,
            verbose=verbose,
            callbacks=callbacks,
        )

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
        **workers,
    ):
        """Loss and metrics: a float, a list in the order of :attr:`metrics_names`, or a dict."""
        _only_workers("evaluate", workers)
        logs = loop.evaluate(
            self, x, y, sample_weight, batch_size, steps, verbose=verbose, callbacks=callbacks
        )
        return logs if return_dict else flat(logs)

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None, **workers):
        """Outputs for all of ``x``, computed batch by batch; arrays in the form of the outputs."""
        _only_workers("predict", workers)
        return loop.predict(self, x, batch_size, steps, verbose=verbose, callbacks=callbacks)

    def fit_generator(self, generator, steps_per_epoch=None, epochs=1, **options):
        """Old Keras' name of :meth:`fit` for generators."""
        return self.fit(generator, steps_per_epoch=steps_per_epoch, epochs=epochs, **options)

    def evaluate_generator(self, generator, steps=None, **options):
        """Old Keras' name of :meth:`evaluate` for generators."""
        return self.evaluate(generator, steps=steps, **options)

    def predict_generator(self, generator, steps=None, **options):
        """Old Keras' name of :meth:`predict` for generators."""
        return self.predict(generator, steps=steps, **options)

    @property
    def metrics_names(self):
        """Names of what :meth:`evaluate` returns, once the outputs are known."""
        if self._objective is None or self._objective.heads is None:
            return []
        return list(self._objective.logs())

    @property
    def metrics(self):
        """The metric objects that have been made."""
        return [] if self._objective is None else self._objective.all_metrics()

    def reset_metrics(self):
        """Forget all batches."""
        if self._objective is not None and self._objective.heads is not None:
            self._objective.reset()

    @property
    def loss(self):
        """What :meth:`compile` was given as loss."""
        return None if self.compile_arguments is None else self.compile_arguments["loss"]

    def _ready(self, op, x, needs_loss=True):
        """The step of this model, made with the shapes of its first batch."""
        if self._objective is None:
            raise RuntimeError(f"{op}: {self.label} must be compiled first")
        if needs_loss and not self._objective.has_loss:
            raise ValueError(f"{op}: {self.label} was compiled without a loss")
        self._build_from(x)
        if not isinstance(self._step, Step) or self._step.networks[True] is not self.network:
            parameters = self._last_step(self._step)
            self._step = Step(self, self._objective, self.optimizer, parameters)
        self._step.run_eagerly = self.run_eagerly
        return self._step

    def _build_from(self, x):
        if not self.built:
            several = isinstance(x, (list, tuple)) and len(x) and np.ndim(x[0]) > 1
            arrays = list(x.values()) if isinstance(x, dict) else x if several else [x]
            self._ensure_graph([np.asarray(array) for array in arrays])

    def _build_from_stream(self, source):
        """Build from the first batch; returns a source that still has it."""
        if self.built:
            return source
        x, source = first_item(source)
        self._build_from(x)
        return source


_IGNORED = (
    *("steps_per_execution", "jit_compile", "auto_scale_loss"),
    *("sample_weight_mode", "target_tensors", "distribute"),
)

__all__ = ["Trainer", "is_stream"]


def _only_workers(op, options):
    for name in options:
        if name not in ("workers", "use_multiprocessing", "max_queue_size", "pickle_safe"):
            raise TypeError(f"{op}: unknown argument {name!r}")
