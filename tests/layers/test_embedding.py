"""Integers as learned vectors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minicnn import layers


def test_against_keras(tf, rng):
    layer = layers.Embedding(6, 3)
    x = np.array([[0, 5, 5], [2, 0, 1]])
    y = layer(x)
    peer = tf.keras.layers.Embedding(6, 3)
    peer.build((None, 3))
    peer.set_weights(layer.get_weights())
    dy = rng.standard_normal(y.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        expected = peer(x)
        total = tf.reduce_sum(expected * dy)
    assert_allclose(y, expected)
    _, cache = layer.forward(x, True)
    assert layer.backward(dy, cache) is None
    gradient = tf.convert_to_tensor(tape.gradient(total, peer.trainable_variables[0]))
    assert_allclose(layer.embeddings.grad, gradient, rtol=1e-6)


def test_shape_and_config():
    layer = layers.Embedding(6, 3)
    assert layer.output_shape((None, 4)) == (None, 4, 3)
    assert layers.Embedding.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("value", [-1, 6, 1.5, np.nan])
def test_what_is_no_known_integer_is_refused(value):
    with pytest.raises(ValueError, match=r"Embedding 'e': input must be integers in \[0, 6\)"):
        layers.Embedding(6, 3, name="e")(np.array([[0, value]]))


@pytest.mark.parametrize("arguments", [(0, 3), (3, 0), (2.5, 3), (True, 3)])
def test_sizes_are_positive_integers(arguments):
    with pytest.raises(ValueError, match="must be an integer of at least 1"):
        layers.Embedding(*arguments)
