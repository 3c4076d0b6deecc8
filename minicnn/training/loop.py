"""The loops of evaluate and predict, and what all loops check."""

import numpy as np

from ..callbacks import CallbackList
from ..callbacks.base import listed
from ..graph import engine
from . import progress
from .feed import Preparer, StreamFeed, is_stream

BATCH_SIZE = 32


def evaluate(model, x, y, sample_weight, batch_size, steps, verbose=0, callbacks=None):
    """Logs of one run over the data; see :meth:`Trainer.evaluate`."""
    verbose = progress.level(verbose)
    batch_size = count("evaluate", "batch_size", batch_size, 1, BATCH_SIZE)
    steps = count("evaluate", "steps", steps, 1)
    if is_stream(x):
        x = model._build_from_stream(x)
    step = model._ready("evaluate", x)
    feed = feed_of("evaluate", model, step, x, y, sample_weight, batch_size, steps)
    watchers = CallbackList(listed(callbacks), model)
    watchers.set_params({"steps": feed.steps, "verbose": verbose})
    display = progress.Progress(verbose, feed.steps)
    try:
        logs = run_evaluation(step, feed, watchers, display)
        display.end(logs)
    finally:
        display.close()
    return logs


def run_evaluation(step, feed, watchers, display=None):
    """Logs of one run over a feed."""
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
    batch_size = count("predict", "batch_size", batch_size, 1, BATCH_SIZE)
    steps = count("predict", "steps", steps, 1)
    stream = is_stream(x)
    if stream:
        x = model._build_from_stream(x)
    model._build_from(x)
    prepare = Preparer("predict", model, [])
    if stream:
        feed = StreamFeed("predict", x, lambda x, *rest: prepare(x), steps)
    else:
        feed = prepare.arrays(x, None, None, batch_size, steps=steps)
    watchers = CallbackList(listed(callbacks), model)
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


def feed_of(op, model, step, x, y, sample_weight, batch_size, steps):
    """The feed of arrays, or of what gives batches itself."""
    prepare = Preparer(op, model, step.objective.heads)
    if is_stream(x):
        refuse_beside_stream(op, y, sample_weight)
        return StreamFeed(op, x, prepare, steps)
    return prepare.arrays(x, y, sample_weight, batch_size, steps=steps)


def count(op, name, value, least, default=None):
    """``value`` as an integer of at least ``least``."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{op}: {name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{op}: {name} must be at least {least}, got {value}")
    return int(value)


def refuse_beside_stream(op, y, sample_weight, split=0.0):
    """What yields batches brings targets and weights itself."""
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(f"{op}: {name} must come from the data beside x, not as an argument")
    if split:
        raise ValueError(f"{op}: validation_split needs arrays; give validation_data")
