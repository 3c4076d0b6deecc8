"""Average pooling: TensorFlow, the reference, laws, refusals."""

import re

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pooling import cases, numbers, whole_numbers

from minicnn_kernels import cpu, reference

BOTH = pytest.mark.parametrize("ops", [cpu, reference], ids=["cpu", "reference"])
VALID = ((0, 0), (0, 0))


def tensorflow_pool(tf, x, case, count_padding):
    """TensorFlow's output and input gradient; explicit padding as a padded VALID pooling."""
    pool = {2: tf.nn.avg_pool2d, 3: tf.nn.avg_pool3d}[len(case.pool)]
    around = [(0, 0), *case.padding, (0, 0)]
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        if case.name != "EXPLICIT" and not count_padding:
            y = pool(x, case.pool, case.strides, case.name)
        else:
            y = pool(tf.pad(x, around), case.pool, case.strides, "VALID")
            if not count_padding:
                y /= pool(tf.pad(tf.ones_like(x), around), case.pool, case.strides, "VALID")
    return y.numpy(), lambda dy: tape.gradient(y, x, dy).numpy()


def check_against_tensorflow(tf, ops, case, count_padding):
    x = numbers(case)
    expected, gradient = tensorflow_pool(tf, x, case, count_padding)
    y = ops.average_pool_forward(None, x, *case.geometry, count_padding)
    assert y.dtype == case.dtype
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dy = numbers(case, y.shape, seed=1)
    dx = ops.average_pool_backward(None, dy, case.size, *case.geometry, count_padding)
    if case.shape[0]:  # TensorFlow has no gradient of an empty batch
        np.testing.assert_allclose(dx, gradient(dy), rtol=1e-5, atol=1e-5)
    assert dx.shape == case.shape


@BOTH
@given(case=cases(), count_padding=st.booleans())
@settings(max_examples=40)
def test_as_tensorflow_in_two_axes(tf, ops, case, count_padding):
    check_against_tensorflow(tf, ops, case, count_padding)


@BOTH
# TensorFlow pools volumes in float32 only.
@given(case=cases(axes=3, channels=(1, 3, 16), dtypes=(np.float32,)), count_padding=st.booleans())
@settings(max_examples=20)
def test_as_tensorflow_in_three_axes(tf, ops, case, count_padding):
    check_against_tensorflow(tf, ops, case, count_padding)


@given(case=cases(), count_padding=st.booleans())
def test_cpu_equals_reference_on_whole_numbers(case, count_padding):
    x = whole_numbers(case)
    y = cpu.average_pool_forward(None, x, *case.geometry, count_padding)
    expected = reference.average_pool_forward(None, x, *case.geometry, count_padding)
    np.testing.assert_array_equal(y, expected)
    dy = whole_numbers(case, y.shape, seed=1)
    dx = cpu.average_pool_backward(None, dy, case.size, *case.geometry, count_padding)
    expected = reference.average_pool_backward(None, dy, case.size, *case.geometry, count_padding)
    # Thirds are no whole numbers: their sums may differ in the last bit.
    np.testing.assert_allclose(dx, expected, rtol=1e-6, atol=1e-6)


@BOTH
def test_a_mean_by_hand(ops):
    x = np.array([[1, 3, 5, 7], [4, 4, 11, 1], [4, 1, 21, 6], [13, 14, 1, 4]], np.float32)
    y = ops.average_pool_forward(None, x[None, :, :, None], (2, 2), (2, 2), VALID)
    assert y[0, :, :, 0].tolist() == [[3, 6], [8, 8]]
    edge = ((1, 1), (1, 1))
    corner = ops.average_pool_forward(None, x[None, :, :, None], (3, 3), (3, 3), edge)
    assert corner[0, 0, 0, 0] == 3
    corner = ops.average_pool_forward(None, x[None, :, :, None], (3, 3), (3, 3), edge, True)
    assert corner[0, 0, 0, 0] == np.float32(12) * (np.float32(1) / np.float32(9))


@BOTH
@given(case=cases(), count_padding=st.booleans())
@settings(max_examples=20)
def test_backward_is_the_adjoint(ops, case, count_padding):
    x = numbers(case)
    y = ops.average_pool_forward(None, x, *case.geometry, count_padding)
    dy = numbers(case, y.shape, seed=1)
    dx = ops.average_pool_backward(None, dy, case.size, *case.geometry, count_padding)
    scale = np.abs(y * dy).sum() + 1
    assert abs(np.vdot(y, dy) - np.vdot(x, dx)) <= 1e-5 * scale


