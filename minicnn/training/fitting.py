"""The loop of fit: over epochs, batches and validation data."""

import math
from typing import Any, NamedTuple

from minicnn_kernels.contracts import arrays

from .. import random
from ..callbacks import CallbackList, History
from ..callbacks.base import listed
from . import gathered, progress
from .feed import Preparer, StreamFeed, is_stream
from .loop import BATCH_SIZE, count, feed_of, refuse_beside_stream, run_evaluation


class Validation(NamedTuple):
    """What ``fit`` was told about validation."""

    data: Any
    split: float
    batch_size: int | None
    steps: int | None
    frequency: Any

    def due(self, epoch):
        """Whether to validate after ``epoch`` (counted from 0)."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


class Restart(NamedTuple):
    """Where a run begins: by default with an epoch, after a backup perhaps within one.

    Attributes
    ----------
    epoch, batch : int
        Number of the epoch, and of batches that it has had.
    epoch_stream, stream : tuple
        :func:`minicnn.random.get_state` when the epoch began, and now.
    objective : dict
        :func:`~minicnn.training.gathered.get_state`.
    """

    epoch: int
    batch: int = 0
    epoch_stream: tuple = ()
    stream: tuple = ()
    objective: Any = None


def fit(
    model,
    x,
    y,
    sample_weight,
    class_weight,
    batch_size,
    shuffle,
    steps,
    validation,
    epochs,
    initial_epoch,
    verbose,
    callbacks,
):
    """See :meth:`Trainer.fit`."""
    verbose = progress.level(verbose)
    epochs = count("fit", "epochs", epochs, 0)
    initial_epoch = count("fit", "initial_epoch", initial_epoch, 0)
    batch_size = count("fit", "batch_size", batch_size, 1, BATCH_SIZE)
    validation = _checked_validation(validation, batch_size)
    if shuffle not in (None, True, False, "batch"):
        raise ValueError(f"fit: shuffle must be true, false or 'batch', got {shuffle!r}")
    if is_stream(x):
        x = model._build_from_stream(x)
    step = model._ready("fit", x)
    prepare = Preparer("fit", model, step.objective.heads, class_weight)
    feed, held_out = _feeds(prepare, x, y, sample_weight, batch_size, shuffle, steps, validation)
    if is_stream(x):
        _refuse_endless(feed, epochs - initial_epoch)
    if validation.data is not None:
        held_out = _validation_feed(model, step, validation)
    history = History()
    watchers = CallbackList([*listed(callbacks), history], model)
    watchers.set_params({"epochs": epochs, "steps": feed.steps, "verbose": verbose})
    model.history, model.stop_training, model.restart = history, False, None
    watchers.on_train_begin({})
    restart = _checked(model.restart, feed) or Restart(initial_epoch)
    _run_epochs(model, step, feed, held_out, validation, watchers, restart, epochs, verbose)
    return history


def _run_epochs(model, step, feed, held_out, validation, watchers, restart, epochs, verbose):
    logs = {}
    for epoch in range(restart.epoch, epochs):
        step.objective.reset()
        watchers.on_epoch_begin(epoch, {})
        batches, first = _begin_epoch(model, step, feed, restart, epoch)
        display = progress.Progress(verbose, feed.steps, f"Epoch {epoch + 1}/{epochs}", first)
        try:
            logs = _train_epoch(model, step, batches, first, watchers, display)
            if held_out is not None and validation.due(epoch):
                found = run_evaluation(step, held_out, watchers)
                logs.update({f"val_{name}": value for name, value in found.items()})
            display.end(logs)
        finally:
            display.close()
        model.epochs_done = epoch + 1
        watchers.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    watchers.on_train_end(logs)


def _feeds(prepare, x, y, sample_weight, batch_size, shuffle, steps, validation):
    """``(training feed, validation feed)``; the second is ``None`` unless it is a split of x."""
    steps = count("fit", "steps_per_epoch", steps, 1)
    if is_stream(x):
        refuse_beside_stream("fit", y, sample_weight, validation.split)
        return StreamFeed("fit", x, prepare, steps, shuffle), None
    feed = prepare.arrays(x, y, sample_weight, batch_size, shuffle, steps)
    if not feed.rows:
        raise ValueError("fit: x has no rows")
    if validation.split and validation.data is None:
        return _split(feed, validation)
    return feed, None


def _checked_validation(validation, batch_size):
    """``validation``, if everything in it can be."""
    split = arrays.number("fit", "validation_split", validation.split, 0, 1)
    if split == 1:
        raise ValueError(f"fit: validation_split must be in [0, 1), got {validation.split}")
    frequency = validation.frequency
    epochs = frequency if isinstance(frequency, (list, tuple, set, range)) else [frequency]
    for epoch in epochs:
        count("fit", "validation_freq", epoch, 1)
        if epoch is None:
            raise TypeError("fit: validation_freq must be an integer or a list of them, got None")
    return validation._replace(
        split=split,
        batch_size=count("fit", "validation_batch_size", validation.batch_size, 1, batch_size),
        steps=count("fit", "validation_steps", validation.steps, 1),
    )


def _checked(restart, feed):
    """``restart``, if its batch is one of the feed's."""
    if restart is not None and feed.steps is not None and restart.batch > feed.steps:
        raise ValueError(
            f"fit: the backup stands after {restart.batch} batches of an epoch, the data have "
            f"{feed.steps}: go on with the data and batch_size that it was made with"
        )
    return restart


