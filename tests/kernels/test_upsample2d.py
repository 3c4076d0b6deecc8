"""Upsampling: TensorFlow, the reference, laws, refusals."""

import re

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn_kernels import cpu, reference

BOTH = pytest.mark.parametrize("ops", [cpu, reference], ids=["cpu", "reference"])
METHODS = pytest.mark.parametrize("method", ["nearest", "bilinear"])
SHAPES = st.tuples(
    st.integers(0, 2), st.integers(1, 6), st.integers(1, 6), st.sampled_from((1, 3, 17))
)
FACTORS = st.tuples(st.integers(1, 5), st.integers(1, 5))
DTYPES = st.sampled_from((np.float32, np.float64))


def functions(ops, method):
    name = f"upsample2d_{method}_"
    return getattr(ops, name + "forward"), getattr(ops, name + "backward")


def output_shape(shape, factors):
    return shape[0], shape[1] * factors[0], shape[2] * factors[1], shape[3]


@BOTH
@METHODS
@given(shape=SHAPES, factors=FACTORS, dtype=DTYPES)
def test_as_tensorflow(tf, ops, method, shape, factors, dtype):
    forward, backward = functions(ops, method)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    dy = rng.standard_normal(output_shape(shape, factors)).astype(dtype)
    y, dx = forward(None, x, factors), backward(None, dy, factors)
    assert y.shape == dy.shape and dx.shape == shape and y.dtype == dx.dtype == dtype
    if not shape[0]:
        return  # TensorFlow resizes no empty batch
    given_x = tf.constant(x, tf.float32)  # TensorFlow interpolates in float32
    with tf.GradientTape() as tape:
        tape.watch(given_x)
        expected = tf.image.resize(given_x, dy.shape[1:3], method)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    gradient = tape.gradient(expected, given_x, dy.astype(np.float32))
    np.testing.assert_allclose(dx, gradient, rtol=1e-4, atol=1e-4)


@METHODS
@given(shape=SHAPES, dtype=DTYPES)
def test_cpu_equals_reference_on_whole_numbers(method, shape, dtype):
    factors = (2, 4)  # whose weights are exact
    rng = np.random.default_rng(0)
    x = rng.integers(-4, 5, shape).astype(dtype)
    dy = rng.integers(-4, 5, output_shape(shape, factors)).astype(dtype)
    forward, backward = functions(cpu, method)
    expected_forward, expected_backward = functions(reference, method)
    np.testing.assert_array_equal(forward(None, x, factors), expected_forward(None, x, factors))
    np.testing.assert_array_equal(backward(None, dy, factors), expected_backward(None, dy, factors))


@BOTH
def test_by_hand(ops):
    x = np.array([[1, 5], [3, 7]], np.float32)[None, :, :, None]
    y = ops.upsample2d_nearest_forward(None, x, (1, 2))
    assert y[0, :, :, 0].tolist() == [[1, 1, 5, 5], [3, 3, 7, 7]]
    y = ops.upsample2d_bilinear_forward(None, x, (1, 2))
    assert y[0, :, :, 0].tolist() == [[1, 2, 4, 5], [3, 4, 6, 7]]


@BOTH
@METHODS
@given(shape=SHAPES, factors=FACTORS)
@settings(max_examples=20)
def test_backward_is_the_adjoint(ops, method, shape, factors):
    forward, backward = functions(ops, method)
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal(shape), rng.standard_normal(output_shape(shape, factors))
    y, dx = forward(None, x, factors), backward(None, dy, factors)
    assert abs(np.vdot(y, dy) - np.vdot(x, dx)) <= 1e-10 * (1 + np.abs(y * dy).sum())


@BOTH
@METHODS
def test_a_constant_stays_and_nan_stays_near(ops, method):
    forward, _ = functions(ops, method)
    x = np.full((1, 5, 5, 18), 3, np.float32)
    assert np.all(forward(None, x, (3, 2)) == 3)
    x[0, 2, 2, 1] = np.nan
    y = forward(None, x, (2, 2))
    assert np.all(np.isnan(y[0, 4:6, 4:6, 1]))
    assert np.all(y[..., 2:] == 3) and np.all(y[0, [0, 1, 8, 9]] == 3)


@BOTH
@METHODS
def test_float16_and_strided_input_and_given_outputs(ops, method, rng):
    forward, backward = functions(ops, method)
    x = rng.standard_normal((4, 6, 8, 6)).astype(np.float16)[::-2, :, ::2, ::3]
    exact = np.ascontiguousarray(x, np.float32)
    expected_forward, expected_backward = functions(reference, method)
    expected = expected_forward(None, exact, (2, 3))
    y = np.full_like(expected, 7)
    assert forward(y, x, (2, 3)) is y
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dx = np.full_like(exact, 7)
    assert backward(dx, np.asfortranarray(y), (2, 3)) is dx
    np.testing.assert_allclose(dx, expected_backward(None, y, (2, 3)), rtol=1e-5, atol=1e-5)


@METHODS
def test_the_same_bits_with_one_and_two_threads(method, rng):
    forward, backward = functions(cpu, method)
    x = rng.standard_normal((2, 20, 21, 35)).astype(np.float32)
    results = []
    before = numba.get_num_threads()
    try:
        for count in (1, min(2, before)):
            numba.set_num_threads(count)
            y = forward(None, x, (3, 2))
            results.append((y, backward(None, y, (3, 2))))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results):
        assert one.tobytes() == two.tobytes()


X = np.zeros((2, 4, 6, 3), np.float32)
REFUSED = [
    ("factors must be at least 1", "forward", (None, X, (0, 2))),
    ("factors must be 2 integers", "forward", (None, X, 2)),
    ("factors must be an integer", "forward", (None, X, (2.0, 2))),
    ("x must have height, width and channels", "forward", (None, X[:, :0], (2, 2))),
    ("x must have 4 axes", "forward", (None, X[0], (2, 2))),
    ("y must have shape (2, 8, 12, 3)", "forward", (X, X, (2, 2))),
    ("y of shape (2, 536870912, 805306368, 3) would take", "forward", (None, X, (2**27, 2**27))),
    ("factors must be at least 1", "backward", (None, X, (2, -1))),
    ("dy must have channels and a height and width", "backward", (None, X, (3, 2))),
    ("dy must have channels and a height and width", "backward", (None, X[..., :0], (2, 2))),
    ("dx must have shape (2, 2, 3, 3)", "backward", (X, X, (2, 2))),
]


@BOTH
@METHODS
@pytest.mark.parametrize("message, direction, arguments", REFUSED)
def test_refuses(ops, method, message, direction, arguments):
    match = f"upsample2d_{method}_{direction}: {re.escape(message)}"
    with pytest.raises((ValueError, TypeError), match=match):
        getattr(ops, f"upsample2d_{method}_{direction}")(*arguments)
