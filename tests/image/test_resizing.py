"""Resizing against TensorFlow, for any pair of sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import image

LENGTH = st.integers(1, 40)
SIZE = st.tuples(LENGTH, LENGTH)


def picture(shape, dtype=np.float32):
    return np.random.default_rng(1).uniform(0, 255, shape).astype(dtype)


@given(old=SIZE, new=SIZE)
def test_bilinear_is_that_of_tensorflow(tf, old, new):
    x = picture((2, *old, 3))
    assert_allclose(image.resize(x, new), tf.image.resize(x, new), rtol=1e-5, atol=1e-3)


@given(old=SIZE, new=SIZE)
def test_nearest_is_that_of_tensorflow(tf, old, new):
    x = picture((2, *old, 3), np.uint8)
    y = image.resize(x, new, method="nearest")
    assert y.dtype == np.uint8
    assert_array_equal(y, tf.image.resize(x, new, method="nearest"))


@given(old=SIZE, new=SIZE)
def test_antialias_is_that_of_tensorflow(tf, old, new):
    x = picture((1, *old, 2))
    expected = tf.image.resize(x, new, antialias=True)
    assert_allclose(image.resize(x, new, antialias=True), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("old", [(20, 30), (27, 5), (5, 5), (8, 40)])
@pytest.mark.parametrize("new", [(10, 20), (30, 7), (16, 80)])
def test_resize_with_pad_is_that_of_tensorflow(tf, old, new):
    x = picture((*old, 3))
    expected = tf.image.resize_with_pad(x, *new)
    assert_allclose(image.resize_with_pad(x, *new), expected, rtol=1e-5, atol=1e-3)


@given(old=SIZE, new=SIZE)
def test_resize_with_pad_fills_one_axis(old, new):
    y = image.resize_with_pad(np.ones((*old, 1)), *new)
    assert y.shape == (*new, 1)
    filled = np.argwhere(y[..., 0] != 0)
    extent = filled.max(axis=0) - filled.min(axis=0) + 1
    assert (extent == new).any()
    assert extent[0] * extent[1] == len(filled)


@pytest.mark.parametrize("size", [(30, 10), (5, 50), (7, 7)])
def test_the_aspect_ratio_can_be_kept(tf, size):
    x = picture((20, 30, 3))
    expected = tf.image.resize(x, size, preserve_aspect_ratio=True)
    y = image.resize(x, size, preserve_aspect_ratio=True)
    assert_allclose(y, expected, rtol=1e-5, atol=1e-3)


@given(old=LENGTH, new=LENGTH)
def test_a_ramp_stays_within_its_range(old, new):
    x = np.linspace(0, 1, old).reshape(old, 1, 1)
    for method in ("nearest", "bilinear"):
        y = image.resize(x, (new, 1), method).ravel()
        assert y.min() >= 0 and y.max() <= 1
        assert (np.diff(y) >= -1e-7).all()


def test_dtypes_and_single_images():
    x = picture((5, 6, 3), np.uint8)
    assert image.resize(x, (3, 4)).dtype == np.float32
    assert image.resize(x.astype(np.float64), (3, 4)).dtype == np.float64
    assert image.resize(x, (3, 4)).shape == (3, 4, 3)
    assert image.resize(x[:0].reshape(0, 5, 6, 3), (3, 4)).shape == (0, 3, 4, 3)
    assert_array_equal(image.resize(x, (5, 6)), x)


X = np.zeros((4, 5, 3), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: image.resize(X, (0, 5)), ValueError, "resize: size must be at least 1"),
        (lambda: image.resize(X, (5, -1)), ValueError, "resize: size must be at least 1"),
        (lambda: image.resize(X, (5, 5, 5)), ValueError, "resize: size must be 2 integers"),
        (lambda: image.resize(X, 5), ValueError, "resize: size must be 2 integers"),
        (lambda: image.resize(X, (2.5, 3)), TypeError, "resize: size must be an integer"),
        (lambda: image.resize(X[:0], (2, 3)), ValueError, "images must not be empty"),
        (lambda: image.resize(X[..., :0], (2, 3)), ValueError, "images must not be empty"),
        (lambda: image.resize(X[0], (2, 3)), ValueError, "images must have 3 or 4 axes"),
        (lambda: image.resize(X.astype(complex), (2, 3)), TypeError, "must be real numbers"),
        (lambda: image.resize(X, (2, 3), method="bicubic"), ValueError, "method must be 'nearest'"),
        (lambda: image.resize(X, (1879048192, 1879048192)), ValueError, "resize: .* would take"),
        (lambda: image.resize_with_pad(X, 0, 3), ValueError, "resize_with_pad: size must be at"),
    ],
)
def test_nonsense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
