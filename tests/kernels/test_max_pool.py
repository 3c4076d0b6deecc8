"""Max pooling: TensorFlow, the reference, laws, refusals."""

import re

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from support.pooling import cases, numbers, whole_numbers

from minicnn_kernels import cpu, reference
from minicnn_kernels.cpu import max_pool, streaming

BOTH = pytest.mark.parametrize("ops", [cpu, reference], ids=["cpu", "reference"])
VALID = ((0, 0), (0, 0))


def tensorflow_pool(tf, x, case):
    """TensorFlow's output and the function that gives its input gradient."""
    pool = {2: tf.nn.max_pool2d, 3: tf.nn.max_pool3d}[len(case.pool)]
    padding = [(0, 0), *case.padding, (0, 0)] if case.name == "EXPLICIT" else case.name
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = pool(x, case.pool, case.strides, padding)
    return y.numpy(), lambda dy: tape.gradient(y, x, dy).numpy()


def check_against_tensorflow(tf, ops, case):
    x = numbers(case)
    expected, gradient = tensorflow_pool(tf, x, case)
    y, argmax = ops.max_pool_forward(None, None, x, *case.geometry)
    assert y.dtype == case.dtype and argmax.dtype == np.uint8
    np.testing.assert_array_equal(y, expected)
    dy = numbers(case, y.shape, seed=1)
    dx = ops.max_pool_backward(None, dy, argmax, case.size, *case.geometry)
    if case.shape[0]:  # TensorFlow has no gradient of an empty batch
        np.testing.assert_allclose(dx, gradient(dy), rtol=1e-5, atol=1e-5)
    assert dx.shape == case.shape


@BOTH
@given(case=cases())
@settings(max_examples=40)
def test_as_tensorflow_in_two_axes(tf, ops, case):
    check_against_tensorflow(tf, ops, case)


@BOTH
# TensorFlow pools volumes in float32 only.
@given(case=cases(axes=3, names=("VALID", "SAME"), channels=(1, 3, 16), dtypes=(np.float32,)))
@settings(max_examples=20)
def test_as_tensorflow_in_three_axes(tf, ops, case):
    check_against_tensorflow(tf, ops, case)


@given(case=cases())
def test_cpu_equals_reference_on_whole_numbers(case):
    x = whole_numbers(case)
    y, argmax = cpu.max_pool_forward(None, None, x, *case.geometry)
    y_expected, argmax_expected = reference.max_pool_forward(None, None, x, *case.geometry)
    np.testing.assert_array_equal(y, y_expected)
    np.testing.assert_array_equal(argmax, argmax_expected)
    dy = whole_numbers(case, y.shape, seed=1)
    dx = cpu.max_pool_backward(None, dy, argmax, case.size, *case.geometry)
    expected = reference.max_pool_backward(None, dy, argmax, case.size, *case.geometry)
    np.testing.assert_array_equal(dx, expected)


@BOTH
def test_the_book_example(ops):
    x = np.array([[1, 3, 5, 7], [4, 5, 11, 3], [4, 1, 21, 6], [13, 15, 1, 2]], np.float32)
    y, argmax = ops.max_pool_forward(None, None, x[None, :, :, None], (2, 2), (2, 2), VALID)
    # The book prints 4 for the first window; the matrix it prints has a 5 there.
    assert y[0, :, :, 0].tolist() == [[5, 11], [15, 21]]
    assert argmax[0, :, :, 0].tolist() == [[3, 2], [3, 0]]


@BOTH
def test_windows_of_more_than_256_cells_count_in_int32(ops, rng):
    x = rng.standard_normal((2, 20, 23, 3)).astype(np.float32)
    geometry = (17, 16), (2, 3), ((8, 8), (0, 5))
    y, argmax = ops.max_pool_forward(None, None, x, *geometry)
    assert argmax.dtype == np.int32 and argmax.max() > 255
    expected, expected_argmax = reference.max_pool_forward(None, None, x, *geometry)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(argmax, expected_argmax)
    dx = ops.max_pool_backward(None, np.ones_like(y), argmax, (20, 23), *geometry)
    assert dx.sum() == y.size


@BOTH
@given(case=cases())
@settings(max_examples=20)
def test_pooling_is_homogeneous_so_its_gradient_is_adjoint(ops, case):
    # max(t x) = t max(x), hence y = J x, and <J x, dy> = <x, J' dy> by Euler's theorem.
    x = numbers(case)
    y, argmax = ops.max_pool_forward(None, None, x, *case.geometry)
    dy = numbers(case, y.shape, seed=1)
    dx = ops.max_pool_backward(None, dy, argmax, case.size, *case.geometry)
    scale = np.abs(y * dy).sum() + 1
    assert abs(np.vdot(y, dy) - np.vdot(x, dx)) <= 1e-5 * scale


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_first_maximum_and_first_nan_win(ops, dtype):
    nan, inf = np.nan, np.inf
    x = np.array([[2, 2, 1, nan, -inf, -inf], [2, 2, nan, 9, -inf, -inf]], dtype)
    x = np.repeat(x[None, :, :, None], 20, axis=3)
    y, argmax = ops.max_pool_forward(None, None, x, (2, 2), (2, 2), VALID)
    np.testing.assert_array_equal(y[0, 0], np.repeat([[2], [nan], [-inf]], 20, axis=1))
    assert np.all(argmax[0, 0] == [[0], [1], [0]])


