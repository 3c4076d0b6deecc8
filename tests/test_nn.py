"""Functions under TensorFlow's names against TensorFlow: arrays, symbolic tensors, refusals."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import nn
from minicnn.graph import Network, SymbolicTensor, engine

NEAR = {"rtol": 1e-4, "atol": 1e-5}


def draw(rng, *shape, dtype=np.float32):
    return rng.standard_normal(shape).astype(dtype)


PADDINGS = ["SAME", "VALID", "same", [[0, 0], [2, 1], [0, 3], [0, 0]]]


@pytest.mark.parametrize("padding", PADDINGS, ids=str)
@pytest.mark.parametrize("strides", [1, [2, 1], [1, 2, 2, 1]], ids=str)
def test_conv2d_is_that_of_tensorflow(tf, rng, padding, strides):
    x, w = draw(rng, 2, 9, 8, 3), draw(rng, 3, 2, 3, 4)
    given = padding if isinstance(padding, list) else padding.upper()
    assert_allclose(nn.conv2d(x, w, strides, padding), tf.nn.conv2d(x, w, strides, given), **NEAR)


def test_more_arguments_of_conv2d(tf, rng):
    x = draw(rng, 2, 9, 8, 6)
    w = draw(rng, 3, 3, 2, 9)  # three groups
    ours = nn.conv2d(x, w, 1, "SAME", dilations=[1, 2, 1, 1])
    assert_allclose(ours, tf.nn.conv2d(x, w, 1, "SAME", dilations=[1, 2, 1, 1]), **NEAR)
    turned = nn.conv2d(np.moveaxis(x, -1, 1), w, [1, 1, 2, 2], "VALID", data_format="NCHW")
    assert_allclose(np.moveaxis(turned, 1, -1), tf.nn.conv2d(x, w, 2, "VALID"), **NEAR)


def test_the_other_convolutions(tf, rng):
    x, w = draw(rng, 2, 9, 3), draw(rng, 4, 3, 5)
    assert_allclose(nn.conv1d(x, w, 2, "SAME"), tf.nn.conv1d(x, w, 2, "SAME"), **NEAR)
    x, w = draw(rng, 2, 5, 4, 6, 3), draw(rng, 2, 3, 2, 3, 4)
    expected = tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME")
    assert_allclose(nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME"), expected, **NEAR)
    x, w, p = draw(rng, 2, 6, 7, 3), draw(rng, 3, 2, 3, 2), draw(rng, 1, 1, 6, 5)
    expected = tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "SAME")
    assert_allclose(nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "SAME"), expected, **NEAR)
    expected = tf.nn.separable_conv2d(x, w, p, [1, 1, 1, 1], "VALID")
    assert_allclose(nn.separable_conv2d(x, w, p, 1, "VALID"), expected, **NEAR)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("size", [9, 10])
def test_conv2d_transpose(tf, rng, padding, size):
    height = 5 if padding == "SAME" else 4
    x, w = draw(rng, 2, height, height, 3), draw(rng, 3, 3, 4, 3)
    shape = [2, size, size, 4]
    expected = tf.nn.conv2d_transpose(x, w, shape, 2, padding)
    assert_allclose(nn.conv2d_transpose(x, w, shape, 2, padding), expected, **NEAR)
    assert_allclose(nn.conv2d_transpose(x, w, [size, size], 2, padding), expected, **NEAR)


@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
@pytest.mark.parametrize(
    ("ksize", "strides", "padding"),
    [(2, 2, "VALID"), ([3, 2], 1, "SAME"), ([1, 3, 3, 1], [1, 2, 2, 1], "same")],
)
def test_pooling_over_space(tf, rng, name, ksize, strides, padding):
    x = draw(rng, 2, 7, 6, 3)
    expected = getattr(tf.nn, name)(x, ksize, strides, padding.upper())
    assert_allclose(getattr(nn, name)(x, ksize, strides, padding), expected, **NEAR)


def test_pooling_over_depth(tf, rng):
    x = draw(rng, 2, 4, 5, 6)
    expected = tf.nn.max_pool(x, [1, 1, 1, 3], [1, 1, 1, 3], "VALID")
    assert_allclose(nn.max_pool(x, [1, 1, 1, 3], [1, 1, 1, 3], "VALID"), expected)
    both = nn.max_pool(x, [1, 2, 2, 3], [1, 2, 2, 3], "VALID")
    assert_allclose(both, x[:, :, :4].reshape(2, 2, 2, 2, 2, 2, 3).max(axis=(2, 4, 6)))
    mean = nn.avg_pool(x, [1, 1, 1, 2], [1, 1, 1, 2], "VALID")
    assert_allclose(mean, x.reshape(2, 4, 5, 3, 2).mean(axis=-1), **NEAR)


@pytest.mark.parametrize("shape", [(2, 7, 3), (2, 4, 5, 4, 3)])
def test_pooling_over_other_ranks(tf, rng, shape):
    x = draw(rng, *shape)
    assert_allclose(nn.max_pool(x, 2, 2, "SAME"), tf.nn.max_pool(x, 2, 2, "SAME"))


ELEMENTWISE = ("relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softmax")
ELEMENTWISE += ("log_softmax", "softplus", "softsign", "silu", "swish", "gelu", "l2_loss")


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_functions_of_one_tensor(tf, rng, name):
    x = draw(rng, 3, 4, 5)
    assert_allclose(getattr(nn, name)(x), getattr(tf.nn, name)(x), **NEAR)


def test_statistics_and_normalization(tf, rng):
    x = draw(rng, 3, 4, 5, 6)
    for keepdims in (False, True):
        ours, theirs = (f.moments(x, [0, 1, 2], keepdims=keepdims) for f in (nn, tf.nn))
        for mine, peer in zip(ours, theirs):
            assert_allclose(mine, peer, **NEAR)
    mean, offset, scale = draw(rng, 3, 6)
    variance = np.abs(draw(rng, 6)) + 0.1
    for b, g in ((offset, scale), (None, scale), (offset, None), (None, None)):
        expected = tf.nn.batch_normalization(x, mean, variance, b, g, 1e-3)
        assert_allclose(nn.batch_normalization(x, mean, variance, b, g, 1e-3), expected, **NEAR)
    assert_allclose(nn.bias_add(x, offset), tf.nn.bias_add(x, offset), **NEAR)
    turned = nn.bias_add(np.moveaxis(x, -1, 1), offset, "NCHW")
    assert_allclose(np.moveaxis(turned, 1, -1), tf.nn.bias_add(x, offset), **NEAR)
    assert_allclose(nn.l2_normalize(x, 1), tf.nn.l2_normalize(x, 1), **NEAR)
    assert nn.zero_fraction([0, 1, 0, 0]) == 0.75


def test_local_response_normalization(tf, rng):
    x = draw(rng, 2, 3, 4, 13)
    arguments = {"depth_radius": 2, "bias": 1, "alpha": 0.00002, "beta": 0.75}
    expected = tf.nn.local_response_normalization(x, **arguments)
    assert_allclose(nn.local_response_normalization(x, **arguments), expected, **NEAR)
    assert_allclose(nn.lrn(x), tf.nn.lrn(x), **NEAR)


def test_dropout_always_drops():
    x = np.ones((50, 40), np.float32)
    y = nn.dropout(x, 0.25, seed=3)
    assert 0.6 < (y != 0).mean() < 0.9
    tensor = SymbolicTensor((None, 40))
    network = Network([tensor], [nn.dropout(tensor, 0.25, seed=3)])
    assert_array_equal(engine.forward(network, [x], training=False).outputs[0], y)


X = {"nhwc": (None, 6, 7, 4), "w": (3, 2, 4, 5), "d": (3, 2, 4, 2), "t": (3, 3, 2, 4)}
GRAPHS = {
    "conv2d": (lambda f, x, w: f.conv2d(x, w, [1, 2], "SAME"), "w"),
    "depthwise_conv2d": (lambda f, x, w: f.depthwise_conv2d(x, w, [1, 1, 1, 1], "VALID"), "d"),
    "conv2d_transpose": (lambda f, x, w: f.conv2d_transpose(x, w, [2, 12, 14, 2], 2), "t"),
}


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_of_input_and_filters(tf, rng, name, constant):
    function, kind = GRAPHS[name]
    x, w = draw(rng, 2, *X["nhwc"][1:], dtype=float), draw(rng, *X[kind], dtype=float)
    inputs = [SymbolicTensor(X["nhwc"], "float64"), SymbolicTensor(X[kind], "float64")]
    inputs, arrays = (inputs[:1], [x]) if constant else (inputs, [x, w])
    network = Network(inputs, [function(nn, inputs[0], w if constant else inputs[1])])
    node = network.nodes[-1]
    node.layer = type(node.layer).from_config(json.loads(json.dumps(node.layer.get_config())))
    run = engine.forward(network, arrays, record=True)
    tensors = [tf.constant(x), tf.constant(w)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        expected = function(tf.nn, *tensors)
        dy = rng.standard_normal(expected.shape)
        total = tf.reduce_sum(expected * dy)
    assert_allclose(run.outputs[0], expected, rtol=1e-9, atol=1e-11)
    dxs = engine.backward(network, run, [dy], wants_inputs=True)
    for dx, gradient in zip(dxs, tape.gradient(total, tensors)):
        assert_allclose(dx, gradient, rtol=1e-9, atol=1e-11)


COMPOSED = {
    "batch_normalization": lambda f, x: f.batch_normalization(
        x, *f.moments(x, [0, 1, 2]), np.ones(4), np.full(4, 2.0), 1e-3
    ),
    "bias_add": lambda f, x: f.bias_add(x, np.arange(4.0)),
    "max_pool": lambda f, x: f.max_pool(x, 2, [1, 2, 1, 1], "SAME"),
    "avg_pool": lambda f, x: f.avg_pool(x, 2, 2, "SAME"),
    "l2_loss": lambda f, x: f.l2_loss(x),
    "l2_normalize": lambda f, x: f.l2_normalize(x, -1),
    "softmax": lambda f, x: f.softmax(f.relu(x) * f.sigmoid(x) + f.tanh(x)),
    "leaky_relu": lambda f, x: f.leaky_relu(x, 0.25),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_symbolic_tensors_compute_and_go_backward_as_in_tensorflow(tf, rng, name):
    function = COMPOSED[name]
    x = draw(rng, 2, 6, 7, 4, dtype=float)
    symbol = SymbolicTensor(X["nhwc"], "float64")
    network = Network([symbol], [function(nn, symbol)])
    run = engine.forward(network, [x], record=True)
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = function(tf.nn, tensor)
        dy = np.asarray(rng.standard_normal(expected.shape))
        total = tf.reduce_sum(expected * dy)
    assert_allclose(run.outputs[0], expected, rtol=1e-9, atol=1e-11)
    assert_allclose(function(nn, x), expected, rtol=1e-9, atol=1e-11)
    (dx,) = engine.backward(network, run, [dy], wants_inputs=True)
    assert_allclose(dx, tape.gradient(total, tensor), rtol=1e-8, atol=1e-10)


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["SAME", "VALID"]),
)
def test_symbolic_shapes_are_those_of_arrays(size, kernel, strides, padding):
    if padding == "VALID" and any(k > n for k, n in zip(kernel, size)):
        return
    x, w = np.ones((2, *size, 2), np.float32), np.ones((*kernel, 2, 3), np.float32)
    symbol = SymbolicTensor((None, *size, 2))
    assert (
        nn.conv2d(symbol, w, strides, padding).shape[1:]
        == nn.conv2d(x, w, strides, padding).shape[1:]
    )


def test_dtypes():
    x, w = np.ones((1, 3, 3, 1), np.float16), np.ones((2, 2, 1, 1), np.float16)
    assert nn.conv2d(x, w, 1, "VALID").dtype == np.float32
    lists = [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]
    y = nn.conv2d(x.astype(np.float64), lists, 1, "VALID")
    assert y.dtype == np.float64 and y[0, 0, 0, 0] == 10


@pytest.mark.parametrize("shape", [(0, 5, 5, 2)])
def test_an_empty_batch(shape):
    x = np.zeros(shape, np.float32)
    assert nn.conv2d(x, np.ones((3, 3, 2, 4), np.float32), 1, "VALID").shape == (0, 3, 3, 4)
    assert nn.max_pool(x, 2, 2, "VALID").shape == (0, 2, 2, 2)


I = np.ones((1, 5, 5, 2), np.float32)
K = np.ones((3, 3, 2, 4), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.conv2d(I, K, [2, 1, 1, 1], "SAME"),
            ValueError,
            "conv2d: strides must be 1 on the batch",
        ),
        (
            lambda: nn.conv2d(I, K, [1, 1, 1, 2], "SAME"),
            ValueError,
            "conv2d: strides must be 1 on the channels",
        ),
        (
            lambda: nn.conv2d(I, K, [1, 1, 1], "SAME"),
            ValueError,
            "strides must have 1, 2 or 4 entries",
        ),
        (lambda: nn.conv2d(I, K, 0, "SAME"), ValueError, "conv2d: strides must be at least 1"),
        (lambda: nn.conv2d(I, K, 1.5, "SAME"), TypeError, "conv2d: strides must be an integer"),
        (
            lambda: nn.conv2d(I, K, 1, "SAME", dilations=-1),
            ValueError,
            "dilations must be at least",
        ),
        (
            lambda: nn.conv2d(I, K, 1, "FULL"),
            ValueError,
            "padding must be 'SAME', 'VALID' or pairs",
        ),
        (lambda: nn.conv2d(I, K, 1, [[0, 0]] * 3), ValueError, "padding must have 2 or 4 pairs"),
        (lambda: nn.conv2d(I, K, 1, [[0, 0], [1, -1], [0, 0], [0, 0]]), ValueError, "padding"),
        (
            lambda: nn.conv2d(I, K, 1, [[1, 0], [0, 0], [0, 0], [0, 0]]),
            ValueError,
            "0 on batch and channels",
        ),
        (
            lambda: nn.conv2d(I, K, 1, [[1, 1], [1, 1], [1, 1], [1, 1]]),
            ValueError,
            "0 on batch and channels",
        ),
        (
            lambda: nn.conv2d(I, K, 1, "SAME", data_format="CHWN"),
            ValueError,
            "data_format must be one of",
        ),
        (lambda: nn.conv2d(I, K[0], 1, "SAME"), ValueError, "filters must have 4 axes"),
        (lambda: nn.conv2d(I[0], K, 1, "SAME"), ValueError, "input must have 4 axes"),
        (
            lambda: nn.conv2d(I, K[:, :, :0], 1, "SAME"),
            ValueError,
            "filters must have 4 axes, none empty",
        ),
        (
            lambda: nn.conv2d(I, np.ones((3, 3, 3, 4), np.float32), 1, "SAME"),
            ValueError,
            "input channels",
        ),
        (
            lambda: nn.conv2d(I, np.ones((7, 7, 2, 4), np.float32), 1, "VALID"),
            ValueError,
            "7x7 does not fit",
        ),
        (lambda: nn.conv2d(I[:, :0], K, 1, "SAME"), ValueError, "must not be empty"),
        (
            lambda: nn.conv2d(I, K.astype(float), 1, "SAME"),
            TypeError,
            "share one dtype, got input float32, filters",
        ),
        (
            lambda: nn.conv2d(I.astype(int), K, 1, "SAME"),
            TypeError,
            "input must be float16, float32 or float64, got int",
        ),
        (lambda: nn.conv2d(I, K.astype(complex), 1, "SAME"), TypeError, "filters must be float16"),
        (lambda: nn.conv2d(I, "kernel", 1, "SAME"), TypeError, "filters must be real numbers"),
        (lambda: nn.conv2d(I, [[1.0], [1.0, 2.0]], 1, "SAME"), ValueError, "ragged"),
        (
            lambda: nn.depthwise_conv2d(I, np.ones((3, 3, 3, 1), np.float32), 1, "SAME"),
            ValueError,
            "the input's channels",
        ),
        (
            lambda: nn.separable_conv2d(I, K, K, 1, "SAME"),
            ValueError,
            "pointwise_filter must have shape",
        ),
        (
            lambda: nn.conv2d_transpose(I, np.ones((3, 3, 4, 2), np.float32), [1, 12, 12, 4], 2),
            ValueError,
            "no convolution of size",
        ),
        (
            lambda: nn.conv2d_transpose(I, np.ones((3, 3, 4, 2), np.float32), [1, 10, 10, 3], 2),
            ValueError,
            "output_shape",
        ),
        (
            lambda: nn.conv2d_transpose(I, np.ones((3, 3, 4, 2), np.float32), [10], 2),
            ValueError,
            "2 or 4 entries",
        ),
        (lambda: nn.max_pool(I, 0, 1, "VALID"), ValueError, "max_pool: ksize must be at least 1"),
        (lambda: nn.max_pool(I, 6, 1, "VALID"), ValueError, "pool_size 6x6 does not fit"),
        (
            lambda: nn.max_pool(I, [2, 1, 1, 1], 1, "VALID"),
            ValueError,
            "ksize must be 1 on the batch",
        ),
        (
            lambda: nn.max_pool(I, [1, 1, 1, 3], [1, 1, 1, 3], "VALID"),
            ValueError,
            "pool_size 3 does not fit into 2",
        ),
        (lambda: nn.max_pool(I[0, 0], 2, 2, "VALID"), ValueError, "input must have 3 to 5 axes"),
        (
            lambda: nn.bias_add(I, np.ones(1, np.float32)),
            ValueError,
            r"bias must have shape \(2,\), got \(1,\)",
        ),
        (lambda: nn.bias_add(I, np.ones((1, 2), np.float32)), ValueError, "bias must have shape"),
        (
            lambda: nn.batch_normalization(I, np.ones(3, "f"), np.ones(2, "f"), None, None, 0.1),
            ValueError,
            "batch_normalization: mean",
        ),
        (
            lambda: nn.batch_normalization(I, 0.0, 1.0, np.ones((2, 1, 1, 1), "f"), None, 0.1),
            ValueError,
            "offset must broadcast",
        ),
        (
            lambda: nn.batch_normalization(I, 0.0, 1.0, None, None, -1),
            ValueError,
            "variance_epsilon must be",
        ),
        (lambda: nn.dropout(I, 1.0), ValueError, r"rate must be in \[0, 1\)"),
        (lambda: nn.lrn(I, depth_radius=-1), ValueError, "depth_radius must be at least 0"),
        (lambda: nn.lrn(I[0]), ValueError, "input must have 4 axes"),
    ],
)
def test_nonsense_is_refused_in_one_line(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
