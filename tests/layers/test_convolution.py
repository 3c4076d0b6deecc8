"""Convolution layers: any geometry against TensorFlow, and what they refuse."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.layer_checks import randomize

from minicnn import layers
from minicnn.layers import recomputed

GEOMETRY = st.fixed_dictionaries(
    {
        "size": st.tuples(st.integers(1, 9), st.integers(1, 9)),
        "kernel_size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "strides": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "dilation_rate": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "padding": st.one_of(
            st.sampled_from(["valid", "same"]),
            st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2),
        ),
        "groups": st.sampled_from([1, 2]),
        "batch": st.integers(0, 2),
        "seed": st.integers(0, 99),
    }
)


@settings(max_examples=40)
@given(drawn=GEOMETRY)
def test_any_geometry_equals_tensorflow(tf, drawn):
    rng = np.random.default_rng(drawn["seed"])
    names = ("kernel_size", "strides", "dilation_rate", "padding", "groups")
    geometry = {name: drawn[name] for name in names}
    layer = layers.Conv2D(4, dtype="float64", **geometry)
    x = rng.standard_normal((drawn["batch"], *drawn["size"], 2))
    zeros, expected_size = _tensorflow_padding(layer, drawn["size"])
    if min(expected_size) < 1:
        with pytest.raises(ValueError, match=r"Conv2D .*kernel_size .* does not fit"):
            layer(x)
        assert layer.weights == []
        return
    layer(x)
    randomize(layer, rng)
    y, cache = layer.forward(x, False)
    assert y.shape == (drawn["batch"], *expected_size, 4)
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy, cache)
    if not drawn["batch"]:
        assert dx.shape == x.shape
        assert not layer.kernel.grad.any()
        return

    tensors = [tf.constant(a) for a in (x, *layer.get_weights())]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        expected = _tensorflow_convolution(tf, *tensors, zeros, layer)
        total = tf.reduce_sum(expected * dy)
    gradients = tape.gradient(total, tensors)
    assert_allclose(y, expected.numpy(), rtol=1e-10, atol=1e-12)
    for mine, theirs in zip((dx, layer.kernel.grad, layer.bias.grad), gradients):
        assert_allclose(mine, theirs.numpy(), rtol=1e-10, atol=1e-12)


def _tensorflow_padding(layer, size):
    """Zeros before and after each axis, and the output's size, by the textbook's rules."""
    pairs, out = [], []
    for axis, n in enumerate(size):
        k, s, d = (t[axis] for t in (layer.kernel_size, layer.strides, layer.dilation_rate))
        extent = (k - 1) * d + 1
        if layer.padding == "same":
            total = max((-(-n // s) - 1) * s + extent - n, 0)
            pairs.append((total // 2, total - total // 2))
        else:
            pairs.append((0, 0) if layer.padding == "valid" else layer.padding[axis])
        out.append((n + sum(pairs[-1]) - extent) // s + 1 if n + sum(pairs[-1]) >= extent else 0)
    return pairs, out


def _tensorflow_convolution(tf, x, kernel, bias, zeros, layer):
    """TensorFlow cannot dilate on a CPU in float64: zeros are put between the kernel's taps."""
    spread = [
        np.zeros(((k - 1) * d + 1, k)) for k, d in zip(layer.kernel_size, layer.dilation_rate)
    ]
    for matrix, dilation in zip(spread, layer.dilation_rate):
        matrix[::dilation] = np.eye(matrix.shape[1])
    kernel = tf.einsum("uk,vl,klcf->uvcf", *spread, kernel)
    x = tf.pad(x, [(0, 0), *zeros, (0, 0)])
    parts = zip(tf.split(x, layer.groups, -1), tf.split(kernel, layer.groups, -1))
    return tf.concat([tf.nn.conv2d(a, w, layer.strides, "VALID") for a, w in parts], -1) + bias


def test_sizes_may_stay_open():
    layer = layers.Conv2D(4, 3, strides=2, padding="same")
    assert layer.output_shape((None, None, None, 3)) == (None, None, None, 4)
    layer.build((None, None, None, 3))
    assert layer.kernel.shape == (3, 3, 3, 4)


def test_causal_padding_never_sees_the_future(rng):
    layer = layers.Conv1D(2, 3, padding="causal", dilation_rate=2, dtype="float64")
    x = rng.standard_normal((1, 10, 3))
    before = layer(x)
    x[:, 6:] += 1
    assert_allclose(layer(x)[:, :6], before[:, :6], rtol=0)


def test_one_by_one_convolution_is_dense(rng):
    convolution, dense = layers.Conv2D(4, 1), layers.Dense(4)
    x = rng.standard_normal((2, 3, 5, 6)).astype(np.float32)
    convolution(x), dense(x)
    kernel, bias = convolution.get_weights()
    dense.set_weights([kernel[0, 0], bias])
    assert_allclose(convolution(x), dense(x), rtol=1e-5, atol=1e-6)


