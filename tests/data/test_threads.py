"""prefetch and parallel map: order, errors, and that no thread outlives its loop."""

import gc
import threading
import time

import numpy as np
import pytest

from minicnn.data import AUTOTUNE, Dataset


def threads():
    return {t for t in threading.enumerate() if t.name.startswith("minicnn-")}


@pytest.fixture(autouse=True)
def no_thread_is_left():
    assert not threads()
    yield
    gc.collect()
    assert not threads()


def in_threads(dataset, kind):
    if kind == "prefetch":
        return dataset.prefetch(2)
    if kind == "map":
        return dataset.map(np.positive, num_parallel_calls=3)
    return dataset.map(np.positive, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE).prefetch(1)


kinds = pytest.mark.parametrize("kind", ["prefetch", "map", "both"])


@kinds
@pytest.mark.parametrize("size", [0, 1, 2, 50])
def test_order_and_number_stay(kind, size):
    dataset = in_threads(Dataset.range(size), kind)
    assert [int(n) for n in dataset] == list(range(size))
    assert len(dataset) == size


@kinds
def test_leaving_the_loop_ends_the_threads(kind):
    for n in in_threads(Dataset.range(5).repeat(), kind):
        if n == 3:
            break
    gc.collect()
    assert not threads()


@kinds
def test_closing_an_iterator_that_was_only_begun(kind):
    iterator = iter(in_threads(Dataset.range(5).repeat(), kind))
    next(iterator)
    assert threads()
    iterator.close()
    assert not threads()


@kinds
def test_an_iterator_never_begun_starts_no_thread(kind):
    iterator = iter(in_threads(Dataset.range(5), kind))
    assert not threads()
    del iterator


@kinds
def test_errors_travel_to_the_consumer_after_what_came_before(kind):
    def fragile(n):
        if n == 3:
            raise ZeroDivisionError("at three")
        return n

    seen = []
    with pytest.raises(ZeroDivisionError, match="at three"):
        seen.extend(int(n) for n in in_threads(Dataset.range(9).map(fragile), kind))
    assert seen == [0, 1, 2]


def test_error_inside_a_parallel_map_keeps_its_place():
    seen = []
    with pytest.raises(ZeroDivisionError):
        seen.extend(Dataset.range(-3, 9).map(lambda n: 6 // int(n), num_parallel_calls=4))
    assert seen == [-2, -3, -6]


def test_a_generator_that_stops_by_mistake_is_an_error_not_an_end():
    def broken(n):
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(Dataset.range(3).map(broken).prefetch(1))


def test_prefetch_stays_within_its_buffer():
    made = []

    def numbers():
        for n in range(100):
            made.append(n)
            yield n

    iterator = iter(Dataset.from_generator(numbers).prefetch(3))
    next(iterator)
    deadline = time.monotonic() + 10
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert len(made) == 4  # the one taken and three ahead
    iterator.close()


def test_prefetch_works_while_the_consumer_does():
    ahead = threading.Event()

    def numbers():
        yield 0
        ahead.set()
        yield 1

    iterator = iter(Dataset.from_generator(numbers).prefetch(1))
    next(iterator)
    assert ahead.wait(10)  # set although nothing more was asked for
    iterator.close()


def test_parallel_calls_run_at_once():
    together = threading.Barrier(3, timeout=10)

    def meet(n):
        together.wait()
        return n

    assert len(list(Dataset.range(3).map(meet, num_parallel_calls=3))) == 3


def test_source_is_closed_in_the_thread_that_runs_it():
    closers = []

    def numbers():
        try:
            while True:
                yield 1
        finally:
            closers.append(threading.current_thread().name)

    iterator = iter(Dataset.from_generator(numbers).prefetch(2))
    next(iterator)
    iterator.close()
    assert closers == ["minicnn-prefetch"]
