"""Batches: from arrays in memory, and from generators, datasets and sequences."""

import itertools
import warnings
from typing import NamedTuple

import numpy as np

from minicnn_kernels import memory

from .. import random
from . import targets


class Batch(NamedTuple):
    """One list of arrays each for inputs, targets and weights; ``None`` where not needed."""

    x: list
    y: list
    weights: list


class ArrayFeed:
    """Batches of arrays, in order or shuffled.

    Parameters
    ----------
    x, y, weights : list of ndarray or None
        Standardized and checked, of the same number of rows.
    dtypes : list of dtype
        What each input becomes, batch by batch: a set of bytes is never held as floats.
    batch_size : int
    shuffle : bool or "batch"
        Anew in every epoch, by a seed from :mod:`minicnn.random`; ``"batch"`` keeps batches
        together.
    steps : int, optional
        Batches an epoch; all by default.
    """

    def __init__(self, x, y, weights, dtypes, batch_size, shuffle=False, steps=None):
        # A strided array would be copied whole by every gather.
        x, y, weights = ([_contiguous(a) for a in part] for part in (x, y, weights))
        self.x, self.y, self.weights, self.dtypes = x, y, weights, dtypes
        self.rows, self.batch_size, self.shuffle = len(x[0]), batch_size, shuffle
        self.limit = steps
        self.steps = -(-self.rows // batch_size)
        if steps is not None:
            self.steps = min(steps, self.steps)

    def epoch(self, start=0):
        """The batches of one epoch, from number ``start`` on; the order is drawn at once."""
        return self._batches(self._order(), start)

    def _batches(self, order, first):
        for step in range(first, self.steps):
            start, stop = step * self.batch_size, min((step + 1) * self.batch_size, self.rows)
            rows = slice(start, stop) if order is None else order[start:stop]
            yield Batch(
                [_rows(a, rows, dtype) for a, dtype in zip(self.x, self.dtypes)],
                [_rows(a, rows) for a in self.y],
                [_rows(a, rows) for a in self.weights],
            )

    def _order(self):
        if not self.shuffle:
            return None
        generator = np.random.default_rng(random.next_seed())
        if self.shuffle != "batch":
            return generator.permutation(self.rows)
        whole = self.rows // self.batch_size
        blocks = np.arange(whole * self.batch_size).reshape(whole, self.batch_size)
        rest = np.arange(whole * self.batch_size, self.rows)
        return np.concatenate([blocks[generator.permutation(whole)].reshape(-1), rest])


def _contiguous(array):
    return array if array is None or array.flags.c_contiguous else np.ascontiguousarray(array)


def _rows(array, rows, dtype=None):
    """Some rows of ``array`` in ``dtype``: a view where that is enough, else pooled memory."""
    if array is None:
        return None
    if isinstance(rows, slice):
        part = array[rows]
    else:
        part = memory.empty((len(rows), *array.shape[1:]), array.dtype)
        array.take(rows, axis=0, out=part, mode="clip")  # "raise" would copy through a buffer
    if dtype is None or part.dtype == dtype:
        return part
    cast = memory.empty(part.shape, dtype)
    np.copyto(cast, part, casting="unsafe")
    return cast


class StreamFeed:
    """Batches as an iterable or a sequence gives them: ``x``, ``(x, y)`` or ``(x, y, weights)``.

    Parameters
    ----------
    op : str
        The operation, for messages.
    source : iterable, or object with ``__len__`` and ``__getitem__``
        A dataset or list of batches starts anew in every epoch; a generator goes on.
    prepare : callable
        ``(x, y, sample_weight) -> Batch``.
    steps : int, optional
        Batches an epoch; all by default.
    shuffle : bool
        Draw the batches of a sequence in a new order each epoch.
    """

    def __init__(self, op, source, prepare, steps=None, shuffle=False):
        self.op, self.source, self.prepare = op, source, prepare
        self.is_sequence = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        self.shuffle = bool(shuffle) and self.is_sequence
        self.goes_on = not self.is_sequence and iter(source) is source
        self.limit = steps
        self.steps = steps if steps is not None else _length(source)
        self._running = None

    def epoch(self, start=0):
        """The batches of one epoch, from number ``start`` on; the order is drawn at once.

        What a generator gives out next is the program's affair: of one nothing is passed over.
        """
        if self.is_sequence:
            return self._batches(self._sequence_items(start), start)
        if self.goes_on or self.limit is not None:
            # With steps an epoch, the next epoch goes on where this one ended, as in Keras.
            self._running = self._running or iter(self.source)
            return self._batches(self._limited(start), start)
        return self._batches(itertools.islice(iter(self.source), start, None), start)

    def _batches(self, items, count):
        for item in items:
            count += 1
            yield self.prepare(*_parts(self.op, item))
        if self.limit is not None and count < self.limit:
            warnings.warn(
                f"{self.op}: the data ended after {count} of {self.limit} batches", stacklevel=3
            )
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def _sequence_items(self, start):
        order = np.arange(len(self.source))
        if self.shuffle:
            order = np.random.default_rng(random.next_seed()).permutation(order)
        return (self.source[int(index)] for index in order[start : self.limit])

    def _limited(self, start):
        """The next batches; a source that can start anew does so when it ends."""
        count = start
        while self.limit is None or count < self.limit:
            item = next(self._running, _END)
            if item is _END and not self.goes_on and count:
                self._running = iter(self.source)
                item = next(self._running, _END)
            if item is _END:
                self._running = None if not self.goes_on else self._running
                return
            count += 1
            yield item


_END = object()


def _length(source):
    try:
        return len(source)
    except TypeError:  # it does not know
        return None


def _parts(op, item):
    """``(x, y, sample_weight)`` of what a source yields."""
    if not isinstance(item, tuple):
        return item, None, None
    if not 1 <= len(item) <= 3:
        raise ValueError(f"{op}: data must yield (x, y) or (x, y, sample_weight), got {len(item)}")
    return (*item, None, None)[:3]


def is_stream(x):
    """Whether ``x`` gives batches itself, rather than being arrays or numbers."""
    if x is None or isinstance(x, (list, tuple, dict, str)) or hasattr(x, "__array__"):
        return False
    return hasattr(x, "__iter__") or hasattr(x, "__next__") or hasattr(x, "__getitem__")


def first_item(source):
    """``(inputs of the first batch, source)`` for a model that has no shape yet."""
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        return _parts("fit", source[0])[0], source
    running = iter(source)
    item = next(running, None)
    if item is None:
        raise ValueError("fit: the data hold no batch")
    restored = itertools.chain([item], running) if running is source else source
    return _parts("fit", item)[0], restored


class Preparer:
    """Makes lists of checked arrays from what users give, for one model and step.

    Parameters
    ----------
    op : str
        The operation, for messages.
    model : Model
    heads : list of Head
    class_weight : dict, optional
    required : bool
        Whether targets are.
    """

    def __init__(self, op, model, heads, class_weight=None, required=True):
        self.op, self.model, self.heads = op, model, heads
        self.class_weight, self.required = class_weight, required

    def __call__(self, x, y=None, sample_weight=None, cast=True):
        x = self.model.standardize_inputs(x, cast=cast)
        if not self.heads:
            return Batch(x, [], [])
        y = targets.standardize(self.op, y, self.heads, self.required)
        if sample_weight is None and self.class_weight is None:
            weights = [None] * len(self.heads)
        else:
            weights = targets.weights(self.op, sample_weight, self.class_weight, y, self.heads)
        targets.same_rows(self.op, x, y, weights)
        return Batch(x, y, weights)

    def arrays(self, x, y, sample_weight, batch_size, shuffle=False, steps=None):
        """An :class:`ArrayFeed` of whole arrays."""
        batch = self(x, y, sample_weight, cast=False)
        dtypes = [np.dtype(tensor.dtype) for tensor in self.model.inputs]
        return ArrayFeed(*batch, dtypes, batch_size, shuffle, steps)
