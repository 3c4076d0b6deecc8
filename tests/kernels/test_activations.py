"""Activations against Keras, the reference telling, and difference quotients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, computed, laid_out, threads

from minicnn_kernels import cpu, reference
from minicnn_kernels.contracts.activations import TABLE, checked, saved

KERAS = [name for name in TABLE if name != "scaled_tanh"]
VARIANTS = [
    *((name, ()) for name in TABLE),
    ("relu", (0.1,)),
    ("relu", (0.0, 2.0)),
    ("relu", (0.25, 2.0, 0.5)),
    ("relu", (-0.5,)),
    ("elu", (0.3,)),
    ("gelu", (1,)),
    ("scaled_tanh", (2.0, 0.5)),
]
variants = st.sampled_from(VARIANTS)


def keras_function(tf_keras, name, parameters):
    if name == "scaled_tanh":
        amplitude, slope = checked("test", name, parameters)
        return lambda x: amplitude * tf_keras.activations.tanh(slope * x)
    if name == "relu":
        names = ("negative_slope", "max_value", "threshold")
        return lambda x: tf_keras.activations.relu(x, **dict(zip(names, parameters)))
    function = getattr(tf_keras.activations, name)
    if name == "elu" and parameters:
        return lambda x: function(x, alpha=parameters[0])
    if name == "gelu":
        return lambda x: function(x, approximate=bool(parameters))
    return function


def draw(seed, shape, dtype):
    """Values whose kinks (0, 0.5, 2, 3, 6) are met by none."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape) * 4
    for kink in (0, 0.5, 2, 3, -3, 6):
        x[np.abs(x - kink) < 0.02] += 0.05
    return x.astype(dtype)


@both_tellings
@given(variant=variants, seed=tellings.seeds, dtype=st.sampled_from(["float32", "float64"]))
def test_forward_and_gradient_are_keras(ops, tf, tf_keras, variant, seed, dtype):
    name, parameters = variant
    x = draw(seed, (3, 5, 7), dtype)
    dy = draw(seed + 1, x.shape, dtype)
    function = keras_function(tf_keras, name, parameters)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        expected = function(tensor)
        total = tf.reduce_sum(expected * dy)
    y = ops.activation_forward(None, x, name, parameters)
    assert y.dtype == computed(dtype)
    # Keras' own float32 GELU and softplus derivatives cancel; hence absolute 2e-6 of the scale.
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    dx = ops.activation_backward(None, dy, x, y, name, parameters)
    np.testing.assert_allclose(dx, tape.gradient(total, tensor), rtol=1e-4, atol=2e-5)


@given(variant=variants, seed=tellings.seeds, dtype=tellings.float_types, layout=tellings.layouts)
def test_cpu_agrees_with_the_reference(variant, seed, dtype, layout):
    name, parameters = variant
    x = draw(seed, (4, 3, 6), dtype)
    before = x.copy()
    x = laid_out(x, layout)
    dy = draw(seed + 1, x.shape, dtype)
    y, expected = (ops.activation_forward(None, x, name, parameters) for ops in (cpu, reference))
    np.testing.assert_allclose(y, expected, **tellings.tolerance(dtype))
    dx, expected = (
        ops.activation_backward(None, dy, x, y, name, parameters) for ops in (cpu, reference)
    )
    np.testing.assert_allclose(dx, expected, **tellings.tolerance(dtype))
    np.testing.assert_array_equal(x, before)


@both_tellings
@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_gradient_check(ops, name, parameters):
    x, dy = draw(1, (4, 9), "float64"), draw(2, (4, 9), "float64")
    y = ops.activation_forward(None, x, name, parameters)
    dx = ops.activation_backward(None, dy, x, y, name, parameters)
    tellings.check_gradient(
        lambda x: (dy * ops.activation_forward(None, x, name, parameters)).sum(), [x], [dx]
    )


@both_tellings
@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_backward_needs_only_what_the_table_says(ops, name, parameters):
    x, dy = draw(1, (20,), "float32"), draw(2, (20,), "float32")
    y = ops.activation_forward(None, x, name, parameters)
    both = ops.activation_backward(None, dy, x, y, name, parameters)
    needed = saved(name, parameters)
    alone = (x, None) if needed == "x" else (None, y)
    np.testing.assert_array_equal(ops.activation_backward(None, dy, *alone, name, parameters), both)
    with pytest.raises(ValueError, match=f"activation_backward: {name} needs {needed}, got None"):
        ops.activation_backward(None, dy, *alone[::-1], name, parameters)