@BOTH
def test_padding_never_wins_over_minus_infinity(ops):
    x = np.full((1, 2, 2, 1), -np.inf, np.float32)
    y, argmax = ops.max_pool_forward(None, None, x, (3, 3), (2, 2), ((1, 1), (1, 1)))
    assert y.item() == -np.inf and argmax.item() == 4


@BOTH
def test_nan_of_dy_reaches_the_winner_only(ops):
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    y, argmax = ops.max_pool_forward(None, None, x, (2, 2), (2, 2), VALID)
    dy = np.where(y == 5, np.float32(np.nan), np.float32(1))
    dx = ops.max_pool_backward(None, dy, argmax, (4, 4), (2, 2), (2, 2), VALID)
    assert np.argwhere(np.isnan(dx)).tolist() == [[0, 1, 1, 0]]


@BOTH
def test_float16_and_strided_input_and_given_outputs(ops, rng):
    wide = rng.standard_normal((3, 12, 10, 8))
    x = wide[:, ::2, ::-1, 1::3].astype(np.float16)[::-1]
    before = x.copy()
    expected, expected_argmax = reference.max_pool_forward(
        None, None, np.ascontiguousarray(x, np.float32), (3, 2), (1, 2), VALID
    )
    y, argmax = np.empty_like(expected), np.empty_like(expected_argmax)
    got = ops.max_pool_forward(y, argmax, x, (3, 2), (1, 2), VALID)
    assert got[0] is y and got[1] is argmax
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(argmax, expected_argmax)
    np.testing.assert_array_equal(x, before)
    dx = np.full((3, 6, 10, 3), 7, np.float32)
    got = ops.max_pool_backward(
        dx, y[::-1][::-1], np.asfortranarray(argmax), (6, 10), (3, 2), (1, 2), VALID
    )
    assert got is dx
    np.testing.assert_array_equal(
        dx, reference.max_pool_backward(None, y, argmax, (6, 10), (3, 2), (1, 2), VALID)
    )
    y, argmax = ops.max_pool_forward(None, None, x, (3, 2), (1, 2), VALID, keep_argmax=False)
    assert argmax is None
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("pool", [2, 3])
def test_the_same_bits_stored_past_the_caches(rng, monkeypatch, pool):
    x = rng.standard_normal((2, 25, 24, 64)).astype(np.float32)
    window = (pool, pool), (2, 2), ((0, 0), (0, 0))
    y, argmax = cpu.max_pool_forward(None, None, x, *window)
    plain = cpu.max_pool_backward(None, y, argmax, x.shape[1:3], *window)
    monkeypatch.setattr(streaming, "LARGE", 0)
    past = cpu.max_pool_backward(None, y, argmax, x.shape[1:3], *window)
    assert streaming.worth(past, 64, 4)
    assert past.tobytes() == plain.tobytes()


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (1, 0))])
def test_the_same_bits_with_inputs_fetched_ahead(rng, monkeypatch, padding):
    x = rng.standard_normal((2, 25, 24, 144)).astype(np.float32)
    window = (3, 3), (2, 2), padding
    plain = cpu.max_pool_forward(None, None, x, *window)
    monkeypatch.setattr(max_pool, "FAR_BYTES", 0)
    for ours, theirs in zip(cpu.max_pool_forward(None, None, x, *window), plain):
        assert ours.tobytes() == theirs.tobytes()


def test_the_same_bits_with_one_and_two_threads(rng):
    x = rng.standard_normal((8, 31, 33, 19)).astype(np.float32)
    geometry = (3, 3), (2, 2), ((1, 1), (1, 1))
    results = []
    before = numba.get_num_threads()
    try:
        for count in (1, min(2, before)):
            numba.set_num_threads(count)
            y, argmax = cpu.max_pool_forward(None, None, x, *geometry)
            results.append((y, argmax, cpu.max_pool_backward(None, y, argmax, (31, 33), *geometry)))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results):
        assert one.tobytes() == two.tobytes()
    alone = cpu.max_pool_forward(None, None, x[:1], *geometry)
    assert alone[0].tobytes() == results[0][0][:1].tobytes()


