"""What is done to a stream of elements: one generator function for each transformation.

Each draws from the iterator of the dataset before it and closes that iterator when it is closed
itself, so that leaving a loop early stops every thread and generator upstream.
"""

from collections import deque
from contextlib import ExitStack, closing
from itertools import islice

import numpy as np

from . import structure

_DRAWN_AT_ONCE = 1024  # random positions: a call of NumPy for each would cost more than the rest


def mapped(source, function, workers):
    """``function`` of every element, in order, by ``workers`` threads (0: by the caller's)."""

    def result(element):
        value = function(*element) if isinstance(element, tuple) else function(element)
        return structure.arrays("Dataset.map", value)

    with closing(iter(source)) as elements:
        if not workers:
            for element in elements:
                yield result(element)
        else:
            yield from _in_threads(elements, result, workers)


def _in_threads(elements, function, workers):
    from concurrent.futures import ThreadPoolExecutor

    pool, running = ThreadPoolExecutor(workers, "minicnn-map"), deque()
    failure = None
    try:
        while failure is None:
            try:
                running.append(pool.submit(function, next(elements)))
            except StopIteration:
                break
            except Exception as error:
                failure = error  # the consumer's turn to see it comes after what is running
            if len(running) > workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
        if failure is not None:
            raise failure
    finally:
        pool.shutdown(cancel_futures=True)


def filtered(source, predicate):
    """The elements for which ``predicate`` holds."""
    with closing(iter(source)) as elements:
        for element in elements:
            if predicate(*element) if isinstance(element, tuple) else predicate(element):
                yield element


def shuffled(source, buffer_size, seed):
    """Each element at random from a buffer of ``buffer_size``, which the next one refills."""
    rng = np.random.default_rng(seed)
    with closing(iter(source)) as elements:
        buffer = list(islice(elements, buffer_size))
        for element, k in zip(elements, _positions(rng, buffer_size)):
            yield buffer[k]
            buffer[k] = element
        for k in rng.permutation(len(buffer)):
            yield buffer[k]


def _positions(rng, size):
    while True:
        yield from rng.integers(size, size=_DRAWN_AT_ONCE).tolist()


def repeated(source, count):
    """The whole of ``source``, ``count`` times; forever if negative (never if it is empty)."""
    while count != 0:
        empty = True
        with closing(iter(source)) as elements:
            for element in elements:
                empty = False
                yield element
        if empty:
            return
        count -= 1


def batched(source, batch_size, drop_remainder):
    """``batch_size`` elements stacked into one."""
    with closing(iter(source)) as elements:
        while batch := list(islice(elements, batch_size)):
            if len(batch) == batch_size or not drop_remainder:
                yield structure.stack("Dataset.batch", batch)


def unbatched(source):
    """The slices of every element along its first axis."""
    with closing(iter(source)) as elements:
        for element in elements:
            yield from structure.slices("Dataset.unbatch", element)


def taken(source, count):
    """The first ``count`` elements; one more is never asked for."""
    with closing(iter(source)) as elements:
        yield from islice(elements, count)


def skipped(source, count):
    """What comes after the first ``count`` elements."""
    with closing(iter(source)) as elements:
        yield from islice(elements, count, None)


def zipped(sources):
    """Elements side by side, in the structure that holds the datasets, until one ends."""
    with ExitStack() as stack:
        streams = [stack.enter_context(closing(iter(s))) for s in structure.flatten(sources)]
        for leaves in zip(*streams):
            yield structure.unflatten(sources, iter(leaves))


def concatenated(first, second):
    """All of ``first``, then all of ``second``."""
    for source in (first, second):
        with closing(iter(source)) as elements:
            yield from elements


def cached(source, kept):
    """The elements in the list inside ``kept``, which the first whole loop over ``source`` puts."""
    if kept:
        yield from kept[0]
        return
    seen = []
    with closing(iter(source)) as elements:
        for element in elements:
            seen.append(structure.read_only(element))
            yield seen[-1]
    kept[:] = [seen]


def enumerated(source, start):
    """``(number, element)``"""
    with closing(iter(source)) as elements:
        for number, element in enumerate(elements, start):
            yield np.int64(number), element
