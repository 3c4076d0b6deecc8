"""Datasets against tf.data: the same elements in the same order, the same cardinalities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.data import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Dataset
from minicnn.random import set_random_seed


def told(dataset):
    """Elements as nested Python lists, so that they can be compared."""

    def plain(element):
        if isinstance(element, tuple):
            return tuple(plain(part) for part in element)
        if isinstance(element, dict):
            return {key: plain(part) for key, part in element.items()}
        return np.asarray(element).tolist()

    return [plain(element) for element in dataset]


counts = st.integers(-1, 7)
steps = st.one_of(
    st.tuples(st.just("batch"), st.integers(1, 4), st.booleans()),
    st.tuples(st.just("repeat"), st.integers(0, 3)),
    st.tuples(st.just("take"), counts),
    st.tuples(st.just("skip"), counts),
    st.tuples(st.just("prefetch"), st.integers(1, 3)),
    st.tuples(st.just("unbatch")),
    st.tuples(st.just("cache")),
    st.tuples(st.just("double")),
)


def apply(dataset, step):
    name, *args = step
    if name == "double":
        return dataset.map(lambda x, y: (x + x, y))
    return getattr(dataset, name)(*args)


@given(size=st.integers(1, 9), steps=st.lists(steps, max_size=4))
def test_chains_give_what_tf_data_gives(tf, size, steps):
    arrays = (np.arange(2 * size, dtype=np.float32).reshape(size, 2), np.arange(size))
    ours, theirs = Dataset.from_tensor_slices(arrays), tf.data.Dataset.from_tensor_slices(arrays)
    batched = 0
    for step in steps:
        batched += (step[0] == "batch") - (step[0] == "unbatch")
        if batched not in (0, 1):  # ragged batches of batches, scalars unbatched: refused by both
            break
        ours, theirs = apply(ours, step), apply(theirs, step)
    assert told(ours) == told(theirs.as_numpy_iterator())
    if ours.cardinality() != UNKNOWN_CARDINALITY:
        assert ours.cardinality() == len(told(ours))
        assert len(ours) == len(told(ours))


@given(step=steps, source=st.sampled_from(["finite", "empty", "infinite", "unknown"]))
def test_cardinality_is_that_of_tf_data(tf, step, source):
    def made(cls):
        dataset = cls.zip((cls.range(5), cls.range(5)))
        return {
            "finite": lambda: dataset,
            "empty": lambda: dataset.take(0),
            "infinite": dataset.repeat,
            "unknown": lambda: dataset.filter(lambda x, y: x >= 0),
        }[source]()

    if step[0] == "unbatch":
        return
    ours, theirs = apply(made(Dataset), step), apply(made(tf.data.Dataset), step)
    if source == "infinite" and step == ("skip", -1):  # tf.data says infinite, yet yields nothing
        assert ours.cardinality() == len(told(theirs.as_numpy_iterator())) == 0
    else:
        assert ours.cardinality() == theirs.cardinality().numpy()


def test_structures_come_back_as_they_went_in(tf):
    nested = {"x": (np.arange(6).reshape(3, 2), np.array([1.5, 2.5, 3.5])), "name": ["a", "b", "c"]}
    ours = Dataset.from_tensor_slices(nested).batch(2)
    theirs = tf.data.Dataset.from_tensor_slices(nested).batch(2)
    decoded = []
    for element in told(theirs.as_numpy_iterator()):
        element["name"] = [name.decode() for name in element["name"]]
        decoded.append(element)
    assert told(ours) == decoded


def test_zip_and_concatenate(tf):
    def made(cls):
        a, b = cls.range(3), cls.range(10, 15)
        return [
            cls.zip(a, b),
            cls.zip((a, {"b": b, "a": (a, b)})),
            cls.zip((a.repeat(), b)),
            a.concatenate(b),
            b.concatenate(a.repeat()).take(9),
        ]

    for ours, theirs in zip(made(Dataset), made(tf.data.Dataset)):
        assert told(ours) == told(theirs.as_numpy_iterator())
        assert ours.cardinality() == theirs.cardinality().numpy()


def test_map_gets_tuples_as_arguments_and_dicts_whole():
    pairs = Dataset.from_tensor_slices((np.arange(3), np.arange(3) * 10))
    assert told(pairs.map(lambda x, y: x + y)) == [0, 11, 22]
    assert told(pairs.map(lambda x, y: {"sum": x + y}).map(lambda d: d["sum"])) == [0, 11, 22]
    assert told(pairs.map(lambda x, y: [x, y])) == [[0, 0], [1, 10], [2, 20]]


def test_elements_keep_dtypes_and_python_floats_become_floatx():
    x, y = next(iter(Dataset.from_tensor_slices(([1.5, 2], np.zeros((2, 1), np.float64)))))
    assert x.dtype == np.float32
    assert y.dtype == np.float64
    image, label = next(iter(Dataset.from_tensor_slices((np.zeros((1, 2), np.uint8), [3]))))
    assert image.dtype == np.uint8
    assert label.dtype == np.int64


def test_a_map_that_writes_cannot_change_the_source():
    source = np.zeros((2, 3))

    def spoil(x):
        x += 1
        return x

    with pytest.raises(ValueError, match="read-only"):
        list(Dataset.from_tensor_slices(source).map(spoil))
    assert not source.any()
    batch = next(iter(Dataset.from_tensor_slices(source).batch(2)))
    batch += 1  # a batch is the consumer's own
    assert not source.any()


def test_filter():
    dataset = Dataset.range(10).filter(lambda x: x % 3 == 0)
    assert told(dataset) == [0, 3, 6, 9]
    assert dataset.cardinality() == UNKNOWN_CARDINALITY
    pairs = Dataset.from_tensor_slices(([1, 2], [2, 1])).filter(lambda x, y: x < y)
    assert told(pairs) == [(1, 2)]


@given(size=st.integers(0, 40), buffer_size=st.integers(1, 50), seed=st.integers(0, 2**63 - 1))
def test_shuffle_permutes_within_its_buffer(size, buffer_size, seed):
    order = told(Dataset.range(size).shuffle(buffer_size, seed))
    assert sorted(order) == list(range(size))
    assert all(n < place + buffer_size for place, n in enumerate(order))
    assert order == told(Dataset.range(size).shuffle(buffer_size, seed))


def test_shuffle_is_uniform():
    orders = [tuple(told(Dataset.range(3).shuffle(3, seed))) for seed in range(600)]
    found = [orders.count(order) for order in sorted(set(orders))]
    assert len(found) == 6
    assert min(found) > 70  # expected 100, standard deviation 9


def test_shuffle_reshuffles_each_round_unless_told_not_to():
    rounds = np.array(told(Dataset.range(20).shuffle(20, 1).repeat(2))).reshape(2, 20)
    assert not np.array_equal(*rounds)
    again = np.array(told(Dataset.range(20).shuffle(20, 1).repeat(2))).reshape(2, 20)
    assert np.array_equal(rounds, again)
    same = Dataset.range(20).shuffle(20, 1, reshuffle_each_iteration=False).repeat(2)
    assert np.array_equal(*np.array(told(same)).reshape(2, 20))


def test_shuffle_without_a_seed_follows_the_library_seed():
    set_random_seed(7)
    first = told(Dataset.range(20).shuffle(20))
    other = told(Dataset.range(20).shuffle(20))
    set_random_seed(7)
    assert told(Dataset.range(20).shuffle(20)) == first
    assert other != first


def test_shuffle_asks_the_source_for_one_element_more_than_its_buffer():
    asked = []

    def numbers():
        for n in range(100):
            asked.append(n)
            yield n

    iterator = iter(Dataset.from_generator(numbers).shuffle(5, 0))
    next(iterator)
    assert len(asked) == 6


def test_take_asks_for_no_element_too_many():
    asked = []

    def numbers():
        for n in range(100):
            asked.append(n)
            yield n

    assert told(Dataset.from_generator(numbers).take(3)) == [0, 1, 2]
    assert asked == [0, 1, 2]


def test_repeat_forever_of_nothing_ends():
    assert told(Dataset.range(0).repeat()) == []
    assert told(Dataset.from_generator(lambda: iter([])).repeat()) == []


def test_cache_keeps_the_first_whole_loop():
    asked = []

    def work(x):
        asked.append(int(x))
        return np.array([x])

    dataset = Dataset.range(3).map(work).cache()
    assert told(dataset.take(1)) == [[0]]
    assert told(dataset) == told(dataset) == told(dataset.repeat(1)) == [[0], [1], [2]]
    assert asked == [0, 0, 1, 2]
    with pytest.raises(ValueError, match="read-only"):
        next(iter(dataset))[0] = 9


def test_enumerate_counts(tf):
    for start in (0, 3):
        ours, theirs = (d.range(5, 8).enumerate(start) for d in (Dataset, tf.data.Dataset))
        assert told(ours) == told(theirs.as_numpy_iterator())
    assert len(Dataset.range(5).enumerate()) == 5
    with pytest.raises(ValueError, match=r"Dataset.enumerate: start must be at least 0, got -1"):
        Dataset.range(5).enumerate(-1)


def test_every_loop_starts_anew():
    dataset = Dataset.range(6).batch(4)
    assert told(dataset) == told(dataset) == [[0, 1, 2, 3], [4, 5]]
    one, other = iter(dataset), iter(dataset)
    next(one)
    assert next(other).tolist() == [0, 1, 2, 3]


def test_length_of_infinite_and_unknown_is_refused():
    infinite, unknown = Dataset.range(3).repeat(), Dataset.from_generator(lambda: iter([1]))
    assert infinite.cardinality() == INFINITE_CARDINALITY
    with pytest.raises(TypeError, match=r"^len\(Dataset\): the number of elements is infinite$"):
        len(infinite)
    with pytest.raises(TypeError, match="is unknown"):
        len(unknown)
    assert infinite and unknown and Dataset.range(0)
    assert repr(unknown) == "<Dataset: cardinality unknown>"
    assert repr(Dataset.range(3)) == "<Dataset: cardinality 3>"


R = Dataset.range(4)
ragged = Dataset.from_generator(lambda: iter([np.zeros(2), np.zeros(3)]))
uneven = Dataset.from_generator(lambda: iter([(1, 2), (1, 2, 3)]))


@pytest.mark.parametrize(
    "op, call, error, message",
    [
        ("batch", lambda: R.batch(0), ValueError, "batch_size must be at least 1, got 0"),
        ("batch", lambda: R.batch(2.0), TypeError, "batch_size must be an integer, got 2.0"),
        ("batch", lambda: R.batch(True), TypeError, "batch_size must be an integer, got True"),
        ("shuffle", lambda: R.shuffle(0), ValueError, "buffer_size must be at least 1, got 0"),
        ("shuffle", lambda: R.shuffle(2, -1), ValueError, "seed must be at least 0, got -1"),
        ("repeat", lambda: R.repeat(-2), ValueError, "count must be at least 0 or -1, got -2"),
        ("take", lambda: R.take(-2), ValueError, "count must be at least 0 or -1, got -2"),
        ("map", lambda: R.map(3), TypeError, "map_func must be callable, got int"),
        (
            "map",
            lambda: R.map(abs, 0),
            ValueError,
            "num_parallel_calls must be at least 1 or -1, got 0",
        ),
        ("filter", lambda: R.filter(None), TypeError, "predicate must be callable, got NoneType"),
        (
            "concatenate",
            lambda: R.concatenate([1]),
            TypeError,
            "dataset must be a Dataset, got list",
        ),
        ("zip", lambda: Dataset.zip(R, 3), TypeError, "datasets must be a Dataset, got int"),
        ("zip", lambda: Dataset.zip(), ValueError, "datasets must hold at least one, got none"),
        (
            "from_tensor_slices",
            lambda: Dataset.from_tensor_slices((np.zeros(2), np.zeros(3))),
            ValueError,
            "arrays must share the length of their first axis, got (2,), (3,)",
        ),
        (
            "from_tensor_slices",
            lambda: Dataset.from_tensor_slices((np.zeros(2), 3)),
            ValueError,
            "every array must have at least one axis, got a scalar",
        ),
        (
            "from_tensor_slices",
            lambda: Dataset.from_tensor_slices(None),
            TypeError,
            "elements must be numbers or strings, got NoneType",
        ),
        (
            "map",
            lambda: list(R.map(lambda x: None)),
            TypeError,
            "elements must be numbers or strings, got NoneType",
        ),
        (
            "batch",
            lambda: list(ragged.batch(2)),
            ValueError,
            "elements must share shape and dtype, got (2,) float64 and (3,) float64",
        ),
        (
            "batch",
            lambda: list(uneven.batch(2)),
            ValueError,
            "elements must share one structure of tuples and dicts",
        ),
        (
            "unbatch",
            lambda: list(R.unbatch()),
            ValueError,
            "every array must have at least one axis, got a scalar",
        ),
    ],
)
def test_refusals(op, call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == f"Dataset.{op}: {message}"
