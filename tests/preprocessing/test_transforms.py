"""Changes of single images: Keras' results for the same numbers, and laws."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from minicnn.preprocessing import image

LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


@pytest.fixture(scope="module")
def peer(tf):
    with warnings.catch_warnings():  # it imports names that SciPy no longer likes
        warnings.simplefilter("ignore")
        from keras.src.legacy.preprocessing import image as module

        module.apply_affine_transform(np.zeros((3, 3, 1)), theta=5, **LAST)
    return module


angles = st.floats(-180, 180)


@given(
    theta=angles,
    tx=st.floats(-5, 5),
    ty=st.floats(-5, 5),
    shear=st.floats(-40, 40),
    zx=st.floats(0.5, 2),
    zy=st.floats(0.5, 2),
    fill_mode=st.sampled_from(["nearest", "constant", "reflect", "wrap"]),
    order=st.sampled_from([0, 1, 3]),
)
def test_square_images_are_keras(peer, fill_mode, order, **told):
    x = np.random.default_rng(1).random((9, 9, 2))
    arguments = {**told, **LAST, "fill_mode": fill_mode, "cval": 0.5}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = peer.apply_affine_transform(x, order=order, **arguments)
    y = image.apply_affine_transform(x, order=order, **arguments)
    if order == 0:  # halfway between two pixels either one is the nearest
        assert (np.abs(y - expected) < 1e-9).mean() > 0.97
    else:
        assert_allclose(y, expected, atol=1e-7)


def test_shifts_are_keras_on_any_shape_and_axes(peer, rng):
    x = rng.random((6, 11, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = peer.apply_affine_transform(x, tx=1.3, ty=-2.2, **LAST)
    assert_allclose(image.apply_affine_transform(x, tx=1.3, ty=-2.2, **LAST), expected)
    first = image.apply_affine_transform(np.moveaxis(x, -1, 0), tx=1.3, ty=-2.2)
    assert_allclose(np.moveaxis(first, 0, -1), expected)


@pytest.mark.parametrize("shape", [(6, 11, 3), (5, 4, 1)])
def test_the_centre_stays_where_it_is(rng, shape):
    x = rng.random(shape)
    turned = image.apply_affine_transform(x, theta=180, **LAST)
    assert_allclose(turned, x[::-1, ::-1], atol=1e-9)
    mirrored = image.apply_affine_transform(x, zx=-1, **LAST)
    assert_allclose(mirrored, x[:, ::-1], atol=1e-12)
    quarter = image.apply_affine_transform(x[:4, :4], theta=90, **LAST)
    assert_allclose(quarter, np.rot90(x[:4, :4]), atol=1e-9)


def test_a_shift_to_the_left_and_up(rng):
    x = rng.random((5, 6, 2))
    y = image.apply_affine_transform(x, tx=2, ty=1, fill_mode="constant", **LAST)
    assert_allclose(y, np.pad(x[1:, 2:], ((0, 1), (0, 2), (0, 0))), atol=1e-12)
    same = image.apply_affine_transform(x, **LAST)
    assert_array_equal(same, x)
    assert same is not x


def test_channel_shift_is_keras(peer, rng):
    x = rng.random((5, 6, 3))
    for intensity in (-0.4, 0.0, 0.7):
        expected = peer.apply_channel_shift(x, intensity, 2)
        assert_allclose(image.apply_channel_shift(x, intensity, 2), expected)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("low, high", [(0, 255), (10, 200), (-300, 500)])
def test_brightness_is_keras_to_a_byte(peer, rng, low, high, scale):
    x = rng.uniform(low, high, (7, 6, 3))
    level = 1 if scale or low >= 0 else (x.max() - x.min()) / 255
    for brightness in (0.0, 0.5, 1.0, 1.7):
        expected = peer.apply_brightness_shift(x, brightness, scale)
        y = image.apply_brightness_shift(x, brightness, scale)
        assert np.abs(y - expected).max() <= level * (1 + brightness)
        assert y.dtype == np.float32


def test_brightness_of_fractions_is_kept(rng):
    x = rng.random((4, 4, 3)).astype(np.float32)
    assert_allclose(image.apply_brightness_shift(x, 0.5, scale=False), x / 2, rtol=1e-6)


@pytest.mark.parametrize("size", [(4, 4), (3, 9), (20, 6)])
def test_smart_resize_is_keras(tf_keras, rng, size):
    for shape in [(10, 7, 3), (2, 5, 13, 1)]:
        x = rng.random(shape).astype(np.float32)
        expected = tf_keras.preprocessing.image.smart_resize(x, size)
        assert_allclose(image.smart_resize(x, size), expected, atol=1e-5)


def test_refused(rng):
    x = rng.random((5, 5, 1))
    with pytest.raises(ValueError, match="apply_affine_transform: fill_mode must be one of"):
        image.apply_affine_transform(x, fill_mode="mirror")
    with pytest.raises(ValueError, match="apply_affine_transform: x must be one image"):
        image.apply_affine_transform(x[0])
    with pytest.raises(ValueError, match="must be 0, 1 and 2 in any order"):
        image.apply_affine_transform(x, row_axis=0, col_axis=0)
    with pytest.raises(ValueError, match="apply_affine_transform: theta must be a finite number"):
        image.apply_affine_transform(x, theta=np.nan)
    with pytest.raises(ValueError, match="smart_resize: size must be at least 1"):
        image.smart_resize(x, (0, 2))
