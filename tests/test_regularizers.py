"""Regularizers: values as Keras', gradients as the slopes, activity penalties."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minicnn import layers, regularizers

MADE = [
    regularizers.L1(0.3),
    regularizers.L2(0.2),
    regularizers.L1L2(l1=0.1, l2=0.4),
    regularizers.l1_l2(),
    regularizers.OrthogonalRegularizer(0.5),
    regularizers.OrthogonalRegularizer(0.5, mode="columns"),
]


@pytest.mark.parametrize("regularizer", MADE, ids=repr)
def test_value_equals_keras(tf_keras, regularizer, rng):
    peer = getattr(tf_keras.regularizers, type(regularizer).__name__)(**regularizer.get_config())
    w = rng.standard_normal((5, 4)).astype(np.float32)
    assert_allclose(regularizer(w), float(peer(tf_keras.ops.convert_to_tensor(w))), rtol=1e-5)


@pytest.mark.parametrize("regularizer", MADE, ids=repr)
def test_gradient_is_the_slope(regularizer, rng):
    w, direction = rng.standard_normal((2, 5, 4))
    h = 1e-6
    slope = (regularizer(w + h * direction) - regularizer(w - h * direction)) / (2 * h)
    assert_allclose(np.vdot(regularizer.gradient(w), direction), slope, rtol=1e-6)
    assert regularizer.gradient(w.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("regularizer", MADE, ids=repr)
def test_config_round_trip(regularizer):
    config = json.loads(json.dumps(regularizers.serialize(regularizer)))
    assert regularizers.deserialize(config).get_config() == regularizer.get_config()


def test_names():
    assert regularizers.get(None) is None
    assert regularizers.get("l2").l2 == 0.01
    assert regularizers.get("l1").get_config() == {"l1": 0.01}
    assert regularizers.get("l1_l2").get_config() == {"l1": 0.01, "l2": 0.01}
    assert isinstance(regularizers.get(regularizers.L2), regularizers.L2)


def test_weight_penalties_are_the_layers_losses(rng):
    layer = layers.Dense(3, kernel_regularizer="l2", bias_regularizer=regularizers.L1(0.5))
    layer(rng.standard_normal((2, 4)))
    layer.bias.assign([1, -2, 3])
    kernel = layer.kernel.numpy().astype(float)
    assert_allclose(layer.losses, [0.01 * np.sum(kernel**2), 3.0], rtol=1e-6)


def test_activity_penalty_equals_keras(tf, rng):
    arguments = {"units": 3, "activation": "tanh", "activity_regularizer": "l2", "dtype": "float64"}
    layer, peer = layers.Dense(**arguments), tf.keras.layers.Dense(**arguments)
    x = rng.standard_normal((4, 5))
    layer(x)
    peer.build((None, 5))
    peer.set_weights(layer.get_weights())
    with tf.GradientTape() as tape:
        peer(tf.constant(x))
        penalty = peer.losses[0]
    expected = tape.gradient(penalty, peer.trainable_variables)

    with regularizers.activity_penalties() as penalties:
        y, cache = layer.forward(x, True)
    layer.backward(np.zeros_like(y), cache)
    assert_allclose(penalties, [float(penalty)], rtol=1e-6)
    for weight, gradient in zip(layer.weights, expected):
        assert_allclose(weight.grad, gradient.numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: regularizers.get("l3"), "no regularizer is called 'l3'"),
        (lambda: regularizers.L2(-1), "l2 must be finite and not negative, got -1"),
        (lambda: regularizers.L1(np.nan), "l1 must be finite"),
        (lambda: regularizers.L1("a"), "l1 must be a number"),
        (lambda: regularizers.OrthogonalRegularizer(mode="all"), "mode must be 'rows' or"),
        (lambda: regularizers.OrthogonalRegularizer()(np.zeros(3)), "w must have 2 axes"),
        (lambda: regularizers.get(lambda w: 0.0), "with __call__.w. and gradient.w."),
        (lambda: regularizers.Regularizer().gradient(np.zeros(3)), "must define gradient"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
