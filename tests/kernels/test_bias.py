"""Bias against TensorFlow, in float64, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, computed, laid_out

from minicnn_kernels import cpu, reference

shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)


def draw(seed, shape, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@both_tellings
@given(shape=shapes, seed=tellings.seeds, dtype=tellings.float_types, layout=tellings.layouts)
def test_forward_and_backward(ops, shape, seed, dtype, layout):
    x, b = draw(seed, shape, dtype), draw(seed + 1, shape[-1:], dtype)
    before = x.copy()
    y = ops.bias_forward(None, laid_out(x, layout), laid_out(b, layout))
    assert y.dtype == computed(dtype)
    np.testing.assert_array_equal(y, x.astype(y.dtype) + b.astype(y.dtype))
    db = ops.bias_backward(None, laid_out(x, layout))
    expected = x.astype(float).reshape(-1, shape[-1]).sum(axis=0)
    np.testing.assert_allclose(db, expected, **tellings.tolerance(dtype, 1e-6, 1e-14))
    np.testing.assert_array_equal(x, before)


@both_tellings
def test_is_tensorflow(ops, tf):
    x, b, dy = draw(1, (2, 5, 4, 3)), draw(2, (3,)), draw(3, (2, 5, 4, 3))
    with tf.GradientTape() as tape:
        variable = tf.Variable(b)
        y = tf.nn.bias_add(x, variable)
        total = tf.reduce_sum(y * dy)
    np.testing.assert_array_equal(ops.bias_forward(None, x, b), y)
    db = ops.bias_backward(None, dy)
    np.testing.assert_allclose(db, tape.gradient(total, variable), rtol=1e-5, atol=1e-5)


@both_tellings
@pytest.mark.parametrize("shape", [(5, 6), (7001, 6), (40, 1003)])
def test_in_place_and_accumulation(ops, shape):
    x, b = draw(1, shape), draw(2, shape[-1:])
    expected = x + b
    assert ops.bias_forward(x, x, b) is x
    np.testing.assert_array_equal(x, expected)
    db = b.copy()
    assert ops.bias_backward(db, x) is db
    np.testing.assert_allclose(db, b + x.astype(float).sum(axis=0), rtol=1e-5, atol=1e-4)
    stale = np.full_like(b, np.nan)
    assert ops.bias_backward(stale, x, add=False) is stale
    np.testing.assert_array_equal(stale, ops.bias_backward(None, x))


@pytest.mark.parametrize("channels", [1, 5, 64, 300, 9000])
def test_large_sums_are_those_of_float64(channels):
    x = draw(4, (400_000 // channels, channels)) + np.float32(100)
    y = cpu.bias_forward(None, x, x[0])
    np.testing.assert_array_equal(y, reference.bias_forward(None, x, x[0]))
    expected = x.astype(float).sum(axis=0).astype(np.float32)
    np.testing.assert_allclose(cpu.bias_backward(None, x), expected, rtol=1e-7)
    tellings.same_bits(lambda: cpu.bias_forward(None, x, x[0]))
    tellings.same_bits(lambda: cpu.bias_backward(None, x))


@both_tellings
def test_batch_of_none(ops):
    x, b = np.ones((0, 4, 4, 3), np.float32), np.ones(3, np.float32)
    assert ops.bias_forward(None, x, b).shape == x.shape
    np.testing.assert_array_equal(ops.bias_backward(None, x), 0)
    np.testing.assert_array_equal(ops.bias_backward(b, x), 1)
    np.testing.assert_array_equal(ops.bias_backward(b, x, add=False), 0)


@both_tellings
def test_refusals(ops):
    x, b = np.ones((2, 3), np.float32), np.ones(3, np.float32)
    with pytest.raises(ValueError, match=r"bias_forward: b must have shape \(3,\), got \(0,\)"):
        ops.bias_forward(None, x, b[:0])
    with pytest.raises(ValueError, match=r"b must have 1 axes, got shape \(1, 3\)"):
        ops.bias_forward(None, x, b[None])
    with pytest.raises(ValueError, match=r"x must have channels, got shape \(2, 0\)"):
        ops.bias_forward(None, x[:, :0], b[:0])
    with pytest.raises(ValueError, match=r"x must have channels, got shape \(\)"):
        ops.bias_forward(None, np.array(3, np.float32), b)
    with pytest.raises(TypeError, match="b must be float32, got float64"):
        ops.bias_forward(None, x, b.astype(float))
    with pytest.raises(ValueError, match="y must not overlap an input"):
        ops.bias_forward(x[:1], x[:1], x[0])
    with pytest.raises(ValueError, match=r"bias_backward: db must have shape \(3,\), got \(2,\)"):
        ops.bias_backward(b[:2], x)
