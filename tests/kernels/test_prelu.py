"""PReLU against Keras, sums over large batches, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, laid_out

from minicnn_kernels import cpu, reference

shapes = st.tuples(st.integers(1, 30), st.integers(1, 20))


def draw(seed, shape, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@both_tellings
@given(shape=shapes, seed=tellings.seeds)
def test_is_keras(ops, tf, tf_keras, shape, seed):
    x, dy, alpha = draw(seed, shape), draw(seed + 1, shape), draw(seed + 2, shape[1:])
    layer = tf_keras.layers.PReLU()
    layer.build(shape)
    layer.set_weights([alpha])
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        expected = layer(tensor)
        total = tf.reduce_sum(expected * dy)
    dx, dalpha = tape.gradient(total, [tensor, layer.trainable_variables[0].value])
    np.testing.assert_array_equal(ops.prelu_forward(None, x, alpha), expected)
    np.testing.assert_array_equal(ops.prelu_backward_input(None, dy, x, alpha), dx)
    ours = ops.prelu_backward_weights(None, x, dy)
    np.testing.assert_allclose(ours, dalpha, rtol=1e-5, atol=1e-5)


@given(shape=shapes, seed=tellings.seeds, dtype=tellings.float_types, layout=tellings.layouts)
def test_cpu_agrees_with_the_reference(shape, seed, dtype, layout):
    x, dy, alpha = (draw(seed + k, s, dtype) for k, s in enumerate((shape, shape, shape[1:])))
    kept = x.copy()
    x, dy, alpha = (laid_out(a, layout) for a in (x, dy, alpha))
    for name, arguments in {
        "prelu_forward": (None, x, alpha),
        "prelu_backward_input": (None, dy, x, alpha),
        "prelu_backward_weights": (None, x, dy),
    }.items():
        ours, expected = (getattr(ops, name)(*arguments) for ops in (cpu, reference))
        assert ours.dtype == tellings.computed(dtype)
        np.testing.assert_allclose(ours, expected, **tellings.tolerance(dtype))
    np.testing.assert_array_equal(x, kept)


@both_tellings
def test_gradient_check(ops):
    x, dy, alpha = (draw(k, s, "float64") for k, s in enumerate(((5, 4), (5, 4), (4,))))
    tellings.check_gradient(
        lambda x, alpha: (dy * ops.prelu_forward(None, x, alpha)).sum(),
        [x, alpha],
        [
            ops.prelu_backward_input(None, dy, x, alpha),
            ops.prelu_backward_weights(None, x, dy),
        ],
    )


@both_tellings
def test_nan_accumulation_and_empty_batches(ops):
    x, alpha = np.array([[np.nan, -2.0, 3.0]], np.float32), np.full(3, 0.5, np.float32)
    np.testing.assert_array_equal(ops.prelu_forward(None, x, alpha), [[np.nan, -1, 3]])
    dalpha = np.ones(3, np.float32)
    assert ops.prelu_backward_weights(dalpha, x, np.full_like(x, 2)) is dalpha
    np.testing.assert_array_equal(dalpha, [np.nan, -3, 1])
    assert ops.prelu_forward(None, x[:0], alpha).shape == (0, 3)
    assert ops.prelu_backward_input(None, x[:0], x[:0], alpha).shape == (0, 3)
    np.testing.assert_array_equal(ops.prelu_backward_weights(None, x[:0], x[:0]), 0)


@pytest.mark.parametrize("columns", [3, 16, 5000])
def test_large_batches(columns):
    shape = (100_000 // columns, columns)
    x, dy, alpha = draw(1, shape), draw(2, shape), draw(3, columns)
    for name, arguments in {
        "prelu_forward": (x, alpha),
        "prelu_backward_input": (dy, x, alpha),
        "prelu_backward_weights": (x, dy),
    }.items():
        tellings.same_bits(lambda n=name, a=arguments: getattr(cpu, n)(None, *a))
        ours, expected = (getattr(ops, name)(None, *arguments) for ops in (cpu, reference))
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-4)


@both_tellings
def test_refusals(ops):
    x, alpha = np.ones((2, 3), np.float32), np.ones(3, np.float32)
    with pytest.raises(ValueError, match=r"prelu_forward: alpha must have shape \(3,\)"):
        ops.prelu_forward(None, x, alpha[:2])
    with pytest.raises(ValueError, match="x must have 2 axes"):
        ops.prelu_forward(None, x[0], alpha)
    with pytest.raises(ValueError, match=r"x must have columns, got shape \(2, 0\)"):
        ops.prelu_forward(None, x[:, :0], alpha[:0])
    with pytest.raises(ValueError, match=r"dy must have shape \(2, 3\), got \(1, 3\)"):
        ops.prelu_backward_input(None, x[:1], x, alpha)
    with pytest.raises(ValueError, match=r"dalpha must have shape \(3,\), got \(2,\)"):
        ops.prelu_backward_weights(alpha[:2], x, x)
    with pytest.raises(TypeError, match="alpha must be float32, got float64"):
        ops.prelu_forward(None, x, alpha.astype(float))
    with pytest.raises(ValueError, match="y must not overlap an input"):
        ops.prelu_forward(x, x, alpha)
