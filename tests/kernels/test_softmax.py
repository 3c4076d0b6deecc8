"""Softmax and cross-entropy against TensorFlow, at extremes, and the labels they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, computed, laid_out

from minicnn_kernels import cpu, reference

shapes = st.tuples(st.integers(1, 7), st.integers(1, 20))
full_types = st.sampled_from(["float32", "float64"])
LARGE = (3000, 11)  # computed in parallel


def draw(seed, shape, dtype="float32", spread=5.0):
    return (np.random.default_rng(seed).standard_normal(shape) * spread).astype(dtype)


def draw_targets(seed, shape, dtype="float32"):
    """Weighted targets, some 0, whose rows do not sum to 1."""
    t = np.random.default_rng(seed).random(shape)
    return np.where(t < 0.3, 0, t).astype(dtype)


def draw_labels(seed, shape):
    return np.random.default_rng(seed).integers(0, shape[1], shape[0])


@both_tellings
@given(shape=shapes, seed=tellings.seeds, dtype=full_types)
def test_softmax_is_tensorflow(ops, tf, shape, seed, dtype):
    x, dy = draw(seed, shape, dtype), draw(seed + 1, shape, dtype)
    for name in ("softmax", "log_softmax"):
        with tf.GradientTape() as tape:
            tensor = tf.constant(x)
            tape.watch(tensor)
            expected = getattr(tf.nn, name)(tensor)
            total = tf.reduce_sum(expected * dy)
        y = getattr(ops, f"{name}_forward")(None, x)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
        dx = getattr(ops, f"{name}_backward")(None, dy, y)
        np.testing.assert_allclose(dx, tape.gradient(total, tensor), rtol=1e-4, atol=2e-5)


@both_tellings
@given(shape=shapes, seed=tellings.seeds, dtype=full_types)
def test_cross_entropy_is_tensorflow(ops, tf, shape, seed, dtype):
    x, targets = draw(seed, shape, dtype), draw_targets(seed, shape, dtype)
    scale = np.random.default_rng(seed).random(shape[0]).astype(dtype)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        expected = tf.nn.softmax_cross_entropy_with_logits(targets, tensor)
        # TensorFlow's gradient takes rows of targets that sum to 1 for granted.
        total = tf.reduce_sum(-scale[:, None] * targets * tf.nn.log_softmax(tensor))
    loss, p = ops.softmax_cross_entropy_forward(None, None, x, targets)
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(p, tf.nn.softmax(x), rtol=1e-5, atol=1e-6)
    dx = ops.softmax_cross_entropy_backward(None, p, targets, scale)
    np.testing.assert_allclose(dx, tape.gradient(total, tensor), rtol=1e-4, atol=1e-5)


@both_tellings
@given(
    shape=shapes,
    seed=tellings.seeds,
    dtype=full_types,
    label_type=st.sampled_from(["uint8", "int32", "int64", "uint64", ">i2"]),
)
def test_sparse_cross_entropy_is_tensorflow(ops, tf, shape, seed, dtype, label_type):
    x, labels = draw(seed, shape, dtype), draw_labels(seed, shape)
    scale = np.random.default_rng(seed).random(shape[0]).astype(dtype)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        expected = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tensor)
        total = tf.reduce_sum(scale * expected)
    labels = labels.astype(label_type)
    loss, p = ops.sparse_softmax_cross_entropy_forward(None, None, x, labels)
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=2e-6)
    dx = ops.sparse_softmax_cross_entropy_backward(None, p, labels, scale)
    np.testing.assert_allclose(dx, tape.gradient(total, tensor), rtol=1e-4, atol=1e-6)


@given(shape=shapes, seed=tellings.seeds, dtype=tellings.float_types, layout=tellings.layouts)
def test_cpu_agrees_with_the_reference(shape, seed, dtype, layout):
    x, dy = draw(seed, shape, dtype), draw(seed + 1, shape, dtype)
    targets, labels = draw_targets(seed, shape, dtype), draw_labels(seed, shape)
    scale = np.ones(shape[0], dtype)
    y = reference.softmax_forward(None, x)
    log_y = reference.log_softmax_forward(None, x)
    wide = dy.astype(computed(dtype))
    for name, arguments in {
        "softmax_forward": (None, laid_out(x, layout)),
        "softmax_backward": (None, laid_out(wide, layout), y),
        "log_softmax_forward": (None, laid_out(x, layout)),
        "log_softmax_backward": (None, laid_out(wide, layout), log_y),
        "softmax_cross_entropy_forward": (None, None, laid_out(x, layout), targets),
        "softmax_cross_entropy_backward": (None, y, laid_out(targets, layout), scale),
        "sparse_softmax_cross_entropy_forward": (None, None, x, laid_out(labels, layout)),
        "sparse_softmax_cross_entropy_backward": (None, y, labels, laid_out(scale, layout)),
    }.items():
        result, expected = (getattr(ops, name)(*arguments) for ops in (cpu, reference))
        for a, b in zip(tellings.as_tuple(result), tellings.as_tuple(expected), strict=True):
            assert a.dtype == computed(dtype)
            np.testing.assert_allclose(a, b, **tellings.tolerance(dtype))


@both_tellings
def test_gradient_checks(ops):
    shape = (4, 6)
    x, dy = draw(1, shape, "float64", 1), draw(2, shape, "float64")
    targets, labels = draw_targets(3, shape, "float64"), draw_labels(4, shape)
    scale = draw(5, shape[:1], "float64")
    for name in ("softmax", "log_softmax"):
        forward = getattr(ops, f"{name}_forward")
        dx = getattr(ops, f"{name}_backward")(None, dy, forward(None, x))
        tellings.check_gradient(lambda x, f=forward: (dy * f(None, x)).sum(), [x], [dx])
    for name, t in (("softmax", targets), ("sparse_softmax", labels)):
        forward = getattr(ops, f"{name}_cross_entropy_forward")
        p = forward(None, None, x, t)[1]
        dx = getattr(ops, f"{name}_cross_entropy_backward")(None, p, t, scale)
        tellings.check_gradient(
            lambda x, f=forward, t=t: (scale * f(None, None, x, t)[0]).sum(), [x], [dx]
        )


@both_tellings
def test_huge_logits_neither_overflow_nor_vanish(ops):
    x = np.array([[1e30, 0, -1e30], [500, 500, -500], [-1e30, -1e30, -1e30]], np.float32)
    expected = np.array([[1, 0, 0], [0.5, 0.5, 0], [1 / 3] * 3], np.float32)
    labels = np.array([0, 1, 2])
    np.testing.assert_allclose(ops.softmax_forward(None, x), expected)
    loss, p = ops.sparse_softmax_cross_entropy_forward(None, None, x, labels)
    np.testing.assert_allclose(p, expected)
    np.testing.assert_allclose(loss, [0, np.log(2), np.log(3)], rtol=1e-6)
    one_hot = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(
        ops.softmax_cross_entropy_forward(None, None, x, one_hot)[0], loss
    )


@both_tellings
def test_masked_classes_and_nan(ops):
    x = np.array([[0, -np.inf, 0], [1, np.nan, 2], [1, np.inf, 2]], np.float32)
    targets = np.array([[0.5, 0, 0.5]] * 3, np.float32)
    loss, p = ops.softmax_cross_entropy_forward(None, None, x, targets)
    np.testing.assert_allclose(p, [[0.5, 0, 0.5], [np.nan] * 3, [np.nan] * 3])
    np.testing.assert_allclose(loss, [np.log(2), np.nan, np.nan], rtol=1e-6)
    sparse, _ = ops.sparse_softmax_cross_entropy_forward(None, None, x[:1], np.array([1]))
    np.testing.assert_array_equal(sparse, [np.inf])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_many_rows_give_the_same_bits_for_any_number_of_threads(name):
    x, dy = draw(1, LARGE), draw(2, LARGE)
    forward, backward = getattr(cpu, f"{name}_forward"), getattr(cpu, f"{name}_backward")
    y = forward(None, x)
    np.testing.assert_array_equal(y[700:710], forward(None, x[700:710]))
    tellings.same_bits(lambda: forward(None, x))
    tellings.same_bits(lambda: backward(None, dy, y))
    expected = getattr(reference, f"{name}_backward")(None, dy, y)
    np.testing.assert_allclose(backward(None, dy, y), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["softmax", "sparse_softmax"])
def test_many_losses_give_the_same_bits_for_any_number_of_threads(name):
    x = draw(1, LARGE)
    targets = draw_targets(2, LARGE) if name == "softmax" else draw_labels(2, LARGE)
    scale = draw(3, LARGE[:1])
    forward = getattr(cpu, f"{name}_cross_entropy_forward")
    backward = getattr(cpu, f"{name}_cross_entropy_backward")
    loss, p = forward(None, None, x, targets)
    np.testing.assert_array_equal(forward(None, None, x[700:], targets[700:])[0], loss[700:])
    tellings.same_bits(lambda: forward(None, None, x, targets))
    tellings.same_bits(lambda: backward(None, p, targets, scale))


@both_tellings
def test_batch_of_none(ops):
    x, none = np.ones((0, 5), np.float32), np.ones(0, np.float32)
    assert ops.softmax_forward(None, x).shape == (0, 5)
    assert ops.softmax_backward(None, x, x).shape == (0, 5)
    assert ops.log_softmax_forward(None, x).shape == (0, 5)
    assert ops.log_softmax_backward(None, x, x).shape == (0, 5)
    loss, p = ops.softmax_cross_entropy_forward(None, None, x, x)
    assert (loss.shape, p.shape) == ((0,), (0, 5))
    assert ops.softmax_cross_entropy_backward(None, x, x, none).shape == (0, 5)
    labels = np.ones(0, np.int64)
    loss, p = ops.sparse_softmax_cross_entropy_forward(None, None, x, labels)
    assert (loss.shape, p.shape) == ((0,), (0, 5))
    assert ops.sparse_softmax_cross_entropy_backward(None, x, labels, none).shape == (0, 5)


@both_tellings
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (np.array([0, 4, -1]), ValueError, "labels must lie in 0..4, got -1 in row 2"),
        (np.array([0, 5, 6]), ValueError, "labels must lie in 0..4, got 5 in row 1"),
        (np.array([0, 2**64 - 1, 6], np.uint64), ValueError, "got 18446744073709551615 in row 1"),
        (np.array([0, 200, 1], np.uint8), ValueError, "got 200 in row 1"),
        (np.array([0.0, 1.0, np.nan]), TypeError, "labels must be integers, got float64"),
        (np.array([True, False, True]), TypeError, "labels must be integers, got bool"),
        ([0, 1, 2], TypeError, "labels must be an array, got list"),
        (np.array([0, 1]), ValueError, r"labels must have shape \(3,\), got \(2,\)"),
        (np.array([[0], [1], [2]]), ValueError, r"labels must have shape \(3,\), got \(3, 1\)"),
    ],
)
def test_bad_labels_are_refused_and_outputs_left_alone(ops, labels, error, message):
    x, scale = draw(1, (3, 5)), np.ones(3, np.float32)
    loss, p = np.full(3, 7, np.float32), np.full((3, 5), 7, np.float32)
    with pytest.raises(error, match=f"sparse_softmax_cross_entropy_forward: .*{message}"):
        ops.sparse_softmax_cross_entropy_forward(loss, p, x, labels)
    with pytest.raises(error, match=f"sparse_softmax_cross_entropy_backward: .*{message}"):
        ops.sparse_softmax_cross_entropy_backward(p, x, labels, scale)
    assert (loss == 7).all() and (p == 7).all()


@both_tellings
def test_refusals(ops):
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match="softmax_forward: x must have 2 axes"):
        ops.softmax_forward(None, x[0])
    with pytest.raises(ValueError, match=r"x must have at least one class, got shape \(2, 0\)"):
        ops.softmax_forward(None, x[:, :0])
    with pytest.raises(ValueError, match="y must not overlap an input"):
        ops.softmax_forward(x, x)
    with pytest.raises(ValueError, match=r"dy must have shape \(2, 3\), got \(1, 3\)"):
        ops.softmax_backward(None, x[:1], x)
    with pytest.raises(ValueError, match=r"targets must have shape \(2, 3\), got \(2, 2\)"):
        ops.softmax_cross_entropy_forward(None, None, x, x[:, :2])
    with pytest.raises(ValueError, match=r"scale must have shape \(2,\), got \(3,\)"):
        ops.softmax_cross_entropy_backward(None, x, x, x[0])
    with pytest.raises(TypeError, match="targets must be float32, got float64"):
        ops.softmax_cross_entropy_forward(None, None, x, x.astype(float))
