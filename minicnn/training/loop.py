"""The loops over epochs and batches: fit, evaluate, predict."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..callbacks import CallbackList, History
from ..graph import engine
from . import progress
from .feed import Preparer, StreamFeed, is_stream

BATCH_SIZE = 32


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
    batch_size = _count("fit", "batch_size", batch_size, 1, BATCH_SIZE)
    steps = _count("fit", "steps_per_epoch", steps, 1)
    epochs, initial_epoch = (
        _count("fit", "epochs", epochs, 0),
        _count("fit", "initial_epoch", initial_epoch, 0),
    )
    if not 0 <= validation.split < 1:
        raise ValueError(f"fit: validation_split must be in [0, 1), got {validation.split}")
    if is_stream(x):
        x = model._build_from_stream(x)
    step = model._ready("fit", x)
    prepare = Preparer("fit", model, step.objective.heads, class_weight)
    held_out = None
    if is_stream(x):
        _refuse_beside_stream("fit", y, sample_weight, validation.split)
        feed = StreamFeed("fit", x, prepare, steps, shuffle)
        _refuse_endless(feed, epochs - initial_epoch)
    else:
        feed = prepare.arrays(x, y, sample_weight, batch_size, shuffle, steps)
        if not feed.rows:
            raise ValueError("fit: x has no rows")
        if validation.split and validation.data is None:
            feed, held_out = _split(feed, validation)
    if validation.data is not None:
        held_out = _validation_feed(model, step, validation)
    history = History()
    watchers = CallbackList([*(callbacks or []), history], model)
    watchers.set_params({"epochs": epochs, "steps": feed.steps, "verbose": verbose})
    model.history, model.stop_training = history, False
    watchers.on_train_begin({})
    logs = {}
    for epoch in range(initial_epoch, epochs):
        step.objective.reset()
        watchers.on_epoch_begin(epoch, {})
        display = progress.Progress(verbose, feed.steps, f"Epoch {epoch + 1}/{epochs}")
        try:
            logs = _train_epoch(model, step, feed, watchers, display)
            if held_out is not None and validation.due(epoch):
                found = _evaluate(step, held_out, watchers)
                logs.update({f"val_{name}": value for name, value in found.items()})
            display.end(logs)
        finally:
            display.close()
        model.epochs_done = epoch + 1
        watchers.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    watchers.on_train_end(logs)
    return history


def _train_epoch(model, step, feed, watchers, display):
    objective = step.objective
    for index, batch in enumerate(feed.epoch()):
        watchers.on_train_batch_begin(index, {})
        step.train(*batch)
        if watchers.watch_train_batches:
            watchers.on_train_batch_end(index, objective.logs())
        display.step(objective.logs)
        if model.stop_training:
            break
    return objective.logs()


def evaluate(model, x, y, sample_weight, batch_size, steps, verbose=0, callbacks=None):
    """Logs of one run over the data; see :meth:`Trainer.evaluate`."""
    verbose = progress.level(verbose)
    batch_size = _count("evaluate", "batch_size", batch_size, 1, BATCH_SIZE)
    steps = _count("evaluate", "steps", steps, 1)
    if is_stream(x):
        x = model._build_from_stream(x)
    step = model._ready("evaluate", x)
    feed = _feed("evaluate", model, step, x, y, sample_weight, batch_size, steps)
    watchers = CallbackList(callbacks or [], model)
    watchers.set_params({"steps": feed.steps, "verbose": verbose})
    display = progress.Progress(verbose, feed.steps)
    try:
        logs = _evaluate(step, feed, watchers, display)
        display.end(logs)
    finally:
        display.close()
    return logs


def _evaluate(step, feed, watchers, display=None):
    objective = step.objective
    objective.reset()
    watchers.on_test_begin({})
    for index, batch in enumerate(feed.epoch()):
        watchers.on_test_batch_begin(index, {})
        step.test(*batch)
        if watchers.watch_test_batches:
            watchers.on_test_batch_end(index, objective.logs())
        if display is not None:
            display.step(objective.logs)
    if not objective.count:
        raise ValueError("evaluate: the data hold no rows")
    logs = objective.logs()
    watchers.on_test_end(logs)
    return logs


def predict(model, x, batch_size, steps, verbose=0, callbacks=None):
    """See :meth:`Trainer.predict`."""
    verbose = progress.level(verbose)
    batch_size = _count("predict", "batch_size", batch_size, 1, BATCH_SIZE)
    steps = _count("predict", "steps", steps, 1)
    stream = is_stream(x)
    if stream:
        x = model._build_from_stream(x)
    model._build_from(x)
    prepare = Preparer("predict", model, [])
    if stream:
        feed = StreamFeed("predict", x, lambda x, *rest: prepare(x), steps)
    else:
        feed = prepare.arrays(x, None, None, batch_size, steps=steps)
    watchers = CallbackList(callbacks or [], model)
    watchers.set_params({"steps": feed.steps, "verbose": verbose})
    display = progress.Progress(verbose, feed.steps)
    network = model._network(False)
    watchers.on_predict_begin({})
    parts = []
    try:
        for index, batch in enumerate(feed.epoch()):
            watchers.on_predict_batch_begin(index, {})
            parts.append(engine.forward(network, batch.x).outputs)
            watchers.on_predict_batch_end(index, {"outputs": parts[-1]})
            display.step(dict)
        display.end({})
    finally:
        display.close()
    watchers.on_predict_end({})
    if not parts:  # no rows: one pass over none gives the shapes
        if stream:
            raise ValueError("predict: the data hold no batch")
        parts.append(engine.forward(network, prepare(x).x).outputs)
    # Also of one batch: the result then never shares memory with x or the pool.
    return model._like_outputs([np.concatenate(arrays) for arrays in zip(*parts)])


def _feed(op, model, step, x, y, sample_weight, batch_size, steps):
    prepare = Preparer(op, model, step.objective.heads)
    if is_stream(x):
        _refuse_beside_stream(op, y, sample_weight)
        return StreamFeed(op, x, prepare, steps)
    return prepare.arrays(x, y, sample_weight, batch_size, steps=steps)


def _validation_feed(model, step, validation):
    data = validation.data
    batch_size = _count("fit", "validation_batch_size", validation.batch_size, 1, BATCH_SIZE)
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
    feed = _feed("fit", model, step, x, y, weights, batch_size, validation.steps)
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
    held_out_size = validation.batch_size or feed.batch_size
    sides = []
    for rows, size, shuffle, steps in (
        (slice(None, border), feed.batch_size, feed.shuffle, feed.limit),
        (slice(border, None), held_out_size, False, validation.steps),
    ):
        cut = [[None if a is None else a[rows] for a in p] for p in (feed.x, feed.y, feed.weights)]
        sides.append(type(feed)(*cut, feed.dtypes, size, shuffle, steps))
    return sides


def _count(op, name, value, least, default=None):
    """``value`` as an integer of at least ``least``."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{op}: {name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{op}: {name} must be at least {least}, got {value}")
    return int(value)


def _refuse_beside_stream(op, y, sample_weight, split=0.0):
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(f"{op}: {name} must come from the data beside x, not as an argument")
    if split:
        raise ValueError(f"{op}: validation_split needs arrays; give validation_data")


def _refuse_endless(feed, epochs):
    if feed.goes_on and feed.limit is None and epochs > 1:
        raise ValueError("fit: a generator can be read once: give steps_per_epoch, or epochs=1")
