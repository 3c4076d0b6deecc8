"""Batch, layer and unit normalization, and the fixed affine maps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

INFERENCE = [
    case("BatchNormalization", (3, 4, 5, 6)),
    case("BatchNormalization", (5, 3), epsilon=0.1),
    case("BatchNormalization", (3, 4, 5, 6), axis=1),
    case("BatchNormalization", (3, 4, 5, 6), center=False),
    case("BatchNormalization", (3, 4, 5, 6), scale=False),
]
TRAINING = [case(c.name, c.shape, training=True, **c.arguments) for c in INFERENCE]
OTHERS = [
    case("LayerNormalization", (3, 4, 5)),
    case("LayerNormalization", (3, 4, 5), axis=[1, 2], epsilon=0.1),
    case("LayerNormalization", (3, 4, 5), axis=1, center=False),
    case("LayerNormalization", (3, 4, 5), scale=False),
    case("UnitNormalization", (3, 4, 5)),
    case("UnitNormalization", (3, 4, 5), axis=[1, 2]),
    case("Rescaling", (3, 4), scale=0.125, offset=-1),
    case("Rescaling", (3, 2), scale=[2.0, 3.0], offset=[1.0, -1.0]),
    case("Normalization", (3, 4, 2), mean=[1.0, -2.0], variance=[4.0, 0.5]),
    case("Normalization", (3, 4, 2), axis=None, mean=1.0, variance=4.0),
]
CASES = INFERENCE + TRAINING + OTHERS


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_keras(tf, case, dtype, rng):
    checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)


@pytest.mark.parametrize("case", INFERENCE + TRAINING, ids=str)
def test_frozen(case, rng):
    checks.check_frozen(case, rng)


def test_moving_statistics_follow_as_in_keras(tf, rng):
    ours = layers.BatchNormalization(momentum=0.7)
    theirs = tf.keras.layers.BatchNormalization(momentum=0.7)
    for _ in range(3):
        x = rng.standard_normal((4, 3, 3, 2)).astype(np.float32) * 3 + 1
        y = ours(x, training=True)
        assert_allclose(y, theirs(x, training=True), rtol=1e-4, atol=1e-5)
    for mine, peer in zip(ours.get_weights(), theirs.get_weights()):
        assert_allclose(mine, peer, rtol=1e-4, atol=1e-5)


def test_a_frozen_layer_infers_even_in_training(rng):
    layer = layers.BatchNormalization()
    x = rng.standard_normal((4, 3)).astype(np.float32) + 5
    expected = layer(x)
    layer.trainable = False
    before = layer.get_weights()
    assert_array_equal(layer(x, training=True), expected)
    for weight, kept in zip(layer.get_weights(), before):
        assert_array_equal(weight, kept)


def test_weights_come_in_keras_order():
    layer = layers.BatchNormalization()
    layer(np.zeros((1, 3)))
    names = ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [weight.name for weight in layer.weights] == names
    assert [weight.name for weight in layer.trainable_weights] == names[:2]


def test_an_empty_batch():
    layer = layers.BatchNormalization(name="b")
    x = np.zeros((0, 4, 4, 3), np.float32)
    assert layer(x).shape == x.shape
    with pytest.raises(ValueError, match="BatchNormalization 'b': training needs a batch"):
        layer(x, training=True)


@pytest.mark.parametrize(
    ("arguments", "shape", "error", "message"),
    [
        ({"axis": 0}, (None, 3), ValueError, "but the batch's, got 0"),
        ({"axis": 2}, (None, 3), ValueError, "axis must name one of 2 axes"),
        ({"axis": [1, 2]}, (None, 3, 3), TypeError, "axis must be an integer"),
        ({}, (None, 3, None), ValueError, "must have a known length"),
        ({}, (None, 3, 0), ValueError, "must have a known length of at least 1"),
        ({"epsilon": -1e-3}, (None, 3), ValueError, "epsilon must be in"),
        ({"epsilon": float("nan")}, (None, 3), ValueError, "epsilon must be in"),
        ({"momentum": 1.5}, (None, 3), ValueError, r"momentum must be in \[0, 1\], got 1.5"),
        ({"momentum": "high"}, (None, 3), TypeError, "momentum must be a number"),
    ],
)
def test_bad_arguments_are_refused(arguments, shape, error, message):
    with pytest.raises(error, match=message):
        layers.BatchNormalization(**arguments).build(shape)


def test_another_number_of_channels_is_refused():
    layer = layers.BatchNormalization(name="b")
    layer(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="BatchNormalization 'b': axis -1 must have length 3"):
        layer(np.zeros((1, 4)))


def test_normalization_adapts(tf, rng):
    x = rng.uniform(0, 255, (20, 4, 3)).astype(np.float32)
    ours, theirs = layers.Normalization(), tf.keras.layers.Normalization()
    ours.adapt(x)
    theirs.adapt(x)
    assert_allclose(ours(x), theirs(x), rtol=1e-4, atol=1e-5)
    twin = layers.Normalization.from_config(ours.get_config())
    assert_array_equal(twin(x), ours(x))


def test_normalization_needs_statistics():
    with pytest.raises(ValueError, match="call adapt"):
        layers.Normalization()(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="both or neither"):
        layers.Normalization(mean=1.0)