def _begin_epoch(model, step, feed, restart, epoch):
    """``(batches, number of the first)``: not 0 where a backup was made within this epoch."""
    if epoch != restart.epoch or not restart.batch:
        model.epoch_stream = random.get_state()
        return feed.epoch(), 0
    # The order of the batches is drawn from the stream as it was when the epoch began.
    model.epoch_stream = restart.epoch_stream
    random.set_state(restart.epoch_stream)
    batches = feed.epoch(restart.batch)
    random.set_state(restart.stream)
    gathered.set_state(step.objective, restart.objective)
    return batches, restart.batch


def _train_epoch(model, step, batches, first, watchers, display):
    objective = step.objective
    for index, batch in enumerate(batches, first):
        watchers.on_train_batch_begin(index, {})
        step.train(*batch)
        if watchers.watch_train_batches:
            watchers.on_train_batch_end(index, objective.logs())
        display.step(objective.logs)
        if model.stop_training:
            break
    return objective.logs()


def _validation_feed(model, step, validation):
    data = validation.data
    if is_stream(data):
        return StreamFeed(
            "fit", data, Preparer("fit", model, step.objective.heads), validation.steps
        )
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        raise ValueError(
            "fit: validation_data must be (x, y), (x, y, sample_weight) or a dataset, "
            f"got {type(data).__name__}"
        )
    x, y, weights = (*data, None)[:3]
    feed = feed_of("fit", model, step, x, y, weights, validation.batch_size, validation.steps)
    if not feed.steps:
        raise ValueError("fit: validation_data have no rows")
    return feed


def _split(feed, validation):
    """``(training feed, validation feed)``: the last rows are held out."""
    border = math.floor(feed.rows * (1 - validation.split))
    if not 0 < border < feed.rows:
        raise ValueError(
            f"fit: validation_split {validation.split} of {feed.rows} rows leaves one side empty"
        )
    sides = []
    for rows, size, shuffle, steps in (
        (slice(None, border), feed.batch_size, feed.shuffle, feed.limit),
        (slice(border, None), validation.batch_size, False, validation.steps),
    ):
        cut = [[None if a is None else a[rows] for a in p] for p in (feed.x, feed.y, feed.weights)]
        sides.append(type(feed)(*cut, feed.dtypes, size, shuffle, steps))
    return sides


def _refuse_endless(feed, epochs):
    if feed.goes_on and feed.limit is None and epochs > 1:
        raise ValueError("fit: a generator can be read once: give steps_per_epoch, or epochs=1")
