"""to_categorical and normalize against Keras."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minicnn import config, utils
from minicnn.utils import normalize, np_utils, to_categorical

shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)


@given(
    x=shapes.flatmap(lambda shape: arrays.arrays(np.int64, shape, elements=st.integers(0, 6))),
    extra=st.none() | st.integers(0, 3),
    dtype=st.sampled_from([np.uint8, np.int32, np.float32]),
)
def test_to_categorical_is_keras(tf_keras, x, extra, dtype):
    num_classes = None if extra is None else int(x.max()) + 1 + extra
    ours = to_categorical(x.astype(dtype), num_classes)
    theirs = tf_keras.utils.to_categorical(x, num_classes)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.shape == theirs.shape and ours.dtype == np.float32


def test_to_categorical_dtype():
    assert to_categorical([1], dtype="uint8").dtype == np.uint8
    config.set_floatx("float64")
    try:
        assert to_categorical([1]).dtype == np.float64
    finally:
        config.set_floatx("float32")


def test_to_categorical_of_nothing():
    assert to_categorical(np.zeros(0, int), 3).shape == (0, 3)
    assert to_categorical([], 3).shape == (0, 3)


@pytest.mark.parametrize(
    "args, error, message",
    [
        (([0, -1],), ValueError, "x must be in [0, 0], got -1 to 0"),
        (([0, 3], 3), ValueError, "x must be in [0, 2], got 0 to 3"),
        (([0.5],), ValueError, "x must be whole numbers"),
        (([np.nan],), ValueError, "x must be whole numbers"),
        (([2**64 - 1],), ValueError, "x must be whole numbers"),
        ((["a"],), TypeError, "x must be class numbers, got dtype <U1"),
        (([0], 2.0), TypeError, "num_classes must be an integer, got 2.0"),
        (([],), ValueError, "num_classes must be given when x is empty"),
        (([0], 0), ValueError, "x must be in [0, -1], got 0 to 0"),
    ],
)
def test_to_categorical_refusals(args, error, message):
    with pytest.raises(error) as caught:
        to_categorical(*args)
    assert str(caught.value) == f"to_categorical: {message}"


@given(data=st.data(), order=st.sampled_from([1, 2, 3, np.inf]))
def test_normalize_is_keras(tf_keras, data, order):
    shape = data.draw(arrays.array_shapes(min_dims=2, max_dims=3, max_side=4))
    elements = st.integers(-4, 4).map(float)
    x = data.draw(arrays.arrays(np.float64, shape, elements=elements))
    axis = data.draw(st.integers(1, len(shape) - 1) | st.just(-1))
    ours = normalize(x, axis, order)
    np.testing.assert_allclose(ours, tf_keras.utils.normalize(x, axis, order), rtol=1e-12)


def test_normalize_makes_unit_vectors_and_keeps_zeros(rng):
    x = rng.normal(size=(3, 5))
    x[1] = 0
    lengths = np.linalg.norm(normalize(x, axis=1), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1])
    np.testing.assert_allclose(np.linalg.norm(normalize(x, axis=0), axis=0), np.ones(5))


def test_older_names():
    assert np_utils.to_categorical is utils.to_categorical
    assert np_utils.normalize is utils.normalize
