"""Batch normalization against Keras and TensorFlow, far means, gradient checks, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, laid_out

from minicnn_kernels import cpu, reference
from minicnn_kernels.cpu import normalization, streaming

shapes = st.tuples(st.integers(2, 40), st.integers(1, 9))
EPSILON = 1e-3


def draw(seed, shape, dtype="float32"):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) * 2 + 1).astype(dtype)


def per_channel(seed, channels, dtype="float32"):
    return draw(seed, channels, dtype), draw(seed + 1, channels, dtype)


@both_tellings
@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True)])
def test_training_is_keras(ops, tf, tf_keras, scale, center):
    shape = (17, 5)
    x, dy = draw(1, shape), draw(2, shape)
    gamma, beta = per_channel(3, shape[1])
    layer = tf_keras.layers.BatchNormalization(epsilon=EPSILON, scale=scale, center=center)
    layer.build(shape)
    layer.set_weights([gamma] * scale + [beta] * center + [np.zeros_like(beta), np.ones_like(beta)])
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        expected = layer(tensor, training=True)
        total = tf.reduce_sum(expected * dy)
    gradients = tape.gradient(total, [tensor, *(v.value for v in layer.trainable_variables)])
    gamma, beta = gamma if scale else None, beta if center else None
    y, mean, variance = ops.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    dx, dgamma, dbeta = ops.batch_norm_backward(
        None, None, None, dy, x, mean, variance, gamma, EPSILON
    )
    ours = [dx] + [dgamma] * scale + [dbeta] * center
    for a, b in zip(ours, gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


@both_tellings
@given(shape=shapes, seed=tellings.seeds)
def test_training_is_tensorflow(ops, tf, shape, seed):
    x, dy = draw(seed, shape), draw(seed + 1, shape)
    gamma, beta = per_channel(seed, shape[1])
    with tf.GradientTape() as tape:
        tensors = [tf.constant(v) for v in (x, gamma, beta)]
        tape.watch(tensors)
        moments = tf.nn.moments(tensors[0], axes=[0])
        expected = tf.nn.batch_normalization(tensors[0], *moments, tensors[2], tensors[1], EPSILON)
        total = tf.reduce_sum(expected * dy)
    ours = ops.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
    for a, b in zip(ours, (expected, *moments), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    ours = ops.batch_norm_backward(None, None, None, dy, x, *ours[1:], gamma, EPSILON)
    for a, b in zip(ours, tape.gradient(total, tensors), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * max(1, np.abs(b).max()))


@both_tellings
@given(shape=shapes, seed=tellings.seeds)
def test_inference_is_tensorflow(ops, tf, shape, seed):
    x, dy = draw(seed, shape), draw(seed + 1, shape)
    gamma, beta = per_channel(seed, shape[1])
    mean, variance = per_channel(seed + 2, shape[1])
    variance = np.abs(variance)
    with tf.GradientTape() as tape:
        tensors = [tf.constant(v) for v in (x, gamma, beta)]
        tape.watch(tensors)
        expected = tf.nn.batch_normalization(
            tensors[0], mean, variance, tensors[2], tensors[1], EPSILON
        )
        total = tf.reduce_sum(expected * dy)
    y = ops.batch_norm_inference(None, x, gamma, beta, mean, variance, EPSILON)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    ours = ops.batch_norm_backward(
        None, None, None, dy, x, mean, variance, gamma, EPSILON, training=False
    )
    for a, b in zip(ours, tape.gradient(total, tensors), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * max(1, np.abs(b).max()))


@given(
    shape=shapes,
    seed=tellings.seeds,
    dtype=tellings.float_types,
    layout=tellings.layouts,
    training=st.booleans(),
)
def test_cpu_agrees_with_the_reference(shape, seed, dtype, layout, training):
    x, dy = draw(seed, shape, dtype), draw(seed + 1, shape, dtype)
    gamma, beta = per_channel(seed, shape[1], dtype)
    before = x.copy()
    x = laid_out(x, layout)
    results = []
    for ops in (cpu, reference):
        y, mean, variance = ops.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
        fixed = ops.batch_norm_inference(None, x, gamma, beta, mean, variance, EPSILON)
        gradients = ops.batch_norm_backward(
            None, None, None, dy, x, mean, variance, gamma, EPSILON, training
        )
        results.append((y, mean, variance, fixed, *gradients))
    for ours, expected in zip(*results, strict=True):
        assert ours.dtype == expected.dtype == tellings.computed(dtype)
        size = max(1, np.abs(expected).max())
        np.testing.assert_allclose(ours / size, expected / size, **tellings.tolerance(dtype))
    np.testing.assert_array_equal(x, before)


@both_tellings
@pytest.mark.parametrize("training", [True, False])
def test_gradient_check(ops, training):
    x, dy = draw(1, (7, 3), "float64"), draw(2, (7, 3), "float64")
    gamma, beta = per_channel(3, 3, "float64")
    mean, variance = x.mean(axis=0), x.var(axis=0)
    gradients = ops.batch_norm_backward(
        None, None, None, dy, x, mean, variance, gamma, EPSILON, training
    )

    def value(x, gamma, beta):
        if training:
            y = ops.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)[0]
        else:
            y = ops.batch_norm_inference(None, x, gamma, beta, mean, variance, EPSILON)
        return (dy * y).sum()

    tellings.check_gradient(value, [x, gamma, beta], gradients)


@both_tellings
def test_a_mean_far_from_zero_leaves_the_variance_exact(ops):
    x = (np.random.default_rng(1).integers(-4, 5, (2000, 6)) + 100_000).astype(np.float32)
    y, mean, variance = ops.batch_norm_forward(None, None, None, x, None, None, 0.0)
    exact = x.astype(float)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(variance, exact.var(axis=0), rtol=1e-6)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-5)


@both_tellings
def test_constant_channels_and_nan(ops):
    x = np.full((5, 3), 7.25, np.float32)
    x[2, 1] = np.nan
    y, _, variance = ops.batch_norm_forward(None, None, None, x, None, None, EPSILON)
    np.testing.assert_array_equal(variance, [0, np.nan, 0])
    np.testing.assert_array_equal(y, np.where([False, True, False], np.nan, np.zeros((5, 3))))


activations = st.sampled_from(["linear", "relu", "relu6"])


def undone(ops, dy, y, activation):
    """``dy`` before the activation that made ``y``."""
    return dy if activation == "linear" else ops.activation_backward(None, dy, None, y, activation)


@both_tellings
@given(
    shape=shapes,
    seed=tellings.seeds,
    dtype=tellings.float_types,
    activation=activations,
    with_residual=st.booleans(),
    training=st.booleans(),
)
def test_an_activation_and_a_residual_in_the_same_pass(
    ops, shape, seed, dtype, activation, with_residual, training
):
    x, dy = draw(seed, shape, dtype), draw(seed + 1, shape, dtype)
    gamma, beta = per_channel(seed, shape[1], dtype)
    residual = draw(seed + 3, shape, dtype) if with_residual else None
    if training:
        plain, mean, variance = ops.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
        y = ops.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON, activation, residual)[
            0
        ]
    else:
        mean, variance = per_channel(seed + 2, shape[1], dtype)
        arguments = (None, x, gamma, beta, mean, np.abs(variance), EPSILON)
        variance = arguments[5]
        plain = ops.batch_norm_inference(*arguments)
        y = ops.batch_norm_inference(*arguments, activation, residual)
    if with_residual:
        plain = plain + residual.astype(plain.dtype)
    if activation != "linear":
        plain = ops.activation_forward(None, plain, activation)
    np.testing.assert_array_equal(y, plain)
    if not with_residual:
        dz = undone(ops, dy, y, activation)
        arguments = (x, mean, variance, gamma, EPSILON, training)
        expected = ops.batch_norm_backward(None, None, None, dz, *arguments)
        ours = ops.batch_norm_backward(None, None, None, dy, *arguments, activation, beta)
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_array_equal(a, b)


@both_tellings
def test_infinity_and_nan_pass_the_activation_as_they_do_alone(ops):
    x = np.array([[np.inf, -np.inf, np.nan, 0, 7, -2]], np.float32).T
    one, zero, dy = np.ones(1, np.float32), np.zeros(1, np.float32), np.full_like(x, 3)
    for activation in ("relu", "relu6"):
        y = ops.batch_norm_inference(None, x, one, zero, zero, one, 0.0, activation)
        np.testing.assert_array_equal(y, ops.activation_forward(None, x, activation))
        dx = ops.batch_norm_backward(
            None, None, None, dy, x, zero, one, one, 0.0, False, activation, zero
        )[0]
        np.testing.assert_array_equal(dx, undone(ops, dy, y, activation))


@both_tellings
def test_unfit_activations_and_residuals_are_refused(ops):
    x, c = np.ones((5, 3), np.float32), np.ones(3, np.float32)
    message = r"activation must be one of \('linear', 'relu', 'relu6'\), got 'tanh'"
    with pytest.raises(ValueError, match=f"batch_norm_forward: {message}"):
        ops.batch_norm_forward(None, None, None, x, c, c, EPSILON, "tanh")
    with pytest.raises(ValueError, match=f"batch_norm_inference: {message}"):
        ops.batch_norm_inference(None, x, c, c, c, c, EPSILON, "tanh")
    with pytest.raises(ValueError, match=f"batch_norm_backward: {message}"):
        ops.batch_norm_backward(None, None, None, x, x, c, c, c, EPSILON, True, "tanh")
    with pytest.raises(ValueError, match=r"residual must have shape \(5, 3\), got \(4, 3\)"):
        ops.batch_norm_forward(None, None, None, x, c, c, EPSILON, "relu", x[:4])
    with pytest.raises(ValueError, match=r"beta must have shape \(3,\), got \(2,\)"):
        ops.batch_norm_backward(None, None, None, x, x, c, c, c, EPSILON, True, "relu", c[:2])
    with pytest.raises(ValueError, match="y must not overlap an input"):
        ops.batch_norm_inference(x, 2 * x, c, c, c, c, EPSILON, "relu", x)


@pytest.mark.parametrize("channels", [3, 40, 1000])
def test_sums_have_one_order_however_many_share_them(channels):
    x = draw(1, (600_000 // channels) * channels)
    count = normalization.piece_count(x.size, channels)
    assert count >= 8
    found = set()
    for workers in (1, 2, 3, 5, 8, 64):
        mean, variance = (np.empty(channels, np.float32) for _ in range(2))
        normalization.statistics(mean, variance, np.empty((count, 2, channels)), x, workers)
        found.add((mean.tobytes(), variance.tobytes()))
    assert len(found) == 1


@pytest.mark.parametrize("channels", [1, 6, 300])
def test_large_batches(channels):
    shape = (150_000 // channels, channels)
    x, dy = draw(1, shape), draw(2, shape)
    gamma, beta = per_channel(3, channels)
    ours = cpu.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
    tellings.same_bits(lambda: cpu.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON))
    arguments = (dy, x, *ours[1:], gamma, EPSILON)
    tellings.same_bits(lambda: cpu.batch_norm_backward(None, None, None, *arguments))
    fused = (*arguments, True, "relu", beta)
    tellings.same_bits(lambda: cpu.batch_norm_backward(None, None, None, *fused))
    expected = reference.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    ours = cpu.batch_norm_backward(None, None, None, *arguments)
    expected = reference.batch_norm_backward(None, None, None, *arguments)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * np.abs(b).max())


@both_tellings
def test_parameter_gradients_accumulate(ops):
    x, dy = draw(1, (9, 4)), draw(2, (9, 4))
    _, mean, variance = ops.batch_norm_forward(None, None, None, x, None, None, EPSILON)
    fresh = ops.batch_norm_backward(None, None, None, dy, x, mean, variance, None, EPSILON)
    dgamma, dbeta = np.ones(4, np.float32), np.ones(4, np.float32)
    added = ops.batch_norm_backward(None, dgamma, dbeta, dy, x, mean, variance, None, EPSILON)
    assert added[1] is dgamma and added[2] is dbeta
    np.testing.assert_allclose(dgamma, 1 + fresh[1], rtol=1e-6)
    np.testing.assert_allclose(dbeta, 1 + fresh[2], rtol=1e-6)


@both_tellings
def test_empty_batches(ops):
    x, c = np.ones((0, 3), np.float32), np.ones(3, np.float32)
    assert ops.batch_norm_inference(None, x, c, c, c, c, EPSILON).shape == (0, 3)
    dx, dgamma, dbeta = ops.batch_norm_backward(
        None, None, None, x, x, c, c, c, EPSILON, training=False
    )
    assert dx.shape == (0, 3)
    np.testing.assert_array_equal([dgamma, dbeta], 0)
    with pytest.raises(ValueError, match=r"x must not be empty in training, got shape \(0, 3\)"):
        ops.batch_norm_forward(None, None, None, x, c, c, EPSILON)
    with pytest.raises(ValueError, match=r"x must not be empty in training, got shape \(0, 3\)"):
        ops.batch_norm_backward(None, None, None, x, x, c, c, c, EPSILON)


@both_tellings
@pytest.mark.parametrize("name", ["gamma", "beta", "mean", "variance"])
@pytest.mark.parametrize("length", [0, 2, 4])
def test_vectors_of_another_length_are_refused(ops, name, length):
    arguments = {k: np.ones(3, np.float32) for k in ("gamma", "beta", "mean", "variance")}
    arguments[name] = np.ones(length, np.float32)
    x = np.ones((5, 3), np.float32)
    message = rf"{name} must have shape \(3,\), got \({length},\)"
    with pytest.raises(ValueError, match="batch_norm_inference: " + message):
        ops.batch_norm_inference(None, x, *arguments.values(), EPSILON)
    if name in ("gamma", "beta"):
        with pytest.raises(ValueError, match="batch_norm_forward: " + message):
            ops.batch_norm_forward(
                None, None, None, x, arguments["gamma"], arguments["beta"], EPSILON
            )
    if name != "beta":
        gamma, mean, variance = (arguments[k] for k in ("gamma", "mean", "variance"))
        with pytest.raises(ValueError, match="batch_norm_backward: " + message):
            ops.batch_norm_backward(None, None, None, x, x, mean, variance, gamma, EPSILON)


@both_tellings
def test_refusals(ops):
    x, c = np.ones((5, 3), np.float32), np.ones(3, np.float32)
    forward = ops.batch_norm_forward
    with pytest.raises(ValueError, match=r"x must have channels, got shape \(5, 0\)"):
        forward(None, None, None, x[:, :0], None, None, EPSILON)
    with pytest.raises(ValueError, match="x must have 2 axes"):
        forward(None, None, None, x[None], None, None, EPSILON)
    with pytest.raises(ValueError, match=r"epsilon must be a finite number in \[0.0, inf\]"):
        forward(None, None, None, x, None, None, -1.0)
    with pytest.raises(ValueError, match="epsilon must be a finite number"):
        forward(None, None, None, x, None, None, float("nan"))
    with pytest.raises(ValueError, match="variance must not overlap an input"):
        forward(None, c, c, x, None, None, EPSILON)
    with pytest.raises(ValueError, match=r"dy must have shape \(5, 3\), got \(4, 3\)"):
        ops.batch_norm_backward(None, None, None, x[:4], x, c, c, c, EPSILON)


@pytest.mark.parametrize("channels", [64, 48, 7])
def test_the_same_bits_stored_past_the_caches(monkeypatch, channels):
    x, dy = draw(1, (700, channels)), draw(2, (700, channels))
    gamma, beta = per_channel(3, channels)

    def both():
        y, mean, variance = cpu.batch_norm_forward(None, None, None, x, gamma, beta, EPSILON)
        statistics = mean, variance, gamma, EPSILON
        return y, cpu.batch_norm_backward(None, None, None, dy, x, *statistics)[0]

    plain = both()
    monkeypatch.setattr(streaming, "LARGE", 0)
    past = both()
    assert streaming.worth(past[0], channels) == (channels % 16 == 0)
    for ours, theirs in zip(past, plain):
        assert ours.tobytes() == theirs.tobytes()
