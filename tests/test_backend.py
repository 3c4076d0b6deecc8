"""Keras' backend: settings, functions on arrays and symbolic tensors, functions of models."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import backend as K  # noqa: N812 - as every Keras program says
from minicnn import config, layers
from minicnn.graph import Network, SymbolicTensor, engine

FUNCTIONS = {
    "abs": (K.abs, np.abs),
    "square": (K.square, np.square),
    "sqrt": (lambda x: K.sqrt(K.abs(x)), lambda x: np.sqrt(np.abs(x))),
    "exp": (K.exp, np.exp),
    "log": (lambda x: K.log(K.square(x)), lambda x: np.log(x**2)),
    "pow": (lambda x: K.pow(x, 3), lambda x: x**3),
    "clip": (lambda x: K.clip(x, -0.5, 0.5), lambda x: np.clip(x, -0.5, 0.5)),
    "maximum": (lambda x: K.maximum(x, x * 2), lambda x: np.maximum(x, x * 2)),
    "minimum": (lambda x: K.minimum(0.1, x), lambda x: np.minimum(x, 0.1)),
    "sum": (lambda x: K.sum(x, axis=1), lambda x: x.sum(axis=1)),
    "mean": (lambda x: K.mean(x, axis=[1, 2]), lambda x: x.mean(axis=(1, 2))),
    "max": (lambda x: K.max(x, -1, keepdims=True), lambda x: x.max(axis=-1, keepdims=True)),
    "min": (lambda x: K.min(x, axis=-1), lambda x: x.min(axis=-1)),
    "var": (lambda x: K.var(x, axis=1), lambda x: x.var(axis=1)),
    "std": (lambda x: K.std(x, axis=-1, keepdims=True), lambda x: x.std(axis=-1, keepdims=True)),
    "dot": (lambda x: K.dot(x, np.ones((4, 2))), lambda x: x @ np.ones((4, 2))),
    "concatenate": (lambda x: K.concatenate([x, x]), lambda x: np.concatenate([x, x], -1)),
    "reshape": (lambda x: K.reshape(x, (-1, 4, 3)), lambda x: x.reshape(-1, 4, 3)),
    "batch_flatten": (K.batch_flatten, lambda x: x.reshape(len(x), -1)),
    "expand_dims": (lambda x: K.expand_dims(x, 1), lambda x: x[:, None]),
    "expand last": (K.expand_dims, lambda x: x[..., None]),
    "squeeze": (lambda x: K.squeeze(K.expand_dims(x, 2), -2), lambda x: x),
    "permute": (lambda x: K.permute_dimensions(x, (0, 2, 1)), lambda x: x.swapaxes(1, 2)),
    "cast": (lambda x: K.cast(x, "float32"), lambda x: x.astype(np.float32)),
    "relu": (K.relu, lambda x: np.maximum(x, 0)),
    "tanh": (K.tanh, np.tanh),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_and_symbolic_tensors_compute_the_same(name, rng):
    ours, numpys = FUNCTIONS[name]
    x = rng.standard_normal((2, 3, 4))
    expected = numpys(x)
    assert_allclose(ours(x), expected, rtol=1e-6)
    symbol = SymbolicTensor((None, 3, 4), "float64")
    y = ours(symbol)
    network = Network([symbol], [y])
    (value,) = engine.forward(network, [x]).outputs
    assert_allclose(value, expected, rtol=1e-6)
    assert K.int_shape(y) == (None, *expected.shape[1:])
    assert K.ndim(y) == expected.ndim


def test_functions_of_arrays_only(rng):
    x = rng.standard_normal((2, 3))
    assert_array_equal(K.argmax(x), x.argmax(-1))
    assert_array_equal(K.argmin(x, 0), x.argmin(0))
    assert_array_equal(K.flatten(x), x.ravel())
    assert K.zeros((2, 3)).dtype == np.float32
    assert_array_equal(K.ones_like(x), np.ones((2, 3)))
    assert_array_equal(K.zeros_like(x) + K.ones((2, 3)), 1)
    assert K.cast_to_floatx([1]).dtype == np.float32


def test_settings():
    assert (K.floatx(), K.epsilon(), K.image_data_format()) == ("float32", 1e-7, "channels_last")
    assert (K.image_dim_ordering(), K.learning_phase()) == ("tf", 0)
    try:
        K.set_image_dim_ordering("th")
        assert config.image_data_format() == "channels_first"
        assert layers.ZeroPadding2D().data_format == "channels_first"
    finally:
        K.set_image_dim_ordering("tf")
    with pytest.raises(ValueError, match="must be 'tf' or 'th', got 'channels_last'"):
        K.set_image_dim_ordering("channels_last")


def test_clear_session_counts_names_anew():
    K.clear_session()
    first = layers.Flatten().name
    K.clear_session()
    assert layers.Flatten().name == first == "flatten"


def test_weights_can_be_read_and_set():
    layer = layers.BatchNormalization()
    layer.build((None, 2))
    K.set_value(layer.gamma, [3.0, 4.0])
    assert_array_equal(K.get_value(layer.gamma), [3, 4])
    K.get_value(layer.gamma)[:] = 0
    assert_array_equal(K.eval(layer.gamma), [3, 4])


def test_a_function_of_a_model_gives_intermediate_values(rng):
    inputs = layers.Input((3,))
    middle = layers.ReLU()(inputs)
    outputs = middle * 2
    x = rng.standard_normal((4, 3)).astype(np.float32)
    first, second = K.function([inputs], [middle, outputs])([x])
    assert_array_equal(first, np.maximum(x, 0))
    assert_array_equal(second, 2 * first)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: K.reshape(x, (2, -1)), "the batch axis must stay"),
        (lambda x: K.permute_dimensions(x, (1, 0, 2)), "the batch axis must stay first"),
        (lambda x: K.squeeze(x, 1), "axis 1 must have length 1, got shape"),
    ],
)
def test_the_batch_axis_stays(call, message):
    with pytest.raises(ValueError, match=message):
        call(SymbolicTensor((None, 3, 4)))
