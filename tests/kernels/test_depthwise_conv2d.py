"""Depthwise convolution: TensorFlow, the reference, laws, refusals."""

import re
from typing import NamedTuple

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn_kernels import cpu, geometry, reference
from minicnn_kernels.contracts.conv import ACTIVATIONS
from minicnn_kernels.cpu import depthwise_strips, streaming

BOTH = pytest.mark.parametrize("ops", [cpu, reference], ids=["cpu", "reference"])


class Case(NamedTuple):
    """One depthwise convolution."""

    x_shape: tuple
    w_shape: tuple
    strides: tuple
    padding: tuple
    dilations: tuple
    dtype: type

    @property
    def size(self):
        return self.x_shape[1:3]

    @property
    def geometry(self):
        return self.strides, self.padding, self.dilations

    def array(self, shape, seed, whole=False):
        rng = np.random.default_rng(seed)
        return (rng.integers(-3, 4, shape) if whole else rng.standard_normal(shape)).astype(
            self.dtype
        )


@st.composite
def cases(draw):
    axes = []
    for _ in range(2):
        kernel, stride, dilation = (draw(st.integers(1, n)) for n in (4, 3, 3))
        extent = geometry.dilated_size(kernel, dilation)
        if draw(st.booleans()):
            size = draw(st.integers(1, 9))
            pads = geometry.same_padding(size, kernel, stride, dilation)
        else:
            pads = draw(st.integers(0, 3)), draw(st.integers(0, 3))
            size = draw(st.integers(1, 9).map(lambda n, e=extent, p=pads: max(n, e - sum(p))))
        axes.append((size, kernel, stride, pads, dilation))
    size, kernel, strides, padding, dilations = zip(*axes)
    channels, multiplier = draw(st.sampled_from((1, 2, 6, 17, 33))), draw(st.integers(1, 3))
    batch = draw(st.integers(0, 2))
    dtype = draw(st.sampled_from((np.float32, np.float64)))
    x_shape, w_shape = (batch, *size, channels), (*kernel, channels, multiplier)
    return Case(x_shape, w_shape, strides, padding, dilations, dtype)


def spread(tf, w, dilations):
    """``w`` with zeros between its taps: TensorFlow has no stride together with dilation."""
    kh, kw, channels, multiplier = w.shape
    (dh, dw), rest = dilations, (channels, multiplier)
    w = tf.reshape(w, (kh, 1, kw, 1, *rest))
    w = tf.pad(w, [(0, 0), (0, dh - 1), (0, 0), (0, dw - 1), (0, 0), (0, 0)])
    return tf.reshape(w, (kh * dh, kw * dw, *rest))[: (kh - 1) * dh + 1, : (kw - 1) * dw + 1]


def tensorflow(tf, x, w, case):
    """TensorFlow's output and gradients, of every stride of one by slicing."""
    x, w = tf.constant(x), tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch((x, w))
        padded = tf.pad(x, [(0, 0), *case.padding, (0, 0)])
        y = tf.nn.depthwise_conv2d(padded, spread(tf, w, case.dilations), (1, 1, 1, 1), "VALID")
        y = y[:, :: case.strides[0], :: case.strides[1]]
    return y.numpy(), lambda dy: [g.numpy() for g in tape.gradient(y, (x, w), dy)]


@BOTH
@given(case=cases())
@settings(max_examples=40)
def test_as_tensorflow(tf, ops, case):
    x, w = case.array(case.x_shape, 0), case.array(case.w_shape, 1)
    y = ops.depthwise_conv2d_forward(None, x, w, None, *case.geometry)
    assert y.dtype == case.dtype
    dy = case.array(y.shape, 2)
    dx = ops.depthwise_conv2d_backward_input(None, dy, w, case.size, *case.geometry)
    dw = ops.depthwise_conv2d_backward_weights(None, x, dy, w.shape[:2], *case.geometry)
    assert dx.shape == x.shape and dw.shape == w.shape
    if not case.x_shape[0]:
        assert not dw.any()  # TensorFlow has no gradient of an empty batch
        return
    expected, gradients = tensorflow(tf, x, w, case)
    near = {"rtol": 1e-4, "atol": 1e-4 if case.dtype is np.float32 else 1e-10}
    np.testing.assert_allclose(y, expected, **near)
    expected_dx, expected_dw = gradients(dy)
    np.testing.assert_allclose(dx, expected_dx, **near)
    np.testing.assert_allclose(dw, expected_dw, **near)


