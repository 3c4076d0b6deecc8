"""The dataset: a recipe for a stream of elements, drawn anew by every loop over it."""

import itertools
import operator
import os

import numpy as np

from .. import random
from . import cardinality, prefetch, sources, structure, transforms

AUTOTUNE = -1


class Dataset:
    """A stream of examples or batches, in the words and with the rules of ``tf.data.Dataset``.

    Made by :meth:`from_tensor_slices`, :meth:`from_generator` or :meth:`range`; every method
    returns a new dataset and leaves this one as it was. Elements are NumPy arrays or scalars, or
    tuples and dicts of them. Nothing is computed before a loop asks for it.

    >>> images, labels = np.zeros((10, 28, 28, 1)), np.arange(10)
    >>> dataset = Dataset.from_tensor_slices((images, labels))
    >>> dataset = dataset.shuffle(10, seed=1).repeat(3).batch(4).prefetch(1)
    >>> len(dataset)
    8
    """

    def __init__(self, start, size):
        self._start = start
        self._size = size

    @staticmethod
    def from_tensor_slices(tensors):
        """A dataset of the slices of ``tensors`` along their first axis.

        Parameters
        ----------
        tensors : array, or tuples and dicts of arrays
            All of the same length. A list is one array; Python floats become ``floatx()``.
            Elements are read-only views: arrays are not copied.

        Raises
        ------
        ValueError, TypeError
            If lengths differ, or an entry is a scalar or no array of numbers or strings.
        """
        op = "Dataset.from_tensor_slices"
        tensors = structure.arrays(op, tensors)
        structure.slices(op, tensors)  # refuse now, not in the first loop
        size = len(structure.flatten(tensors)[0])
        return Dataset(lambda: (x for x in structure.slices(op, tensors)), size)

    @staticmethod
    def from_generator(generator, output_types=None, output_shapes=None, args=None):
        """A dataset of what ``generator(*args)`` yields; it is called for every loop.

        Parameters
        ----------
        generator : callable
            Returns an iterable of elements.
        output_types : dtype, or tuples and dicts of dtypes, optional
            What every element is converted to; as it comes by default.
        output_shapes : shape, or shapes nested as ``output_types``, optional
            What every element must have; ``None`` in a shape fits any size.
        args : tuple, optional
            Arguments of ``generator``.
        """
        op = "Dataset.from_generator"
        if not callable(generator):
            raise TypeError(f"{op}: generator must be callable, got {type(generator).__name__}")
        if output_shapes is not None and output_types is None:
            raise TypeError(f"{op}: output_shapes needs output_types beside it")
        args = () if args is None else tuple(args)
        return Dataset(
            lambda: sources.generated(generator, output_types, output_shapes, args),
            cardinality.UNKNOWN,
        )

    @staticmethod
    def range(*args):
        """Integers as ``range(stop)``, ``range(start, stop)`` or ``range(start, stop, step)``."""
        numbers = range(*args)
        return Dataset(lambda: (np.int64(n) for n in numbers), len(numbers))

    @staticmethod
    def zip(*datasets):
        """Datasets side by side: ``zip(a, b)``, or tuples and dicts of datasets, nested.

        Ends with the shortest. Elements have the structure in which the datasets came.
        """
        nested = datasets[0] if len(datasets) == 1 else datasets
        leaves = structure.flatten(nested)
        for leaf in leaves:
            _is_dataset("Dataset.zip", "datasets", leaf)
        if not leaves:
            raise ValueError("Dataset.zip: datasets must hold at least one, got none")
        size = cardinality.zipped([leaf._size for leaf in leaves])
        return Dataset(lambda: transforms.zipped(nested), size)

    def map(self, map_func, num_parallel_calls=None):
        """``map_func`` of every element, in order; a tuple's parts come as its arguments.

        Parameters
        ----------
        map_func : callable
            Gets arrays (read-only where they are slices of the source), returns arrays, numbers,
            or tuples and dicts of them.
        num_parallel_calls : int, optional
            Threads to work with: a whole number, or ``AUTOTUNE`` for one a core. By default the
            consumer's own.
        """
        _callable("Dataset.map", "map_func", map_func)
        workers = 0
        if num_parallel_calls is not None:
            workers = _integer("Dataset.map", "num_parallel_calls", num_parallel_calls, 1, AUTOTUNE)
            workers = (os.cpu_count() or 1) if workers == AUTOTUNE else workers
        return Dataset(lambda: transforms.mapped(self, map_func, workers), self._size)

    def cache(self):
        """The elements of the first whole loop, kept in memory for all later ones (read-only)."""
        kept = []
        return Dataset(lambda: transforms.cached(self, kept), self._size)

    def enumerate(self, start=0):
        """Pairs of a number, counted from ``start``, and an element."""
        start = _integer("Dataset.enumerate", "start", start, 0)
        return Dataset(lambda: transforms.enumerated(self, start), self._size)

    def filter(self, predicate):
        """The elements for which ``predicate`` is true."""
        _callable("Dataset.filter", "predicate", predicate)
        return Dataset(lambda: transforms.filtered(self, predicate), cardinality.UNKNOWN)

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True):
        """Random order: each element is drawn from a buffer of the next ``buffer_size``.

        Parameters
        ----------
        buffer_size : int
            As large as the dataset for a uniform order; smaller needs less memory.
        seed : int, optional
            The same seed gives the same orders; drawn from the library's stream if not given.
        reshuffle_each_iteration : bool
            Another order in every loop and every round of :meth:`repeat`.
        """
        buffer_size = _integer("Dataset.shuffle", "buffer_size", buffer_size, 1)
        seed = random.next_seed() if seed is None else _integer("Dataset.shuffle", "seed", seed, 0)
        if not reshuffle_each_iteration:
            return Dataset(lambda: transforms.shuffled(self, buffer_size, seed), self._size)
        rounds = itertools.count()
        return Dataset(
            lambda: transforms.shuffled(self, buffer_size, [seed, next(rounds)]), self._size
        )

    def repeat(self, count=None):
        """The whole dataset ``count`` times; forever if ``None`` or -1."""
        count = -1 if count is None else _integer("Dataset.repeat", "count", count, 0, -1)
        size = cardinality.repeated(self._size, count)
        return Dataset(lambda: transforms.repeated(self, count), size)

    def batch(self, batch_size, drop_remainder=False):
        """``batch_size`` elements stacked along a new first axis.

        The last batch is shorter, or dropped, if the elements do not fill it. Elements of
        different shapes or dtypes raise ``ValueError``.
        """
        batch_size = _integer("Dataset.batch", "batch_size", batch_size, 1)
        size = cardinality.batched(self._size, batch_size, drop_remainder)
        return Dataset(lambda: transforms.batched(self, batch_size, drop_remainder), size)

    def unbatch(self):
        """The slices of every element along its first axis: the inverse of :meth:`batch`."""
        size = self._size if self._size in (0, cardinality.INFINITE) else cardinality.UNKNOWN
        return Dataset(lambda: transforms.unbatched(self), size)

    def prefetch(self, buffer_size):
        """Make up to ``buffer_size`` elements ahead in a thread (``AUTOTUNE``: 2)."""
        ahead = _integer("Dataset.prefetch", "buffer_size", buffer_size, 0, AUTOTUNE)
        if ahead == 0:
            return self
        ahead = 2 if ahead == AUTOTUNE else ahead
        return Dataset(lambda: prefetch.prefetched(self, ahead), self._size)

    def take(self, count):
        """The first ``count`` elements; all of them if -1."""
        count = _integer("Dataset.take", "count", count, 0, -1)
        size = cardinality.taken(self._size, count)
        return Dataset(lambda: transforms.taken(self, None if count < 0 else count), size)

    def skip(self, count):
        """All but the first ``count`` elements; none if -1."""
        count = _integer("Dataset.skip", "count", count, 0, -1)
        if count < 0:
            return self.take(0)
        size = cardinality.skipped(self._size, count)
        return Dataset(lambda: transforms.skipped(self, count), size)

    def concatenate(self, dataset):
        """This dataset, then ``dataset``."""
        _is_dataset("Dataset.concatenate", "dataset", dataset)
        size = cardinality.concatenated(self._size, dataset._size)
        return Dataset(lambda: transforms.concatenated(self, dataset), size)

    def cardinality(self):
        """Number of elements; -1 if infinite, -2 if unknown (``data.INFINITE_CARDINALITY`` ...)."""
        return self._size

    def as_numpy_iterator(self):
        """An iterator over the elements, which are NumPy's already."""
        return iter(self)

    def __iter__(self):
        return self._start()

    def __len__(self):
        if self._size < 0:
            told = "infinite" if self._size == cardinality.INFINITE else "unknown"
            raise TypeError(f"len(Dataset): the number of elements is {told}")
        return self._size

    def __bool__(self):
        return True  # as tf.data: also when empty or without a length

    def __repr__(self):
        told = {cardinality.INFINITE: "infinite", cardinality.UNKNOWN: "unknown"}
        return f"<Dataset: cardinality {told.get(self._size, self._size)}>"


def _integer(op, name, value, minimum, special=None):
    """``value`` as an integer of at least ``minimum``, or the one special value."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{op}: {name} must be an integer, got {value!r}") from None
    if number < minimum and number != special:
        wanted = f"at least {minimum}" + ("" if special is None else f" or {special}")
        raise ValueError(f"{op}: {name} must be {wanted}, got {number}")
    return number


def _callable(op, name, value):
    if not callable(value):
        raise TypeError(f"{op}: {name} must be callable, got {type(value).__name__}")


def _is_dataset(op, name, value):
    if not isinstance(value, Dataset):
        raise TypeError(f"{op}: {name} must be a Dataset, got {type(value).__name__}")
