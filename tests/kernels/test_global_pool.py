"""Global pooling: TensorFlow, the reference, laws, refusals."""

import re

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn_kernels import cpu, reference

BOTH = pytest.mark.parametrize("ops", [cpu, reference], ids=["cpu", "reference"])
SHAPES = st.tuples(st.integers(0, 3), st.integers(1, 9), st.sampled_from((1, 2, 6, 16, 35)))
DTYPES = st.sampled_from((np.float32, np.float64))


def normal(shape, dtype, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@BOTH
@given(shape=SHAPES, dtype=DTYPES)
def test_as_tensorflow(tf, ops, shape, dtype):
    x = normal(shape, dtype)
    dy = normal((shape[0], shape[2]), dtype, seed=1)
    given_x = tf.constant(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(given_x)
        mean, largest = tf.reduce_mean(given_x, 1), tf.reduce_max(given_x, 1)
    y = ops.global_average_pool_forward(None, x)
    np.testing.assert_allclose(y, mean, rtol=1e-5, atol=1e-6)
    dx = ops.global_average_pool_backward(None, dy, shape[1])
    np.testing.assert_allclose(dx, tape.gradient(mean, given_x, dy), rtol=1e-5, atol=1e-6)
    y, argmax = ops.global_max_pool_forward(None, None, x)
    np.testing.assert_array_equal(y, largest)
    dx = ops.global_max_pool_backward(None, dy, argmax, shape[1])
    np.testing.assert_array_equal(dx, tape.gradient(largest, given_x, dy))
    assert y.dtype == dx.dtype == dtype


@given(shape=SHAPES, dtype=DTYPES)
@settings(max_examples=20)
def test_cpu_equals_reference_on_whole_numbers(shape, dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, shape).astype(dtype)
    dy = rng.integers(-3, 4, (shape[0], shape[2])).astype(dtype)
    for got, expected in zip(
        (
            cpu.global_average_pool_forward(None, x),
            cpu.global_average_pool_backward(None, dy, shape[1]),
            *cpu.global_max_pool_forward(None, None, x),
        ),
        (
            reference.global_average_pool_forward(None, x),
            reference.global_average_pool_backward(None, dy, shape[1]),
            *reference.global_max_pool_forward(None, None, x),
        ),
    ):
        np.testing.assert_array_equal(got, expected)


@BOTH
def test_more_than_256_positions_count_in_int32(ops, rng):
    x = rng.standard_normal((2, 300, 3)).astype(np.float32)
    x[0, 299, 0] = 9
    y, argmax = ops.global_max_pool_forward(None, None, x)
    assert argmax.dtype == np.int32 and argmax[0, 0] == 299 and y[0, 0] == 9
    dx = ops.global_max_pool_backward(None, y, argmax, 300)
    assert dx[0, 299, 0] == 9 and np.count_nonzero(dx) == 6


@BOTH
def test_nan_wins_and_stays_in_its_channel(ops):
    x = np.zeros((1, 4, 18), np.float32)
    x[0, 1, 0], x[0, 2, 0], x[0, 3, 1] = np.nan, np.nan, np.inf
    y, argmax = ops.global_max_pool_forward(None, None, x)
    assert np.isnan(y[0, 0]) and y[0, 1] == np.inf and not y[0, 2:].any()
    assert argmax[0, :3].tolist() == [1, 3, 0]
    y = ops.global_average_pool_forward(None, x)
    assert np.isnan(y[0, 0]) and y[0, 1] == np.inf and not y[0, 2:].any()


@BOTH
def test_float16_and_strided_input_and_given_outputs(ops, rng):
    x = rng.standard_normal((4, 10, 6)).astype(np.float16)[::-2, ::3, ::2]
    exact = np.ascontiguousarray(x, np.float32)
    y = np.full((2, 3), 7, np.float32)
    assert ops.global_average_pool_forward(y, x) is y
    np.testing.assert_allclose(y, exact.mean(1), rtol=1e-5, atol=1e-6)
    argmax = np.full((2, 3), 7, np.uint8)
    got = ops.global_max_pool_forward(y, argmax, x)
    assert got[0] is y and got[1] is argmax
    np.testing.assert_array_equal(y, exact.max(1))
    dx = np.full((2, 4, 3), 7, np.float32)
    assert ops.global_max_pool_backward(dx, y, argmax, 4) is dx
    np.testing.assert_array_equal(dx, np.where(exact == exact.max(1, keepdims=True), exact, 0))
    assert ops.global_average_pool_backward(dx, y, 4) is dx
    np.testing.assert_array_equal(dx, np.broadcast_to(y[:, None] / 4, dx.shape))


@BOTH
def test_mean_is_linear_and_its_gradient_the_adjoint(ops, rng):
    x, dy = rng.standard_normal((3, 7, 5)), rng.standard_normal((3, 5))
    y, dx = ops.global_average_pool_forward(None, x), ops.global_average_pool_backward(None, dy, 7)
    np.testing.assert_allclose(np.vdot(y, dy), np.vdot(x, dx), rtol=1e-12)


@BOTH
@pytest.mark.parametrize("channels", [40, 100, 1000])
def test_equal_channels_have_equal_means(ops, channels):
    row = normal((1, 169, 1), np.float32)
    y = ops.global_average_pool_forward(None, np.repeat(row, channels, axis=2))
    assert (y == y[0, 0]).all()


def test_the_same_bits_with_one_and_two_threads(rng):
    x = rng.standard_normal((16, 49, 512)).astype(np.float32)
    results = []
    before = numba.get_num_threads()
    try:
        for count in (1, min(2, before)):
            numba.set_num_threads(count)
            y = cpu.global_average_pool_forward(None, x)
            largest, argmax = cpu.global_max_pool_forward(None, None, x)
            dx = cpu.global_max_pool_backward(None, y, argmax, 49)
            results.append((y, largest, argmax, dx))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results):
        assert one.tobytes() == two.tobytes()


DY = np.zeros((2, 3), np.float32)
ARGMAX = np.zeros((2, 3), np.uint8)
REFUSED = [
    ("x must have positions", "global_average_pool_forward", (None, np.zeros((2, 0, 3)))),
    ("x must have positions", "global_max_pool_forward", (None, None, np.zeros((2, 0, 3)))),
    ("x must have positions", "global_max_pool_forward", (None, None, np.zeros((2, 4, 0)))),
    ("x must have 3 axes", "global_average_pool_forward", (None, np.zeros((2, 2, 2, 3)))),
    ("x must be float16", "global_average_pool_forward", (None, np.zeros((2, 4, 3), bool))),
    ("y must have shape (2, 3)", "global_average_pool_forward", (DY.T, np.zeros((2, 4, 3)))),
    ("positions must be at least 1", "global_average_pool_backward", (None, DY, 0)),
    ("positions must be an integer", "global_average_pool_backward", (None, DY, 4.0)),
    ("dy must have 2 axes", "global_average_pool_backward", (None, DY[0], 4)),
    ("dy must have channels", "global_average_pool_backward", (None, DY[:, :0], 4)),
    ("argmax must be uint8", "global_max_pool_backward", (None, DY, ARGMAX.astype("i4"), 4)),
    ("argmax must have the output", "global_max_pool_backward", (None, DY, ARGMAX[:1], 4)),
    ("argmax must point into", "global_max_pool_backward", (None, DY, ARGMAX + 4, 4)),
]


@BOTH
@pytest.mark.parametrize("message, name, arguments", REFUSED)
def test_refuses(ops, message, name, arguments):
    with pytest.raises((ValueError, TypeError), match=f"{name}: {re.escape(message)}"):
        getattr(ops, name)(*arguments)
