"""Every network that keras.applications has: layers, counts and, with the same weights, logits."""

import gc
from dataclasses import dataclass

import numpy as np
import pytest

import minicnn
from minicnn import applications
from minicnn.layers.weight import awaiting_values


@dataclass(frozen=True)
class Peer:
    """A network's counts (all, learning, without the top) and the smallest image it takes."""

    name: str
    total: int
    learning: int
    without_top: int
    side: int = 32
    big: bool = False

    def __str__(self):
        return self.name

    def build(self, package, **arguments):
        """The network of ``package``, which is ``minicnn.applications`` or Keras'."""
        return getattr(package, self.name)(weights=None, **arguments)


PEERS = [
    Peer("VGG16", 138_357_544, 138_357_544, 14_714_688),
    Peer("VGG19", 143_667_240, 143_667_240, 20_024_384, big=True),
    Peer("ResNet50", 25_636_712, 25_583_592, 23_587_712),
    Peer("ResNet101", 44_707_176, 44_601_832, 42_658_176, big=True),
    Peer("ResNet152", 60_419_944, 60_268_520, 58_370_944, big=True),
    Peer("Xception", 22_910_480, 22_855_952, 20_861_480, 71),
    Peer("MobileNet", 4_253_864, 4_231_976, 3_228_864),
    Peer("MobileNetV2", 3_538_984, 3_504_872, 2_257_984),
    Peer("InceptionV3", 23_851_784, 23_817_352, 21_802_784, 75),
    Peer("InceptionResNetV2", 55_873_736, 55_813_192, 54_336_736, 75, big=True),
    Peer("DenseNet121", 8_062_504, 7_978_856, 7_037_504),
    Peer("DenseNet169", 14_307_880, 14_149_480, 12_642_880, big=True),
    Peer("DenseNet201", 20_242_984, 20_013_928, 18_321_984, big=True),
]
MARKED = [
    pytest.param(peer, id=peer.name, marks=[pytest.mark.slow] if peer.big else []) for peer in PEERS
]


@pytest.fixture(autouse=True)
def fresh_names(tf_keras):
    """Both libraries number their layers from the start; big networks leave the memory."""
    minicnn.naming.reset()
    tf_keras.backend.clear_session()
    yield
    gc.collect()


def counts(model):
    """All weights, those that learn."""
    return model.count_params(), sum(weight.size for weight in model.trainable_weights)


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_counts_are_the_published_ones(peer):
    with awaiting_values(1e9):  # nothing is drawn at random: only sizes matter
        assert counts(peer.build(applications)) == (peer.total, peer.learning)
        assert counts(peer.build(applications, include_top=False))[0] == peer.without_top


@pytest.mark.parametrize("peer", MARKED)
def test_counts_and_layers_are_those_of_keras(peer, tf_keras):
    shape = (peer.side, peer.side, 3)
    with awaiting_values(1e9):
        ours = peer.build(applications, include_top=False, input_shape=shape, pooling="max")
    theirs = peer.build(tf_keras.applications, include_top=False, input_shape=shape, pooling="max")
    learning = sum(weight.shape.num_elements() for weight in theirs.trainable_weights)
    assert counts(ours) == (theirs.count_params(), learning)
    assert ours.name == theirs.name
    assert [tuple(w.shape) for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    ours, theirs = ours.layers[1:], theirs.layers[1:]
    assert [type(layer).__name__ for layer in ours] == [type(layer).__name__ for layer in theirs]
    ours = [layer.name for layer in ours if layer.weights]
    theirs = [layer.name for layer in theirs if layer.weights]
    assert ours == theirs


def randomized(model, rng):
    """Keras' first values for kernels; every other weight random too, so that all show."""
    values = model.get_weights()
    for weight, value in zip(model.weights, values):
        if weight.name in ("gamma", "moving_variance"):
            value[...] = rng.uniform(0.7, 1.3, value.shape)
        elif weight.name in ("beta", "moving_mean", "bias"):
            value[...] = rng.normal(0, 0.1, value.shape)
    model.set_weights(values)
    return model


@pytest.mark.parametrize("peer", MARKED)
def test_logits_are_those_of_keras(peer, tf_keras, rng):
    shape = (peer.side, peer.side, 3)
    arguments = {"input_shape": shape, "classifier_activation": None, "classes": 17}
    theirs = randomized(peer.build(tf_keras.applications, **arguments), rng)
    with awaiting_values(1e9):
        ours = peer.build(applications, **arguments)
    ours.set_weights(theirs.get_weights())
    x = rng.normal(size=(2, *shape)).astype(np.float32)
    expected = np.asarray(theirs(x, training=False))
    error = np.abs(ours.predict(x, verbose=0) - expected).max() / np.abs(expected).max()
    print(f"{peer.name}: relative error of the logits {error:.1e}")
    assert error < 1e-4
