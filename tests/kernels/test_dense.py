"""The dense layer: against TensorFlow, against the formula, and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.convolutions import assert_near, numbers
from support.tellings import (
    both_tellings,
    computed,
    float_types,
    laid_out,
    layouts,
    same_bits,
    seeds,
)

from minicnn_kernels import cpu, memory, reference
from minicnn_kernels.contracts.conv import ACTIVATIONS
from minicnn_kernels.cpu import few_rows

sizes = st.sampled_from([1, 2, 3, 5, 13, 14, 16, 17, 32, 33, 50])


@both_tellings
@settings(max_examples=25)
@given(sizes, sizes, sizes, float_types, layouts, st.sampled_from(ACTIVATIONS), seeds)
def test_forward_and_gradients_agree_with_tensorflow(
    tf, ops, rows, inner, columns, dtype, layout, activation, seed
):
    rng = np.random.default_rng(seed)
    x, w, b, dy = (
        laid_out(numbers(rng, shape, dtype), layout)
        for shape in ((rows, inner), (inner, columns), (columns,), (rows, columns))
    )
    tx, tw, tb, tdy = (tf.constant(a.astype(computed(dtype))) for a in (x, w, b, dy))
    y = tf.matmul(tx, tw) + tb
    function = {"linear": tf.identity, "relu": tf.nn.relu, "relu6": tf.nn.relu6}[activation]
    ours = ops.dense_forward(None, x, w, b, activation)
    assert_near(ours, function(y).numpy(), inner)
    dx = tf.matmul(tdy, tw, transpose_b=True).numpy()
    assert_near(ops.dense_backward_input(None, dy, w), dx, columns)
    dw = tf.matmul(tx, tdy, transpose_a=True).numpy()
    assert_near(ops.dense_backward_weights(None, x, dy), dw, rows)


def exact_and_same_bits(rows, inner, columns, dtype):
    rng = np.random.default_rng(3)
    shapes = ((rows, inner), (inner, columns), (columns,), (rows, columns), (inner, columns))
    x, w, b, dy, dw = (numbers(rng, shape, dtype, whole=True) for shape in shapes)
    y = np.full((rows, columns), np.nan, dtype)
    assert cpu.dense_forward(y, x, w, b, "relu") is y
    np.testing.assert_array_equal(y, reference.dense_forward(None, x, w, b, "relu"))
    dx = cpu.dense_backward_input(np.full_like(x, np.nan), dy, w)
    np.testing.assert_array_equal(dx, reference.dense_backward_input(None, dy, w))
    expected = reference.dense_backward_weights(dw.copy(), x, dy)
    np.testing.assert_array_equal(cpu.dense_backward_weights(dw.copy(), x, dy), expected)
    same_bits(lambda: cpu.dense_forward(None, x, w, b))
    same_bits(lambda: cpu.dense_backward_input(None, dy, w))
    same_bits(lambda: cpu.dense_backward_weights(dw.copy(), x, dy))


@settings(max_examples=30)
@given(sizes, sizes, sizes, st.sampled_from(["float32", "float64"]))
def test_whole_numbers_agree_with_the_reference_to_the_last_bit(rows, inner, columns, dtype):
    exact_and_same_bits(rows, inner, columns, dtype)


@pytest.mark.parametrize(
    ("rows", "inner", "columns"), [(32, 400, 120), (1, 9000, 33), (500, 70, 10), (129, 3000, 65)]
)
def test_large_layers_are_exact_and_the_same_on_any_number_of_threads(rows, inner, columns):
    exact_and_same_bits(rows, inner, columns, "float32")


@pytest.mark.parametrize(
    ("rows", "inner", "columns"),
    [
        (1, 4, 64),
        (4, 9, 64),
        (2, 256, 65),
        (3, 300, 130),
        (4, 515, 1100),
        (1, 1000, 300),
        (7, 40, 70),
        (8, 9, 300),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_few_rows_are_exact_and_the_same_on_any_number_of_threads(
    monkeypatch, rows, inner, columns, dtype
):
    monkeypatch.setattr(few_rows, "LEAST_BYTES", 0)
    assert few_rows.fits(rows, np.empty((inner, columns), dtype))
    exact_and_same_bits(rows, inner, columns, dtype)


@pytest.mark.parametrize(("inner", "columns"), [(25_088, 4096), (25_088, 64), (70, 9000)])
def test_sums_of_a_few_rows_err_little(inner, columns):
    rng = np.random.default_rng(5)
    x, w, dy = (
        rng.normal(size=shape).astype(np.float32)
        for shape in ((5, inner), (inner, columns), (5, columns))
    )
    y, dx = cpu.dense_forward(None, x, w), cpu.dense_backward_input(None, dy, w)
    for ours, a, b in ((y, x, w), (dx, dy, w.T)):
        expected = a.astype(float) @ b.astype(float)
        assert np.abs(ours - expected).max() < 2e-6 * np.abs(expected).max()


def test_large_gradients_of_a_few_rows_overwrite_what_is_not_added_to():
    """So large that they are stored past the caches."""
    rng = np.random.default_rng(5)
    x, dy = numbers(rng, (3, 1030), "float32", True), numbers(rng, (3, 6400), "float32", True)
    dw = memory.empty((1030, 6400), np.float32)
    dw.fill(np.nan)
    assert few_rows.streaming.worth(dw, 6400, few_rows.WIDE)
    cpu.dense_backward_weights(dw, x, dy, add=False)
    np.testing.assert_array_equal(dw, x.T @ dy)


@both_tellings
def test_an_empty_batch_gives_an_empty_result_and_no_gradient(ops):
    x, w = np.zeros((0, 4), np.float32), np.ones((4, 3), np.float32)
    y = ops.dense_forward(None, x, w)
    assert y.shape == (0, 3)
    assert ops.dense_backward_input(None, y, w).shape == (0, 4)
    np.testing.assert_array_equal(ops.dense_backward_weights(w.copy(), x, y), w)


@both_tellings
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_reaches_its_row_and_no_other(ops, activation):
    x, w = np.ones((9, 40), np.float32), np.ones((40, 21), np.float32)
    x[4, 7] = np.nan
    y = ops.dense_forward(None, x, w, activation=activation)
    assert np.isnan(y[4]).all()
    assert np.isfinite(np.delete(y, 4, axis=0)).all()


@both_tellings
def test_what_does_not_fit_is_refused(ops):
    x, w = np.ones((2, 3), np.float32), np.ones((4, 5), np.float32)
    with pytest.raises(ValueError, match=r"dense_forward: x must have 4 columns .* got 3"):
        ops.dense_forward(None, x, w)
    with pytest.raises(ValueError, match="dense_backward_input: dy must have 5 columns"):
        ops.dense_backward_input(None, x, w)
    with pytest.raises(ValueError, match=r"dense_backward_weights: dy must have 2 rows"):
        ops.dense_backward_weights(None, x, w)
    with pytest.raises(ValueError, match="dense_forward: w must not be empty"):
        ops.dense_forward(None, x, np.ones((3, 0), np.float32))
    with pytest.raises(ValueError, match="dense_forward: activation must be one of"):
        ops.dense_forward(None, x, np.ones((3, 1), np.float32), activation="tanh")


@both_tellings
@pytest.mark.parametrize("sizes", [(0, 4, 3), (1, 5, 40), (300, 30, 20), (2000, 40, 33)])
def test_gradients_overwrite_what_is_not_added_to(ops, sizes):
    rows, inner, columns = sizes
    x, dy = whole_numbers(rows, inner), whole_numbers(rows, columns)
    dw = np.full((inner, columns), np.nan, np.float32)
    assert ops.dense_backward_weights(dw, x, dy, add=False) is dw
    np.testing.assert_array_equal(dw, ops.dense_backward_weights(None, x, dy))


def whole_numbers(*shape):
    return np.random.default_rng(1).integers(-4, 5, shape).astype(np.float32)
