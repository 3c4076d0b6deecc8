"""Datasets made by Python generators: types, shapes, and that the generator is closed."""

import numpy as np
import pytest

from minicnn.data import Dataset


def pairs(count=3):
    for n in range(count):
        yield [n, n + 1], n


def test_as_tf_data(tf):
    types, shapes = (tf.float32, tf.int64), ((2,), ())
    theirs = tf.data.Dataset.from_generator(pairs, types, shapes).batch(2).as_numpy_iterator()
    for names in ((tf.float32, tf.int64), ("float32", np.int64)):
        ours = Dataset.from_generator(pairs, names, shapes).batch(2)
        for (x, n), (tx, tn) in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(x, tx, strict=True)
            np.testing.assert_array_equal(n, tn, strict=True)
        theirs = tf.data.Dataset.from_generator(pairs, types, shapes).batch(2).as_numpy_iterator()


def test_without_types_elements_come_as_they_are():
    (x, n), *rest = Dataset.from_generator(pairs, args=(2,))
    assert x.tolist() == [0, 1] and n == 0 and len(rest) == 1


def test_called_again_for_every_loop():
    dataset = Dataset.from_generator(pairs)
    assert len(list(dataset)) == len(list(dataset)) == 3


def test_dicts_and_free_sizes():
    def words():
        yield {"ids": [1, 2, 3], "label": 1.0}

    dataset = Dataset.from_generator(
        words, {"ids": np.int32, "label": np.float32}, {"ids": (None,), "label": ()}
    )
    (element,) = dataset
    assert element["ids"].dtype == np.int32 and element["label"].dtype == np.float32


def test_the_generator_is_closed_when_the_loop_is_left():
    closed = []

    def numbers():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    iterator = iter(Dataset.from_generator(numbers).map(np.negative).batch(2).repeat().take(5))
    next(iterator)
    assert not closed
    iterator.close()
    assert closed == [True]


@pytest.mark.parametrize(
    "kwargs, error, message",
    [
        ({"generator": pairs()}, TypeError, "generator must be callable, got generator"),
        ({"output_shapes": ((2,), ())}, TypeError, "output_shapes needs output_types beside it"),
        (
            {"output_types": (float, int, int)},
            ValueError,
            "output_types asks for 3 parts, got ([0, 1], 0)",
        ),
        (
            {"output_types": {"x": float}},
            ValueError,
            "output_types asks for keys ['x'], got ([0, 1], 0)",
        ),
        (
            {"output_types": (float, int), "output_shapes": ((3,), ())},
            ValueError,
            "output_shapes asks for (3,), got (2,)",
        ),
    ],
)
def test_refusals(kwargs, error, message):
    with pytest.raises(error) as caught:
        list(Dataset.from_generator(**{"generator": pairs, **kwargs}))
    assert str(caught.value) == f"Dataset.from_generator: {message}"
