"""Checkpoint: the same bits as without it, less memory, and everything else as of its layer."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import minicnn as keras
from minicnn import layers, models, random
from minicnn_kernels import memory


class Block(layers.Layer):
    """All that a second forward pass could count twice."""

    def build(self, input_shape):
        self.convolution = layers.Conv2D(4, 3, padding="same", activity_regularizer="l2")
        self.normalization = layers.BatchNormalization()

    def call(self, x):
        x = layers.Dropout(0.4, seed=7)(layers.ReLU()(self.normalization(self.convolution(x))))
        return layers.SpatialDropout2D(0.2, seed=5)(x)


def network(wrap):
    random.set_random_seed(3)
    x = image = layers.Input((6, 6, 4))
    for _ in range(3):
        x = wrap(Block())(x)
    model = models.Model(image, layers.GlobalAveragePooling2D()(x))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model


def batch():
    rng = np.random.default_rng(0)
    return rng.standard_normal((5, 6, 6, 4)).astype(np.float32), rng.random((5, 4), np.float32)


@pytest.mark.parametrize(
    "wrap", [layers.Checkpoint, lambda x: layers.Checkpoint(layers.Checkpoint(x))]
)
def test_training_is_the_same_to_the_bit(wrap):
    plain, saving = network(lambda layer: layer), network(wrap)
    x, y = batch()
    for _ in range(3):
        assert plain.train_on_batch(x, y) == saving.train_on_batch(x, y)
    for training in (True, False):
        results = [model.gradients(x, y, training=training) for model in (plain, saving)]
        assert results[0][0] == results[1][0]
        for a, b in zip(results[0][1] + results[0][2], results[1][1] + results[1][2], strict=True):
            assert_array_equal(a, b)
    for a, b in zip(plain.weights, saving.weights, strict=True):
        assert_array_equal(a.value, b.value)
    assert_array_equal(plain(x), saving(x))


def deep(wrap):
    """Blocks of several layers, large enough for the pool."""
    random.set_random_seed(3)
    x = image = layers.Input((32, 32, 16))
    for _ in range(6):
        inner = [layers.Conv2D(16, 1, activation="tanh") for _ in range(4)]
        x = wrap(models.Sequential(inner))(x)
    model = models.Model(image, layers.GlobalAveragePooling2D()(x))
    model.compile("sgd", "mse")
    return model


def peak(wrap):
    model = deep(wrap)
    x, y = np.ones((8, 32, 32, 16), np.float32), np.ones((8, 16), np.float32)
    memory.release()
    before = memory.allocated_bytes()
    model.train_on_batch(x, y)
    return memory.allocated_bytes() - before


def test_peak_memory_falls():
    # 24 activations without; with it 6 inputs, 4 activations of one block, and gradients.
    assert peak(layers.Checkpoint) < 0.6 * peak(lambda layer: layer)


def test_it_is_described_and_made_again():
    model = network(layers.Checkpoint)
    with keras.registry.custom_object_scope({"Block": Block}):
        again = models.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    assert_array_equal(model(batch()[0]), again(batch()[0]))


def test_freezing_reaches_inside():
    layer = layers.Checkpoint(layers.Dense(3))
    layer(np.ones((2, 4), np.float32))
    assert [w.shape for w in layer.trainable_weights] == [(4, 3), (3,)]
    layer.trainable = False
    assert layer.trainable_weights == [] and len(layer.weights) == 2


def test_anything_but_a_layer_is_refused():
    with pytest.raises(TypeError, match="Checkpoint 'c': layer must be a Layer, got int"):
        layers.Checkpoint(3, name="c")