def test_transposed_convolution_is_the_adjoint(rng):
    """``<conv(x), y> == <x, conv_transpose(y)>`` with one kernel for both."""
    convolution = layers.Conv2D(3, (3, 2), strides=2, padding="same", use_bias=False)
    transposed = layers.Conv2DTranspose(2, (3, 2), strides=2, padding="same", use_bias=False)
    x = rng.standard_normal((2, 8, 6, 2)).astype(np.float32)
    y = rng.standard_normal((2, 4, 3, 3)).astype(np.float32)
    convolution(x), transposed(y)
    transposed.set_weights(convolution.get_weights())
    assert_allclose(np.vdot(convolution(x), y), np.vdot(x, transposed(y)), rtol=1e-4)


def test_weights_that_rest_cost_nothing(rng):
    layer = layers.Conv2D(2, 3)
    x = rng.standard_normal((1, 5, 5, 2)).astype(np.float32)
    layer(x)
    layer.bias.trainable = False
    y, cache = layer.forward(x, True)
    assert layer.backward(np.ones_like(y), cache, needs_dx=False) is None
    assert layer.bias.grad is None
    assert layer.kernel.grad is not None


REFUSED = [
    ("Conv2D", {"filters": 0, "kernel_size": 3}, "filters must be at least 1"),
    ("Conv2D", {"filters": -4, "kernel_size": 3}, "filters must be at least 1"),
    ("Conv2D", {"filters": 2.0, "kernel_size": 3}, "filters must be an integer, got 2.0"),
    ("Conv2D", {"filters": True, "kernel_size": 3}, "filters must be an integer, got True"),
    ("Conv2D", {"filters": 2, "kernel_size": 0}, "kernel_size must be at least 1"),
    ("Conv2D", {"filters": 2, "kernel_size": (3, 3, 3)}, "kernel_size must be 2 integers"),
    ("Conv2D", {"filters": 2, "kernel_size": float("nan")}, "kernel_size must be an integer"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": 0}, "strides must be at least 1"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": (1, -1)}, "strides must be at least 1"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": (1, 1, 1, 1)}, "strides must be 2"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "dilation_rate": 0}, "dilation_rate must be"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "full"}, "padding must be one of"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "causal"}, "padding must be one of"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": ((1, -1), (0, 0))}, "padding must be"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": ((1, 1),) * 4}, "padding must be"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "groups": 0}, "groups must be at least 1"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "groups": 2**63 - 1}, "groups must be at least 1"),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "groups": 2}, "groups must divide filters 3"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "data_format": "NHCW"}, "data_format must be"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "activation": "rleu"}, "did you mean 'relu'"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "use_bias": "no"}, "use_bias must be True or"),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 0}, "depth_multiplier must be"),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 0}, "strides must be at least 1"),
    ("SeparableConv2D", {"filters": 0, "kernel_size": 3}, "filters must be at least 1"),
    ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 0}, "strides must be"),
    (
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 2},
        r"output_padding must be less than strides \(2, 2\), got \(2, 2\)",
    ),
    ("MaxPooling2D", {"pool_size": 0}, "pool_size must be at least 1"),
    ("MaxPooling2D", {"pool_size": -2}, "pool_size must be at least 1"),
    ("AveragePooling2D", {"strides": 0}, "strides must be at least 1"),
    ("AveragePooling2D", {"pool_size": 2, "padding": ((2, 0), (0, 0))}, "at most half of pool"),
    ("GlobalMaxPooling2D", {"keepdims": 2}, "keepdims must be True or False"),
    ("Dense", {"units": 0}, "units must be at least 1"),
    ("Dense", {"units": 3.5}, "units must be an integer"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_refused_arguments(name, arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(layers, name)(**arguments)


REFUSED_SHAPES = [
    ("Conv2D", {"filters": 2, "kernel_size": 5}, (None, 3, 3, 8), "5x5 does not fit .* input 3x3"),
    ("Conv2D", {"filters": 2, "kernel_size": 1}, (None, 0, 3, 8), "input must not be empty"),
    ("Conv2D", {"filters": 2, "kernel_size": 1}, (None, 3, 3, 0), "input must not be empty"),
    ("Conv2D", {"filters": 2, "kernel_size": 1}, (None, 3, 8), "input must have 4 axes"),
    ("Conv2D", {"filters": 2, "kernel_size": 1}, (None, 3, 3, None), "channels must be known"),
    ("Conv2D", {"filters": 2, "kernel_size": 1, "groups": 2}, (None, 3, 3, 5), "groups must divi"),
    (
        "Conv2D",
        {"filters": 2, "kernel_size": 3, "dilation_rate": 4},
        (None, 8, 8, 1),
        r"3x3 \(dilated to 9x9\) does not fit into the padded input 8x8",
    ),
    ("Conv1D", {"filters": 2, "kernel_size": 3}, (None, 3, 3, 8), r"3 axes \(batch, steps, chan"),
    ("DepthwiseConv2D", {"kernel_size": 3}, (None, 3, 3, 0), "input must not be empty"),
    ("SeparableConv2D", {"filters": 2, "kernel_size": 4}, (None, 3, 3, 2), "does not fit"),
    (
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same", "output_padding": 0},
        (None, 3, 3, 2),
        "no output has this input",
    ),
    ("MaxPooling2D", {"pool_size": 4}, (None, 3, 3, 2), "pool_size 4x4 does not fit"),
    ("AveragePooling2D", {}, (None, 3, 0, 2), "input must not be empty"),
    ("GlobalAveragePooling2D", {}, (None, 0, 0, 2), "input must not be empty"),
    ("GlobalMaxPooling1D", {}, (None, 5, 5, 2), "input must have 3 axes"),
    ("Dense", {"units": 2}, (None, None), "last axis must have a known, positive length"),
    ("Dense", {"units": 2}, (None, 3, 0), "last axis must have a known, positive length"),
    ("Dense", {"units": 2}, (None,), "input must have at least 2 axes"),
]


@pytest.mark.parametrize(("name", "arguments", "shape", "message"), REFUSED_SHAPES)
def test_refused_shapes_leave_the_layer_unbuilt(name, arguments, shape, message):
    layer = getattr(layers, name)(name="c1", **arguments)
    with pytest.raises(ValueError, match=f"^{name} 'c1': .*{message}"):
        layer._ensure_built(shape)
        layer.output_shape(shape)
    assert layer.weights == []


def test_the_message_of_the_design():
    layer = layers.Conv2D(4, 5, name="c1")
    with pytest.raises(ValueError) as refused:
        layer.output_shape((None, 3, 3, 8))
    assert str(refused.value) == (
        "Conv2D 'c1': kernel_size 5x5 does not fit into the padded input 3x3 "
        "(input_shape (None, 3, 3, 8), padding 'valid')"
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Conv2D", {"filters": 2, "kernel_size": 1}),
        ("DepthwiseConv2D", {"kernel_size": 1}),
        ("SeparableConv2D", {"filters": 2, "kernel_size": 1}),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 1}),
    ],
)
def test_other_channels_than_the_kernels_are_refused(name, arguments):
    layer = getattr(layers, name)(**arguments)
    layer._ensure_built((None, 4, 4, 3))
    with pytest.raises(ValueError, match="input must have 3 channels"):
        layer.output_shape((None, 4, 4, 5))