@both_tellings
@pytest.mark.parametrize("size", [7, 40_000])
@pytest.mark.parametrize("name", ["relu", "tanh", "gelu", "elu"])
def test_in_place_gives_the_same_bits(ops, name, size):
    x, dy = draw(1, (size,), "float32"), draw(2, (size,), "float32")
    y = ops.activation_forward(None, x, name)
    dx = ops.activation_backward(None, dy, x, y, name)
    kept = x.copy()
    assert ops.activation_forward(x, x, name) is x
    np.testing.assert_array_equal(x, y)
    assert ops.activation_backward(dy, dy, kept, y, name) is dy
    np.testing.assert_array_equal(dy, dx)


@both_tellings
@pytest.mark.parametrize("name", ["relu", "relu6", "elu", "sigmoid", "tanh", "softplus"])
def test_nan_stays_nan_and_infinity_finds_its_limit(ops, name):
    x = np.array([np.nan, np.inf, -np.inf], np.float32)
    y = ops.activation_forward(None, x, name)
    limits = {"relu6": (6, 0), "elu": (np.inf, -1), "sigmoid": (1, 0), "tanh": (1, -1)}
    np.testing.assert_array_equal(y, [np.nan, *limits.get(name, (np.inf, 0))])


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_same_bits_for_any_number_of_threads(name, parameters):
    x, dy = draw(1, (50_000,), "float32"), draw(2, (50_000,), "float32")
    y = cpu.activation_forward(None, x, name, parameters)
    tellings.same_bits(lambda: cpu.activation_forward(None, x, name, parameters))
    tellings.same_bits(lambda: cpu.activation_backward(None, dy, x, y, name, parameters))
    with threads(1):  # the serial kernel of small arrays rounds as the parallel one does
        pieces = cpu.activation_forward(None, x[:8192], name, parameters)
    np.testing.assert_array_equal(pieces, y[:8192])


@both_tellings
@pytest.mark.parametrize("shape", [(0,), (0, 4, 4, 2), ()])
def test_empty_and_scalar_shapes(ops, shape):
    x = np.ones(shape, np.float32)
    y = ops.activation_forward(None, x, "tanh")
    assert y.shape == shape
    assert ops.activation_backward(None, x, None, y, "tanh").shape == shape


@both_tellings
def test_refusals(ops):
    x = np.ones((2, 3), np.float32)
    forward = ops.activation_forward
    with pytest.raises(ValueError, match=r"name must be one of .*'relu'.*, got 'rleu'"):
        forward(None, x, "rleu")
    with pytest.raises(ValueError, match=r"tanh takes 0 parameters \[\], got \(1.0,\)"):
        forward(None, x, "tanh", (1.0,))
    with pytest.raises(ValueError, match="relu's negative_slope must be a finite number"):
        forward(None, x, "relu", (float("nan"),))
    with pytest.raises(TypeError, match="elu's alpha must be a real number, got 'a'"):
        forward(None, x, "elu", ("a",))
    with pytest.raises(ValueError, match="elu's alpha must not be negative"):
        forward(None, x, "elu", (-1,))
    with pytest.raises(ValueError, match="relu's max_value must not be negative"):
        forward(None, x, "relu", (0, -1))
    with pytest.raises(ValueError, match="scaled_tanh's amplitude must not be 0"):
        forward(None, x, "scaled_tanh", (0,))
    with pytest.raises(TypeError, match="x must be float16, float32 or float64, got int64"):
        forward(None, np.ones(3, np.int64), "relu")
    with pytest.raises(TypeError, match="x must be an array, got list"):
        forward(None, [1.0], "relu")
    with pytest.raises(ValueError, match=r"y must have shape \(2, 3\), got \(3, 2\)"):
        forward(np.ones((3, 2), np.float32), x, "relu")
    wide = np.zeros(12, np.float32)
    with pytest.raises(ValueError, match="y must not overlap an input"):
        forward(wide[:6], wide[3:9], "relu")
    with pytest.raises(ValueError, match=r"activation_backward: y must have shape \(2, 3\)"):
        ops.activation_backward(None, x, None, x[:1], "tanh")
    with pytest.raises(TypeError, match="y must be float32, got float64"):
        ops.activation_backward(None, x, None, x.astype(float), "tanh")


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_far_ends_are_those_of_the_reference(name, parameters):
    ends = [np.nan, np.inf, -np.inf, 1e30, -1e30, 100, -100, 30, -30, 1e-30, -1e-30, 0]
    x = np.resize(np.array(ends, np.float32), 67)
    dy = np.ones_like(x)
    y, expected = (ops.activation_forward(None, x, name, parameters) for ops in (cpu, reference))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dx, expected = (
        ops.activation_backward(None, dy, x, y, name, parameters) for ops in (cpu, reference)
    )
    np.testing.assert_allclose(dx, expected, rtol=1e-5, atol=1e-6)