def test_tensorflow_itself_strides_as_we_do(tf, rng):
    x = rng.standard_normal((2, 11, 12, 5)).astype(np.float32)
    w = rng.standard_normal((3, 3, 5, 2)).astype(np.float32)
    padding = tuple(geometry.same_padding(n, 3, 2, 1) for n in (11, 12))
    y = cpu.depthwise_conv2d_forward(None, x, w, None, (2, 2), padding)
    expected = tf.nn.depthwise_conv2d(x, w, (1, 2, 2, 1), "SAME")
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@given(case=cases(), activation=st.sampled_from(ACTIVATIONS))
@settings(max_examples=40)
def test_cpu_equals_reference_on_whole_numbers(case, activation):
    x, w = case.array(case.x_shape, 0, whole=True), case.array(case.w_shape, 1, whole=True)
    b = case.array(w.shape[2] * w.shape[3], 3, whole=True)
    results = []
    for ops in (cpu, reference):
        y = ops.depthwise_conv2d_forward(None, x, w, b, *case.geometry, activation)
        dy = case.array(y.shape, 2, whole=True)
        dx = ops.depthwise_conv2d_backward_input(None, dy, w, case.size, *case.geometry)
        dw = case.array(w.shape, 4, whole=True)
        ops.depthwise_conv2d_backward_weights(dw, x, dy, w.shape[:2], *case.geometry)
        both = case.array(w.shape, 4, whole=True)
        both = ops.depthwise_conv2d_backward(None, both, x, dy, w, *case.geometry)
        results.append((y, dx, dw, *both))
    for got, expected in zip(*results):
        np.testing.assert_array_equal(got, expected)


@BOTH
@given(case=cases())
@settings(max_examples=20)
def test_the_gradients_are_adjoints(ops, case):
    x, w = case.array(case.x_shape, 0), case.array(case.w_shape, 1)
    y = ops.depthwise_conv2d_forward(None, x, w, None, *case.geometry)
    dy = case.array(y.shape, 2)
    dx = ops.depthwise_conv2d_backward_input(None, dy, w, case.size, *case.geometry)
    dw = ops.depthwise_conv2d_backward_weights(None, x, dy, w.shape[:2], *case.geometry)
    close = 1e-4 * (np.abs(y * dy).sum() + np.abs(y).size + 1)
    assert abs(np.vdot(y, dy) - np.vdot(x, dx)) <= close
    assert abs(np.vdot(y, dy) - np.vdot(w, dw)) <= close


@BOTH
def test_equals_a_grouped_convolution(ops, rng):
    x, w = rng.standard_normal((2, 6, 7, 3)), rng.standard_normal((3, 2, 3, 4))
    y = ops.depthwise_conv2d_forward(None, x, w, None, (2, 1))
    expected = reference.conv2d_forward(None, x, w.reshape(3, 2, 1, 12), None, (2, 1), groups=3)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)


@BOTH
def test_nan_and_infinity_stay_in_their_channel(ops):
    x = np.ones((1, 3, 3, 20), np.float32)
    x[0, 1, 1, 3], x[0, 1, 1, 19] = np.nan, np.inf
    w = np.ones((3, 3, 20, 1), np.float32)
    y = ops.depthwise_conv2d_forward(None, x, w, None, activation="relu")[0, 0, 0]
    assert np.isnan(y[3]) and y[19] == np.inf and np.count_nonzero(y == 9) == 18


@BOTH
def test_float16_and_strided_input_and_given_outputs(ops, rng):
    x = rng.standard_normal((2, 10, 9, 8)).astype(np.float16)[:, ::-1, ::2, ::3]
    w = rng.standard_normal((3, 3, 2, 3)).astype(np.float16).transpose(0, 1, 3, 2)
    exact_x, exact_w = np.ascontiguousarray(x, np.float32), np.ascontiguousarray(w, np.float32)
    expected = reference.depthwise_conv2d_forward(None, exact_x, exact_w)
    y = np.full_like(expected, 7)
    assert ops.depthwise_conv2d_forward(y, x, w) is y
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    dx = np.full_like(exact_x, 7)
    assert ops.depthwise_conv2d_backward_input(dx, y, w, (10, 5)) is dx
    expected = reference.depthwise_conv2d_backward_input(None, y, exact_w, (10, 5))
    np.testing.assert_allclose(dx, expected, rtol=1e-4, atol=1e-4)
    dw = np.ones_like(exact_w)
    assert ops.depthwise_conv2d_backward_weights(dw, x, y, (3, 3)) is dw
    expected = reference.depthwise_conv2d_backward_weights(None, exact_x, y, (3, 3))
    np.testing.assert_allclose(dw, expected + 1, rtol=1e-4, atol=1e-4)


