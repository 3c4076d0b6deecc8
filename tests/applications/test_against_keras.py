"""Every network that keras.applications has: layers, counts and, with the same weights, logits."""

import gc
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

import minicnn
from minicnn import applications, config
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
PEERS_BY_NAME = {peer.name: peer for peer in PEERS}
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
    error = check_close(ours.predict(x, verbose=0), expected, 1e-4)
    print(f"{peer.name}: relative error of the logits {error:.1e}")


def check_close(ours, theirs, tolerance):
    """The largest difference, relative to the largest value, which must be small."""
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert error < tolerance
    return error


def save_quietly(save, path):
    """Keras warns of its own .h5 files and of its own arrays."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(path)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
def test_a_file_of_keras_is_given_as_weights(suffix, tmp_path, tf_keras, rng):
    """Nothing in Inception-v3 has a name of its own: its file is read by the order of layers."""
    arguments = {"include_top": False, "input_shape": (75, 75, 3), "pooling": "avg"}
    theirs = randomized(PEERS_BY_NAME["InceptionV3"].build(tf_keras.applications, **arguments), rng)
    path = tmp_path / f"net{suffix}"
    save_quietly(theirs.save_weights if suffix == ".weights.h5" else theirs.save, path)
    minicnn.layers.Conv2D(1, 1)  # our numbers run ahead of Keras': names cannot agree
    ours = applications.InceptionV3(weights=path, **arguments)
    x = rng.normal(size=(2, 75, 75, 3)).astype(np.float32)
    check_close(ours.predict(x, verbose=0), np.asarray(theirs(x, training=False)), 1e-4)


@pytest.fixture
def computing_in(tf_keras):
    """A function that sets what both libraries compute in."""

    def switch(dtype):
        tf_keras.backend.clear_session()  # Keras keeps the dtype of the first layer it made
        tf_keras.backend.set_floatx(dtype)
        config.set_floatx(dtype)

    yield switch
    switch("float32")


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_logits_from_a_file_in_float64(peer, tf_keras, computing_in, tmp_path, rng):
    computing_in("float64")
    shape = (peer.side, peer.side, 3)
    arguments = {"input_shape": shape, "classifier_activation": None, "classes": 17}
    theirs = randomized(peer.build(tf_keras.applications, **arguments), rng)
    save_quietly(theirs.save_weights, tmp_path / "net.weights.h5")
    x = rng.normal(size=(2, *shape))
    expected = np.asarray(theirs(x, training=False))
    del theirs
    tf_keras.backend.clear_session()
    gc.collect()
    ours = getattr(applications, peer.name)(weights=tmp_path / "net.weights.h5", **arguments)
    error = check_close(ours.predict(x, verbose=0), expected, 1e-9)
    print(f"{peer.name}: relative error of the logits in float64 {error:.1e}")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["VGG16", "ResNet50", "Xception", "MobileNet"])
def test_weights_after_a_step_are_those_of_keras(name, tf_keras, computing_in, rng):
    """In float64 each to 1e-9, in float32 all together to 1e-4.

    Single float32 weights differ more, by up to a percent: as far as Keras' own are from the ones
    of float64, and ours are no farther.
    """
    peer = PEERS_BY_NAME[name]
    side = {"VGG16": 64, "Xception": 71}.get(name, 224)  # normalization takes some pixels
    arguments = {"input_shape": (side, side, 3), "classes": 5}
    if name == "MobileNet":
        arguments["dropout"] = 0.0  # each library would drop other units
    x = rng.normal(size=(8, side, side, 3)).astype(np.float32)
    labels = np.array([0, 3, 1, 4, 2, 2, 0, 1])
    start = randomized(peer.build(tf_keras.applications, **arguments), rng).get_weights()

    def stepped(package, dtype):
        computing_in(dtype)
        model = peer.build(package.applications, **arguments)
        model.set_weights(start)
        model.compile(package.optimizers.SGD(1e-3), "sparse_categorical_crossentropy")
        model.train_on_batch(x.astype(dtype), labels)
        return model.get_weights()

    exact = stepped(tf_keras, "float64")
    precise = stepped(minicnn, "float64")
    for one, other, before in zip(precise, exact, start, strict=True):
        moved = np.abs(other - before).max()
        if moved > 1e-10:  # the step itself, where it is no rounding
            assert np.abs(one - other).max() < 1e-5 * moved
    ours, theirs = stepped(minicnn, "float32"), stepped(tf_keras, "float32")
    together = distance(ours, theirs)
    print(
        f"{name}: weights after a step differ by {largest(precise, exact):.1e} in float64,"
        f" by {together:.1e} together in float32; single ones there from float64"
        f" by {largest(ours, exact):.1e} (Keras {largest(theirs, exact):.1e})"
    )
    assert largest(precise, exact) < 1e-9
    assert together < 1e-4
    assert largest(ours, exact) < max(1e-4, 2 * largest(theirs, exact))


def largest(one, other):
    """The largest difference of a single weight, relative to the largest in its array."""
    return max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(one, other, strict=True))


def distance(one, other):
    """The relative distance of all weights, taken as one vector."""
    one, other = (
        np.concatenate([a.ravel() for a in arrays], dtype=float) for arrays in (one, other)
    )
    return np.linalg.norm(one - other) / np.linalg.norm(other)