@BOTH
def test_nan_and_infinity_stay_in_their_windows(ops):
    x = np.ones((1, 4, 6, 20), np.float32)
    x[0, 0, 0], x[0, 0, 2], x[0, 2, 4] = np.nan, np.inf, -np.inf
    y = ops.average_pool_forward(None, x, (2, 2), (2, 2), VALID)
    expected = np.array([[np.nan, np.inf, 1], [1, 1, -np.inf]])[None, :, :, None]
    np.testing.assert_array_equal(y, np.broadcast_to(expected, y.shape))
    dx = ops.average_pool_backward(None, y, (4, 6), (2, 2), (2, 2), VALID)
    expected = np.array([[np.nan, np.inf, 0.25], [0.25, 0.25, -np.inf]]).repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(dx, np.broadcast_to(expected[None, :, :, None], dx.shape))


@BOTH
def test_float16_and_strided_input_and_given_outputs(ops, rng):
    wide = rng.standard_normal((3, 12, 10, 8))
    x = wide[:, ::2, ::-1, 1::3].astype(np.float16)[::-1]
    before = x.copy()
    expected = reference.average_pool_forward(
        None, np.ascontiguousarray(x, np.float32), (3, 2), (1, 2), VALID
    )
    y = np.full_like(expected, 7)
    assert ops.average_pool_forward(y, x, (3, 2), (1, 2), VALID) is y
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(x, before)
    dx = np.full((3, 6, 10, 3), 7, np.float32)
    dy = np.asfortranarray(y)
    assert ops.average_pool_backward(dx, dy, (6, 10), (3, 2), (1, 2), VALID) is dx
    expected = reference.average_pool_backward(None, y, (6, 10), (3, 2), (1, 2), VALID)
    np.testing.assert_allclose(dx, expected, rtol=1e-6, atol=1e-6)


def test_the_same_bits_with_one_and_two_threads(rng):
    x = rng.standard_normal((8, 31, 33, 19)).astype(np.float32)
    geometry = (3, 3), (2, 2), ((1, 1), (1, 1))
    results = []
    before = numba.get_num_threads()
    try:
        for count in (1, min(2, before)):
            numba.set_num_threads(count)
            y = cpu.average_pool_forward(None, x, *geometry)
            results.append((y, cpu.average_pool_backward(None, y, (31, 33), *geometry)))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results):
        assert one.tobytes() == two.tobytes()


X = np.zeros((2, 5, 5, 3), np.float32)
REFUSED_FORWARD = [
    ("pool must be at least 1", {"pool": (0, 2)}),
    ("pool must be 2 or 3 integers", {"pool": (2, 2, 2, 2)}),
    ("strides must be at least 1", {"strides": (0, 1)}),
    ("padding must be at most half the window", {"padding": ((0, 0), (0, 2))}),
    ("kernel 6x2 does not fit into the padded input 5x5", {"pool": (6, 2)}),
    ("x must have spatial size and channels", {"x": np.zeros((2, 5, 0, 3))}),
    ("x must have 4 axes", {"x": np.zeros((2, 5, 3))}),
    ("x must be float16, float32 or float64", {"x": np.zeros((2, 5, 5, 3), complex)}),
    ("y must have shape (2, 2, 2, 3)", {"y": np.zeros((2, 2, 3, 3), np.float32)}),
]


@BOTH
@pytest.mark.parametrize("message, change", REFUSED_FORWARD)
def test_forward_refuses(ops, message, change):
    arguments = {"y": None, "x": X, "pool": (2, 2), "strides": (2, 2), "padding": VALID}
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        ops.average_pool_forward(**{**arguments, **change})


REFUSED_BACKWARD = [
    ("dy must have the output's shape", {"dy": np.zeros((2, 2, 1, 3), np.float32)}),
    ("dy must have the output's shape", {"dy": np.zeros((2, 0, 2, 3), np.float32)}),
    ("input_size must be at least 1", {"input_size": (0, 5)}),
    ("input_size must be 2 integers", {"input_size": (5,)}),
    ("dx must be float32", {"dx": np.zeros((2, 5, 5, 3))}),
]


@BOTH
@pytest.mark.parametrize("message, change", REFUSED_BACKWARD)
def test_backward_refuses(ops, message, change):
    arguments = {
        "dx": None,
        "dy": np.zeros((2, 2, 2, 3), np.float32),
        "input_size": (5, 5),
        "pool": (2, 2),
        "strides": (2, 2),
        "padding": VALID,
    }
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        ops.average_pool_backward(**{**arguments, **change})