def sliding():
    """Cases whose window slides along the rows, one at a time or four."""
    sizes = st.tuples(st.integers(0, 2), st.integers(2, 15), st.integers(1, 7))
    columns = st.tuples(st.integers(0, 2), st.integers(0, 2))
    rows = st.tuples(st.integers(0, 1), st.integers(0, 1))
    draws = sizes, st.sampled_from((1, 7, 16, 40)), st.integers(1, 2), rows, columns
    steps = st.tuples(st.integers(1, 3), st.integers(1, 2))

    def case(size, channels, multiplier, rows, columns, strides):
        height, width = max(size[1], 3 - sum(rows)), max(size[2], 3 - sum(columns))
        x_shape, w_shape = (size[0], height, width, channels), (3, 3, channels, multiplier)
        return Case(x_shape, w_shape, strides, (rows, columns), (1, 1), np.float32)

    return st.builds(case, *draws, steps)


@given(case=sliding(), activation=st.sampled_from(ACTIVATIONS))
def test_a_sliding_window_equals_the_reference_on_whole_numbers(case, activation):
    x, w = case.array(case.x_shape, 0, whole=True), case.array(case.w_shape, 1, whole=True)
    b = case.array(w.shape[2] * w.shape[3], 3, whole=True)
    results = []
    for ops in (cpu, reference):
        y = ops.depthwise_conv2d_forward(None, x, w, b, *case.geometry, activation)
        dy = case.array(y.shape, 2, whole=True)
        dx = ops.depthwise_conv2d_backward_input(None, dy, w, case.size, *case.geometry)
        dw = ops.depthwise_conv2d_backward_weights(None, x, dy, w.shape[:2], *case.geometry)
        results.append(
            (y, dx, dw, *ops.depthwise_conv2d_backward(None, None, x, dy, w, *case[2:5]))
        )
    for got, expected in zip(*results):
        np.testing.assert_array_equal(got, expected)


@given(case=st.one_of(cases(), sliding()))
def test_both_gradients_are_those_of_each_alone(case):
    x, w = case.array(case.x_shape, 0), case.array(case.w_shape, 1)
    dy = case.array(cpu.depthwise_conv2d_forward(None, x, w, None, *case.geometry).shape, 2)
    dx, dw = cpu.depthwise_conv2d_backward(None, None, x, dy, w, *case.geometry)
    alone = cpu.depthwise_conv2d_backward_input(None, dy, w, case.size, *case.geometry)
    assert dx.tobytes() == alone.tobytes()
    alone = cpu.depthwise_conv2d_backward_weights(None, x, dy, w.shape[:2], *case.geometry)
    assert dw.tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    "channels, strides", [(64, (1, 1)), (64, (2, 2)), (68, (1, 1)), (7, (1, 1))]
)
def test_the_same_bits_stored_past_the_caches(rng, monkeypatch, channels, strides):
    x = rng.standard_normal((2, 35, 33, channels)).astype(np.float32)
    w = rng.standard_normal((3, 3, channels, 1)).astype(np.float32)
    geometry = strides, ((1, 1), (0, 1))
    monkeypatch.setattr(depthwise_strips, "MOST_BYTES", 0)
    monkeypatch.setattr(depthwise_strips, "SMALL_BYTES", 0)
    plain = cpu.depthwise_conv2d_forward(None, x, w, None, *geometry)
    monkeypatch.setattr(streaming, "LARGE", 0)
    past = cpu.depthwise_conv2d_forward(None, x, w, None, *geometry)
    assert streaming.worth(past, channels) == (channels == 64)
    assert past.tobytes() == plain.tobytes()


