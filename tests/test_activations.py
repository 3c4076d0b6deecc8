"""Activations: values and gradients as Keras', on arrays, in layers, composed and traced."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import activations, layers, models

X = np.array([[-7.0, -2.5, -1.0, -0.2], [0.3, 1.0, 2.9, 8.0]])
LIKE_KERAS = [
    *("linear", "relu", "leaky_relu", "relu6", "elu", "selu", "sigmoid", "hard_sigmoid"),
    *("tanh", "softplus", "softsign", "exponential", "silu", "swish", "gelu", "mish"),
    *("hard_silu", "hard_swish", "log_sigmoid", "softmax", "log_softmax"),
]


@pytest.mark.parametrize("name", LIKE_KERAS)
def test_equals_keras(tf, name, rng):
    """Tolerance 1e-7: Keras' own gelu has float32 constants."""
    x = tf.constant(X)
    dy = rng.standard_normal(X.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = tf.keras.activations.get(name)(x)
    slope = tape.gradient(expected, x, output_gradients=tf.constant(dy))
    activation = activations.get(name)
    z, given = X.copy(), dy.copy()
    y, cache = activation.forward(z)
    dz = activation.backward(given, cache)
    assert_allclose(y, expected.numpy(), rtol=1e-7, atol=1e-8)
    assert_allclose(dz, slope.numpy(), rtol=1e-7, atol=1e-8)
    assert_array_equal(z, X)
    assert_array_equal(given, dy)
    assert_allclose(activations.get(name)(X), y, rtol=1e-12)
    in_place, cache = activation.forward(X.copy(), in_place=True)
    assert_array_equal(in_place, y)
    assert_array_equal(activation.backward(dy, cache), dz)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("relu", {"negative_slope": 0.1, "max_value": 2.0, "threshold": 0.5}),
        ("leaky_relu", {"negative_slope": 0.05}),
        ("elu", {"alpha": 0.5}),
        ("gelu", {"approximate": True}),
        ("softmax", {"axis": 0}),
        ("log_softmax", {"axis": 0}),
    ],
)
def test_parameters_equal_keras(tf, name, arguments):
    mine = getattr(activations, name)(X, **arguments)
    theirs = getattr(tf.keras.activations, name)(tf.constant(X), **arguments)
    assert_allclose(mine, theirs.numpy(), rtol=1e-7, atol=1e-8)


def test_scaled_tanh_is_lecuns():
    assert_allclose(activations.scaled_tanh(X), 1.7159 * np.tanh(2 / 3 * X), rtol=1e-12)


def test_lists_scalars_and_integers_become_floats():
    assert_array_equal(activations.relu([-1, 2]), np.float32([0, 2]))
    assert activations.relu(-3.0).shape == ()
    assert activations.relu(np.arange(3)).dtype == np.float32


def test_softmax_along_any_axis_of_any_rank(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    for axis in (-1, 1, 2, 3):
        y = activations.softmax(x, axis=axis)
        assert_allclose(y.sum(axis), 1, rtol=1e-12)
        shifted = np.exp(x - x.max(axis, keepdims=True))
        assert_allclose(y, shifted / shifted.sum(axis, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("name", activations.registry.names())
def test_names_and_functions_mean_the_same(name):
    activation = activations.get(name)
    assert activations.get(activation) is activation
    assert activations.get(activations.registry.find(name)).name == activation.name
    assert activations.deserialize(activations.serialize(activation)).name == activation.name


def test_on_symbolic_tensors_a_node_is_added():
    x = layers.Input((4,))
    model = models.Model(x, activations.relu(x, max_value=1.0))
    assert_array_equal(model(np.float32([[-1, 0.5, 2, 3]])), np.float32([[0, 0.5, 1, 1]]))


def test_a_composition_is_traced(rng):
    def gated(x):
        return x * activations.sigmoid(x)

    layer = layers.Dense(3, activation=gated, dtype="float64")
    twin = layers.Dense(3, activation="silu", dtype="float64")
    x = rng.standard_normal((4, 5))
    layer(x), twin(x)
    twin.set_weights(layer.get_weights())
    (y, cache), (expected, its_cache) = layer.forward(x, True), twin.forward(x, True)
    assert_allclose(y, expected, rtol=1e-12)
    dy = rng.standard_normal(y.shape)
    assert_allclose(layer.backward(dy, cache), twin.backward(dy, its_cache), rtol=1e-10)
    assert_allclose(layer.kernel.grad, twin.kernel.grad, rtol=1e-10)


def test_a_layer_may_stand_as_activation(rng):
    layer = layers.Conv2D(2, 3, activation=layers.LeakyReLU(0.3))
    twin = layers.Conv2D.from_config(layer.get_config())
    x = rng.standard_normal((1, 5, 5, 2)).astype(np.float32)
    y = layer(x)
    twin(x)
    twin.set_weights(layer.get_weights())
    assert y.min() < 0
    assert_array_equal(twin(x), y)


def test_an_activation_of_ones_own():
    class Square(activations.Activation):
        def forward(self, z, in_place=False):
            return z * z, z

        def backward(self, dy, cache):
            return 2 * cache * dy

    layer = layers.Dense(1, activation=Square("square"), kernel_initializer="ones")
    x = np.float32([[1, 2]])
    layer(x)
    y, cache = layer.forward(x, True)
    assert y.tolist() == [[9]]
    assert layer.backward(np.float32([[1]]), cache).tolist() == [[6, 6]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: activations.get("rleu"), "no activation is called 'rleu'; did you mean 'relu'"),
        (lambda: activations.get(7), "must be a name or a function"),
        (lambda: activations.relu(X, max_value=-1.0), "max_value must not be negative"),
        (lambda: activations.relu(np.array(["a"])), "must be real numbers"),
        (lambda: activations.softmax(X, axis=2), "axis 2 is not among those of"),
        (lambda: layers.Dense(2, activation=lambda x: 3.0)(X), "must compose layers"),
        (lambda: layers.Dense(2, activation=layers.PReLU())(X), "has weights, so it must be"),
        (lambda: layers.Dense(2, activation=layers.Dense(3))(X), "must keep the shape"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
