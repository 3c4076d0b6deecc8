"""Local response normalization against TensorFlow, in uneven windows, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, laid_out

from minicnn_kernels import cpu, reference

shapes = st.tuples(st.integers(1, 6), st.integers(1, 12))
reaches = st.integers(0, 14)
biases = st.sampled_from([1.0, 2.0, 0.5])
alphas = st.sampled_from([1.0, 2e-5, 0.3])
betas = st.sampled_from([0.75, 0.5, 1.0, 0.6, 2.0])
ALEXNET = (2, 2, 1.0, 2e-5, 0.75)


def draw(seed, shape, dtype="float32"):
    return (np.random.default_rng(seed).standard_normal(shape) * 2).astype(dtype)


@both_tellings
@given(
    shape=shapes,
    seed=tellings.seeds,
    radius=st.integers(0, 7),
    bias=biases,
    alpha=alphas,
    beta=betas,
)
def test_is_tensorflow(ops, tf, shape, seed, radius, bias, alpha, beta):
    x, dy = draw(seed, shape), draw(seed + 1, shape)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x[:, None, None])
        tape.watch(tensor)
        expected = tf.nn.local_response_normalization(
            tensor, depth_radius=radius, bias=bias, alpha=alpha, beta=beta
        )
        total = tf.reduce_sum(expected * dy[:, None, None])
    arguments = (radius, radius, bias, alpha, beta)
    y = ops.lrn_forward(None, x, *arguments)
    np.testing.assert_allclose(y, expected[:, 0, 0], rtol=2e-5, atol=1e-5)
    dx = ops.lrn_backward(None, dy, x, *arguments)
    gradient = tape.gradient(total, tensor)[:, 0, 0]
    np.testing.assert_allclose(dx, gradient, rtol=1e-4, atol=5e-5)


@given(
    shape=shapes,
    seed=tellings.seeds,
    dtype=tellings.float_types,
    layout=tellings.layouts,
    before=reaches,
    after=reaches,
    beta=betas,
)
def test_cpu_agrees_with_the_reference(shape, seed, dtype, layout, before, after, beta):
    x, dy = draw(seed, shape, dtype), draw(seed + 1, shape, dtype)
    kept = x.copy()
    x = laid_out(x, layout)
    arguments = (before, after, 1.0, 0.5, beta)
    y, expected = (ops.lrn_forward(None, x, *arguments) for ops in (cpu, reference))
    np.testing.assert_allclose(y, expected, **tellings.tolerance(dtype))
    dx, expected = (ops.lrn_backward(None, dy, x, *arguments) for ops in (cpu, reference))
    np.testing.assert_allclose(dx, expected, **tellings.tolerance(dtype))
    np.testing.assert_array_equal(x, kept)


@both_tellings
@pytest.mark.parametrize("window", [(0, 0), (1, 1), (3, 0), (0, 2), (9, 9)])
@pytest.mark.parametrize("beta", [0.75, 0.5, 1.0, 0.6])
def test_gradient_check(ops, window, beta):
    x, dy = draw(1, (3, 6), "float64"), draw(2, (3, 6), "float64")
    arguments = (*window, 1.0, 0.4, beta)
    dx = ops.lrn_backward(None, dy, x, *arguments)
    tellings.check_gradient(lambda x: (dy * ops.lrn_forward(None, x, *arguments)).sum(), [x], [dx])


@both_tellings
def test_window_is_clipped_at_the_ends(ops):
    x = np.arange(1, 6, dtype=np.float64)[None]
    y = ops.lrn_forward(None, x, 1, 2, 0.0, 1.0, 1.0)
    sums = [1 + 4 + 9, 1 + 4 + 9 + 16, 4 + 9 + 16 + 25, 9 + 16 + 25, 16 + 25]
    np.testing.assert_allclose(y, x / [sums])


@both_tellings
def test_nan_spreads_through_its_windows_only(ops):
    x = np.ones((2, 6), np.float32)
    x[0, 1] = np.nan
    y = ops.lrn_forward(None, x, 1, 1, 1.0, 1.0, 0.75)
    np.testing.assert_array_equal(np.isnan(y[0]), [True, True, True, False, False, False])
    assert not np.isnan(y[1]).any()


def test_same_bits_for_any_number_of_threads():
    x, dy = draw(1, (2000, 24)), draw(2, (2000, 24))
    tellings.same_bits(lambda: cpu.lrn_forward(None, x, *ALEXNET))
    tellings.same_bits(lambda: cpu.lrn_backward(None, dy, x, *ALEXNET))
    y = cpu.lrn_forward(None, x, *ALEXNET)
    np.testing.assert_array_equal(y[:9], cpu.lrn_forward(None, x[:9], *ALEXNET))
    expected = reference.lrn_backward(None, dy, x, *ALEXNET)
    np.testing.assert_allclose(
        cpu.lrn_backward(None, dy, x, *ALEXNET), expected, rtol=1e-5, atol=1e-6
    )


@both_tellings
def test_batch_of_none(ops):
    x = np.ones((0, 3), np.float32)
    assert ops.lrn_forward(None, x, *ALEXNET).shape == (0, 3)
    assert ops.lrn_backward(None, x, x, *ALEXNET).shape == (0, 3)


@both_tellings
def test_refusals(ops):
    x, nan = np.ones((2, 3), np.float32), float("nan")
    with pytest.raises(ValueError, match=r"lrn_forward: x must have 2 axes, got shape \(3,\)"):
        ops.lrn_forward(None, x[0], *ALEXNET)
    with pytest.raises(ValueError, match=r"x must have channels, got shape \(2, 0\)"):
        ops.lrn_forward(None, x[:, :0], *ALEXNET)
    with pytest.raises(ValueError, match="before must be at least 0"):
        ops.lrn_forward(None, x, -1, 2, 1.0, 1.0, 0.5)
    with pytest.raises(ValueError, match="after must be at least 0"):
        ops.lrn_backward(None, x, x, 2, -1, 1.0, 1.0, 0.5)
    with pytest.raises(TypeError, match=r"before must be an integer, got 1\.5"):
        ops.lrn_forward(None, x, 1.5, 2, 1.0, 1.0, 0.5)
    for name, numbers in (("bias", (nan, 1.0, 1.0)), ("alpha", (1.0, nan, 1.0))):
        with pytest.raises(ValueError, match=f"{name} must be a finite number"):
            ops.lrn_forward(None, x, 1, 1, *numbers)
    with pytest.raises(ValueError, match="beta must be a finite number"):
        ops.lrn_backward(None, x, x, 1, 1, 1.0, 1.0, nan)
    with pytest.raises(ValueError, match=r"dy must have shape \(2, 3\), got \(1, 3\)"):
        ops.lrn_backward(None, x[:1], x, *ALEXNET)
    with pytest.raises(ValueError, match="y must not overlap an input"):
        ops.lrn_forward(x, x, *ALEXNET)


@both_tellings
@pytest.mark.parametrize("beta", [0.75, 0.5, 1.0, 0.6])
def test_energy_that_overflows_gives_zero(ops, beta):
    x = np.full((2, 67), 1e25, np.float32)
    np.testing.assert_array_equal(ops.lrn_forward(None, x, 2, 2, 1.0, 1.0, beta), 0)