@pytest.mark.parametrize("channels, strides", [(19, (1, 1)), (300, (1, 2))])
def test_the_same_bits_with_one_and_two_threads(rng, channels, strides):
    x = rng.standard_normal((3, 23, 25, channels)).astype(np.float32)
    w = rng.standard_normal((3, 3, channels, 1)).astype(np.float32)
    geometry = strides, ((1, 1), (1, 1))
    results = []
    before = numba.get_num_threads()
    try:
        for count in (1, min(2, before)):
            numba.set_num_threads(count)
            y = cpu.depthwise_conv2d_forward(None, x, w, None, *geometry)
            dx = cpu.depthwise_conv2d_backward_input(None, y, w, (23, 25), *geometry)
            dw = cpu.depthwise_conv2d_backward_weights(None, x, y, (3, 3), *geometry)
            both = cpu.depthwise_conv2d_backward(None, None, x, y, w, *geometry)
            results.append((y, dx, dw, *both))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results):
        assert one.tobytes() == two.tobytes()
    expected = reference.depthwise_conv2d_backward_weights(
        None, x, results[0][0], (3, 3), *geometry
    )
    np.testing.assert_allclose(results[0][2], expected, rtol=1e-3, atol=1e-2)


X, W = np.zeros((2, 5, 5, 3), np.float32), np.zeros((3, 3, 3, 2), np.float32)
REFUSED = [
    ("x must have channels", {"x": X[..., :0]}),
    ("w must not be empty", {"w": W[..., :0]}),
    ("w must not be empty", {"w": W[:0]}),
    ("w must have 3 channels", {"w": W[:, :, :2]}),
    ("w must have 4 axes", {"w": W[0]}),
    ("b must have shape (6,)", {"b": np.zeros(3, np.float32)}),
    ("arrays must share one dtype", {"w": W.astype(float)}),
    ("strides must be at least 1", {"strides": (0, 1)}),
    ("dilations must be at least 1", {"dilations": (1, -1)}),
    ("padding must be at least 0", {"padding": ((0, -1), (0, 0))}),
    ("kernel 5x3 does not fit into the padded input 4x5", {"x": X[:, :4], "dilations": (2, 1)}),
    ("x must have height, width and channels", {"x": X[:, :0], "padding": ((2, 2), (0, 0))}),
    ("activation must be one of", {"activation": "tanh"}),
    ("y must have shape (2, 3, 3, 6)", {"y": np.zeros((2, 3, 3, 3), np.float32)}),
]


@BOTH
@pytest.mark.parametrize("message, change", REFUSED)
def test_forward_refuses(ops, message, change):
    match = "depthwise_conv2d_forward: " + re.escape(message)
    with pytest.raises((ValueError, TypeError), match=match):
        ops.depthwise_conv2d_forward(**{"y": None, "x": X, "w": W, **change})


@BOTH
def test_backward_refuses(ops):
    dy = np.zeros((2, 3, 3, 6), np.float32)
    with pytest.raises(ValueError, match="dy must have the output's shape"):
        ops.depthwise_conv2d_backward_input(None, dy[:, :2], W, (5, 5))
    with pytest.raises(ValueError, match="dy must have the output's shape"):
        ops.depthwise_conv2d_backward_input(None, dy[..., :3], W, (5, 5))
    with pytest.raises(ValueError, match="input_size must be at least 1"):
        ops.depthwise_conv2d_backward_input(None, dy, W, (-5, 5))
    with pytest.raises(ValueError, match="dy must have a multiple of x's 3 channels"):
        ops.depthwise_conv2d_backward_weights(None, X, dy[..., :5], (3, 3))
    with pytest.raises(TypeError, match="kernel_size must be 2 integers"):
        ops.depthwise_conv2d_backward_weights(None, X, dy, 3)
    with pytest.raises(ValueError, match="dw must have shape"):
        ops.depthwise_conv2d_backward_weights(W[..., :1], X, dy, (3, 3))
    dw = np.zeros_like(W)
    with pytest.raises(ValueError, match="depthwise_conv2d_backward: dy must have the output's"):
        ops.depthwise_conv2d_backward(None, dw, X, dy[:, :2], W)
    with pytest.raises(ValueError, match="depthwise_conv2d_backward: w must have 3 channels"):
        ops.depthwise_conv2d_backward(None, dw, X, dy, W[:, :, :2])
    with pytest.raises(ValueError, match="depthwise_conv2d_backward: dw must not overlap"):
        ops.depthwise_conv2d_backward(None, W, X, dy, W)
    with pytest.raises(ValueError, match="depthwise_conv2d_backward: dx must have shape"):
        ops.depthwise_conv2d_backward(dy, dw, X, dy, W)