X = np.zeros((2, 5, 5, 3), np.float32)
REFUSED_FORWARD = [
    ("pool must be at least 1", {"pool": (0, 2)}),
    ("pool must be at least 1", {"pool": (2, -1)}),
    ("pool must be 2 or 3 integers", {"pool": (2,)}),
    ("pool must be 2 or 3 integers", {"pool": 2}),
    ("pool must be an integer", {"pool": (2.0, 2)}),
    ("pool must be an integer", {"pool": (True, 2)}),
    ("pool must have fewer than 2**31 cells", {"pool": (2**20, 2**20)}),
    ("strides must be at least 1", {"strides": (0, 1)}),
    ("strides must be 2 integers", {"strides": (1, 1, 1)}),
    ("padding must be at least 0", {"padding": ((-1, 0), (0, 0))}),
    ("padding must be 2 (before, after) pairs", {"padding": ((0, 0),)}),
    ("padding must be at most half the window", {"padding": ((0, 0), (0, 2))}),
    ("kernel 6x2 does not fit into the padded input 5x5", {"pool": (6, 2)}),
    ("x must have spatial size and channels", {"x": np.zeros((2, 0, 5, 3))}),
    ("x must have spatial size and channels", {"x": np.zeros((2, 5, 5, 0))}),
    ("x must have 4 axes", {"x": np.zeros((2, 5, 3))}),
    ("x must be an array", {"x": [[1.0]]}),
    ("x must be float16, float32 or float64", {"x": np.zeros((2, 5, 5, 3), int)}),
    ("y must have shape (2, 2, 2, 3)", {"y": np.zeros((2, 2, 3, 3), np.float32)}),
    ("y must be float32", {"y": np.zeros((2, 2, 2, 3))}),
    ("argmax must be uint8", {"argmax": np.zeros((2, 2, 2, 3), int)}),
    ("y must not overlap an input", {"y": X.ravel()[:24].reshape(2, 2, 2, 3)}),
]


@BOTH
@pytest.mark.parametrize("message, change", REFUSED_FORWARD)
def test_forward_refuses(ops, message, change):
    arguments = {
        "y": None,
        "argmax": None,
        "x": X,
        "pool": (2, 2),
        "strides": (2, 2),
        "padding": VALID,
    }
    with pytest.raises((ValueError, TypeError), match="max_pool_forward: " + re.escape(message)):
        ops.max_pool_forward(**{**arguments, **change})


DY = np.zeros((2, 2, 2, 3), np.float32)
REFUSED_BACKWARD = [
    ("dy must have the output's shape", {"dy": DY[:, :1]}),
    ("dy must have 4 axes", {"dy": DY[0]}),
    ("argmax must be an array", {"argmax": None}),
    ("argmax must have the output's shape", {"argmax": np.zeros((2, 2, 2, 2), np.uint8)}),
    ("argmax must be uint8", {"argmax": np.zeros((2, 2, 2, 3), np.int32)}),
    ("argmax must point into", {"argmax": np.full((2, 2, 2, 3), 4, np.uint8)}),
    ("input_size must be at least 1", {"input_size": (-5, 5)}),
    ("input_size must be 2 integers", {"input_size": (5, 5, 3)}),
    ("input_size must be an integer", {"input_size": (5.0, 5)}),
    ("dx must have shape (2, 5, 5, 3)", {"dx": np.zeros((2, 4, 5, 3), np.float32)}),
]


@BOTH
@pytest.mark.parametrize("message, change", REFUSED_BACKWARD)
def test_backward_refuses(ops, message, change):
    arguments = {
        "dx": None,
        "dy": DY,
        "argmax": np.zeros((2, 2, 2, 3), np.uint8),
        "input_size": (5, 5),
        "pool": (2, 2),
        "strides": (2, 2),
        "padding": VALID,
    }
    with pytest.raises((ValueError, TypeError), match="max_pool_backward: " + re.escape(message)):
        ops.max_pool_backward(**{**arguments, **change})


@BOTH
@pytest.mark.parametrize("place, tap", [((1, 3, 3, 4), 8), ((0, 0, 1, 0), 2), ((1, 1, 1, 3), 9)])
def test_backward_refuses_an_argmax_in_the_padding_before_it_writes(ops, place, tap):
    x = np.zeros((2, 7, 7, 5), np.float32)
    geometry = (3, 3), (2, 2), ((1, 1), (1, 1))
    y, argmax = ops.max_pool_forward(None, None, x, *geometry)
    argmax[place] = tap
    dx = np.full_like(x, 7)
    with pytest.raises(ValueError, match=re.escape(f"got {tap} at {place}")):
        ops.max_pool_backward(dx, y, argmax, (7, 7), *geometry)
    assert np.all(dx == 7)


@BOTH
def test_backward_refuses_negative_argmax(ops):
    x = np.zeros((1, 17, 17, 1), np.float32)
    y, argmax = ops.max_pool_forward(None, None, x, (17, 17), (1, 1), VALID)
    argmax[...] = -1
    with pytest.raises(ValueError, match="got -1 at"):
        ops.max_pool_backward(None, y, argmax, (17, 17), (17, 17), (1, 1), VALID)
