"""Callbacks that watch one number: stop early, lower the rate, keep the best."""

import warnings

import numpy as np

from minicnn_kernels.contracts import arrays

from .base import Callback, registry


class Monitor(Callback):
    """Base of callbacks that ask whether one of the logs got better.

    Parameters
    ----------
    monitor : str
        A name in the logs, such as ``"val_loss"``.
    mode : {"auto", "min", "max"}
        Which way is better; ``"auto"`` is max for accuracies, AUC, precision, recall, IoU and
        F scores, else min.
    min_delta : float
        Smaller gains do not count.
    """

    def __init__(self, monitor="val_loss", mode="auto", min_delta=0.0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise ValueError(
                f"{type(self).__name__}: mode must be 'auto', 'min' or 'max', got {mode!r}"
            )
        self.monitor, self.mode = monitor, mode
        self.min_delta = abs(arrays.number(type(self).__name__, "min_delta", min_delta))
        self._up = mode == "max" or (mode == "auto" and _grows(monitor))

    @property
    def worst(self):
        """What any value is better than."""
        return -np.inf if self._up else np.inf

    def is_better(self, value, best):
        """Whether ``value`` beats ``best`` by more than ``min_delta``."""
        return value - self.min_delta > best if self._up else value + self.min_delta < best

    def monitored(self, logs):
        """The watched value, or ``None`` with a warning if the logs lack it."""
        value = logs.get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__}: logs have no {self.monitor!r}, only {', '.join(logs)}",
                stacklevel=2,
            )
        return value


def _grows(name):
    name = name.removeprefix("val_")
    words = ("acc", "auc", "precision", "recall", "iou", "f1", "fbeta", "cosine_similarity", "r2")
    return any(word in name.lower() for word in words)


@registry.register()
class EarlyStopping(Monitor):
    """Stops training when the watched value has not got better for ``patience`` epochs.

    Parameters
    ----------
    monitor : str
    min_delta : float
    patience : int
    verbose : {0, 1}
    mode : {"auto", "min", "max"}
    baseline : float, optional
        Epochs that do not reach it count as no better.
    restore_best_weights : bool
        At the end go back to the weights of the best epoch.
    start_from_epoch : int
        Wait so many epochs before watching.
    """

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience = arrays.integer("EarlyStopping", "patience", patience, 0)
        self.verbose, self.baseline = verbose, baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = arrays.integer(
            "EarlyStopping", "start_from_epoch", start_from_epoch, 0
        )

    def on_train_begin(self, logs=None):
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best, self.best_weights = self.worst, None

    def on_epoch_end(self, epoch, logs=None):
        if epoch < self.start_from_epoch:
            return
        value = self.monitored(logs)
        if value is None:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_better(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True

    def on_train_end(self, logs=None):
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of epoch {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)


@registry.register()
class ReduceLROnPlateau(Monitor):
    """Lowers the learning rate when the watched value has not got better for a while.

    Parameters
    ----------
    monitor : str
    factor : float
        Below 1; the rate is multiplied by it.
    patience : int
    verbose : {0, 1}
    mode : {"auto", "min", "max"}
    min_delta : float
    cooldown : int
        Epochs to wait after lowering.
    min_lr : float
    """

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
    ):
        super().__init__(monitor, mode, min_delta)
        op = "ReduceLROnPlateau"
        self.factor = arrays.number(op, "factor", factor, 0)
        if factor >= 1:
            raise ValueError(f"{op}: factor must be below 1, got {factor}")
        self.patience = arrays.integer(op, "patience", patience, 0)
        self.cooldown = arrays.integer(op, "cooldown", cooldown, 0)
        self.min_lr = arrays.number(op, "min_lr", min_lr, 0)
        self.verbose = verbose

    def on_train_begin(self, logs=None):
        self.wait = self.cooldown_counter = 0
        self.best = self.worst

    def on_epoch_end(self, epoch, logs=None):
        rate = float(self.model.optimizer.learning_rate)
        logs["learning_rate"] = rate
        value = self.monitored(logs)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_better(value, self.best):
            self.best, self.wait = value, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                self._lower(epoch, rate)

    def _lower(self, epoch, rate):
        lowered = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = lowered
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate lowered to {lowered:g}")
        self.cooldown_counter, self.wait = self.cooldown, 0


@registry.register()
class ModelCheckpoint(Monitor):
    """Saves the model, or its weights, every so often or when it got better.

    Parameters
    ----------
    filepath : path
        May hold ``{epoch:04d}`` (counted from 1) and names in the logs, ``{val_loss:.2f}``.
    monitor : str
    verbose : {0, 1}
    save_best_only : bool
        Only when the watched value is the best so far.
    save_weights_only : bool
    mode : {"auto", "min", "max"}
    save_freq : "epoch" or int
        Every epoch, or every so many batches.
    initial_value_threshold : float, optional
        The best value so far.
    period : int, optional
        Old Keras: every so many epochs.
    """

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
        period=1,
    ):
        super().__init__(monitor, mode)
        if save_freq != "epoch" and (
            isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1
        ):
            raise ValueError(
                f"ModelCheckpoint: save_freq must be 'epoch' or a number of batches, "
                f"got {save_freq!r}"
            )
        self.filepath = str(filepath)
        self.verbose, self.save_best_only = verbose, save_best_only
        self.save_weights_only, self.save_freq = save_weights_only, save_freq
        self.period = arrays.integer("ModelCheckpoint", "period", period, 1)
        self.best = self.worst if initial_value_threshold is None else initial_value_threshold
        self._batches = self._epoch = self._since = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, {"batch": batch + 1, **logs})

    def on_epoch_end(self, epoch, logs=None):
        self._since += 1
        if self.save_freq == "epoch" and self._since >= self.period:
            self._since = 0
            self._save(epoch, logs)

    def _save(self, epoch, logs):
        if self.save_best_only:
            value = self.monitored(logs)
            if value is None or not self.is_better(value, self.best):
                return
            self.best = value
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            raise ValueError(
                f"ModelCheckpoint: filepath {self.filepath!r} names {error}, which is not in "
                f"the logs {sorted(logs)}"
            ) from None
        if self.verbose:
            print(f"Epoch {epoch + 1}: saving to {path}")
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
