"""Crops, borders and mirror images against TensorFlow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from minicnn import image, random

X = np.arange(2 * 5 * 6 * 3, dtype=np.uint8).reshape(2, 5, 6, 3)


@pytest.mark.parametrize("name", ["flip_left_right", "flip_up_down"])
def test_flips(tf, name):
    ours, theirs = getattr(image, name), getattr(tf.image, name)
    for x in (X, X[0]):
        assert_array_equal(ours(x), theirs(x))
        assert_array_equal(ours(ours(x)), x)
        assert not np.shares_memory(ours(x), x)


@pytest.mark.parametrize("name", ["random_flip_left_right", "random_flip_up_down"])
def test_random_flips_flip_about_half_and_repeat(name):
    batch = np.repeat(X[:1], 400, axis=0)
    y = getattr(image, name)(batch, seed=1)
    assert_array_equal(y, getattr(image, name)(batch, seed=1))
    flipped = (y != batch).any(axis=(1, 2, 3))
    assert 150 < flipped.sum() < 250
    assert_array_equal(y[flipped][0], getattr(image, name[7:])(X[0]))
    random.set_random_seed(3)
    first = getattr(image, name)(batch)
    random.set_random_seed(3)
    assert_array_equal(first, getattr(image, name)(batch))
    assert getattr(image, name)(X[0]).shape == X[0].shape


@given(fraction=st.floats(0.01, 1), height=st.integers(1, 12), width=st.integers(1, 12))
def test_central_crop(tf, fraction, height, width):
    x = np.arange(height * width).reshape(height, width, 1)
    assert_array_equal(image.central_crop(x, fraction), tf.image.central_crop(x, fraction))


@given(*[st.integers(1, 9)] * 4)
def test_resize_with_crop_or_pad(tf, height, width, new_height, new_width):
    x = np.arange(1, height * width + 1).reshape(height, width, 1)
    expected = tf.image.resize_with_crop_or_pad(x, new_height, new_width)
    assert_array_equal(image.resize_with_crop_or_pad(x, new_height, new_width), expected)


def test_bounding_boxes(tf):
    box = (1, 2, 3, 4)
    expected = tf.image.crop_to_bounding_box(X, *box)
    assert_array_equal(image.crop_to_bounding_box(X, *box), expected)
    box = (1, 2, 7, 9)
    assert_array_equal(image.pad_to_bounding_box(X, *box), tf.image.pad_to_bounding_box(X, *box))


@pytest.mark.parametrize("mode", ["CONSTANT", "REFLECT", "SYMMETRIC", "reflect"])
def test_pad(tf, mode):
    x = np.arange(12).reshape(3, 4)
    paddings = [[2, 1], [0, 3]]
    assert_array_equal(image.pad(x, paddings, mode), tf.pad(x, paddings, mode))
    assert_array_equal(
        image.pad(x, paddings, constant_values=9), tf.pad(x, paddings, constant_values=9)
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: image.pad([1, 2, 3], [[3, 0]], "REFLECT"), ValueError, "must be at most 2 on"),
        (lambda: image.pad([1, 2, 3], [[0, 4]], "SYMMETRIC"), ValueError, "must be at most 3 on"),
        (lambda: image.pad([1, 2, 3], [[0, -1]]), ValueError, "pad: padding must be at least 0"),
        (lambda: image.pad([1, 2, 3], [[0, 1]] * 2), ValueError, "padding must be 1"),
        (lambda: image.pad([1, 2, 3], [[0, 1]], "WRAP"), ValueError, "mode must be 'CONSTANT'"),
        (
            lambda: image.pad([[1]], [[0, 2**31 - 1]] * 2),
            ValueError,
            "pad: the result .* would take",
        ),
        (lambda: image.central_crop(X, 0), ValueError, r"central_fraction must be in \(0, 1\]"),
        (lambda: image.central_crop(X, 1.1), ValueError, "central_fraction must be"),
        (lambda: image.central_crop(X, float("nan")), ValueError, "central_fraction must be"),
        (
            lambda: image.crop_to_bounding_box(X, 3, 0, 3, 2),
            ValueError,
            "must lie in the image 5x6",
        ),
        (lambda: image.crop_to_bounding_box(X, -1, 0, 3, 2), ValueError, "offset must be at least"),
        (lambda: image.pad_to_bounding_box(X, 0, 0, 4, 9), ValueError, "the image 5x6 at"),
        (lambda: image.flip_left_right(X[0, 0]), ValueError, "images must have 3 or 4 axes"),
        (lambda: image.flip_up_down(X[:, :0]), ValueError, "images must not be empty"),
    ],
)
def test_nonsense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