def test_a_gradient_of_another_shape_is_refused(rng):
    layer = layers.Conv2D(2, 3)
    x = rng.standard_normal((1, 5, 5, 2)).astype(np.float32)
    layer(x)
    cache = layer.forward(x, True)[1]
    with pytest.raises(ValueError, match="dy must have"):
        layer.backward(np.ones((1, 4, 3, 2), np.float32), cache)
    assert not layer.kernel.grad.any()


def test_absurd_weights_are_refused_for_their_size():
    layer = layers.Conv2D(2**31 - 1, 1024)
    with pytest.raises(ValueError, match=r"kernel of shape .* would take"):
        layer.build((None, 1024, 1024, 1024))
    assert layer.weights == []


def test_two_threads_may_use_one_layer(rng):
    layer = layers.Conv2D(8, 3, padding="same", activation="relu")
    xs = [rng.standard_normal((4, 16, 16, 3)).astype(np.float32) for _ in range(8)]
    alone = [layer(x) for x in xs]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(layer, xs))
    for one, other in zip(alone, together):
        assert_array_equal(one, other)


def test_nan_goes_through(rng):
    x = rng.standard_normal((1, 5, 5, 2)).astype(np.float32)
    x[0, 2, 2, 1] = np.nan
    for layer in (layers.Conv2D(2, 3, activation="relu"), layers.MaxPooling2D(3, 1)):
        assert np.isnan(layer(x)).any()


@pytest.mark.parametrize("frozen", [False, True])
def test_large_maps_between_the_parts_of_a_separable_convolution_are_made_again(
    rng, monkeypatch, frozen
):
    layer = layers.SeparableConv2D(3, 3, padding="same", activation="tanh", dtype="float64")
    x = rng.standard_normal((2, 7, 6, 4))
    layer.build(x.shape)
    randomize(layer, rng)
    layer.trainable = not frozen

    def run(least):
        monkeypatch.setattr(recomputed, "LEAST_BYTES", least)
        for weight in layer.weights:
            weight.grad = None
        y, cache = layer.forward(x, True)
        kept = sum(a is not None and a.shape == (2, 7, 6, 4) for a in cache[0])
        dx = layer.backward(np.cos(y), cache)
        return kept, y, dx, [w.grad for w in layer.trainable_weights]

    (kept, y, dx, grads), (fewer, *again) = run(1 << 40), run(0)
    assert (kept, fewer) == (2, 1)
    assert_array_equal(again[0], y)
    assert_array_equal(again[1], dx)
    for ours, theirs in zip(again[2], grads, strict=True):
        assert_array_equal(ours, theirs)
