"""Maps of light convolutions, which are made again: the bits of maps that were kept."""

import weakref

import numpy as np
import pytest
from support.unfused import unfused

import minicnn as keras
from minicnn.graph import engine
from minicnn.layers import recomputed

from .test_fusion import arrays_in, batch, both_ways, chains, disturbed

layers = keras.layers


def light(format="channels_last", activation="tanh", penalty=None, dtype="float64"):
    """Convolutions of few channels and of many filters, in turns."""
    options = {"data_format": format, "dtype": dtype}
    x = image = layers.Input((12, 11, 3) if format == "channels_last" else (3, 12, 11), dtype=dtype)
    rules = {"activity_regularizer": penalty, "bias_regularizer": "l2"}
    x = layers.Conv2D(40, 3, activation=activation, **rules, **options)(x)
    x = layers.Conv2D(4, 3, activation="relu", **options)(x)
    x = layers.MaxPooling2D(2, **options)(x)
    x = layers.Conv2D(12, 2, **options)(x)
    x = layers.Activation(activation, dtype=dtype)(x)
    x = layers.ZeroPadding2D(1, **options)(x)
    x = layers.DepthwiseConv2D(3, **options)(x)
    return disturbed(keras.Model(image, layers.Flatten(dtype=dtype)(x)))


def test_a_light_convolution_begins_what_its_one_reader_goes_on_with():
    assert chains(light()) == [
        ["Conv2D", "Conv2D", "MaxPooling2D"],
        ["Conv2D", "Activation", "ZeroPadding2D", "DepthwiseConv2D"],
    ]
    assert chains(light(), folding=True) == [
        ["Conv2D", "Activation"],
        ["ZeroPadding2D", "DepthwiseConv2D"],
    ]


def test_of_light_convolutions_in_a_row_every_second_is_made_again():
    x = image = layers.Input((9, 9, 2))
    for _ in range(5):
        x = layers.Conv2D(3, 2)(x)
    model = keras.Model(image, layers.GlobalMaxPooling2D()(x))
    assert chains(model) == [["Conv2D", "Conv2D"], ["Conv2D", "Conv2D"]]
    loss_takes_it_over = keras.Model(image, layers.Conv2D(2, 4, activation="softmax")(x))
    assert chains(loss_takes_it_over) == [["Conv2D", "Conv2D"], ["Conv2D", "Conv2D"]]


def test_heavy_convolutions_and_maps_that_others_read_are_kept():
    image = layers.Input((9, 9, 4))
    x = layers.Conv2D(3, 3)(image)  # 36 products an output
    y = layers.Conv2D(3, 1)(x)
    z = layers.Conv2D(3, 1)(y)
    assert chains(keras.Model(image, [layers.Flatten()(t) for t in (y, z)])) == []


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_light_maps_made_again_are_those_once_kept(monkeypatch, activation, format, frozen):
    model = light(format, activation)
    model.layers[1].trainable = not frozen
    x = batch((3, *model.inputs[0].shape[1:]))
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 0)
    again = both_ways(model, x, True)
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 1 << 40)
    for a, b in zip(again, both_ways(model, x, True), strict=True):
        np.testing.assert_array_equal(a, b)
    with unfused(model.network):
        apart = both_ways(model, x, True)
    for a, b in zip(again, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * max(1, np.abs(b).max()))


def test_penalties_on_activity_are_counted_once(monkeypatch):
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 0)
    x, y = batch((4, 12, 11, 3)), batch((4, 3 * 2 * 12))
    losses = []
    for fused in (True, False):
        model = light(penalty=keras.regularizers.L2(0.1))
        model.compile("sgd", "mse")
        with unfused(model.network) if not fused else monkeypatch.context():
            losses.append([model.train_on_batch(x, y) for _ in range(2)])
    np.testing.assert_allclose(*losses, rtol=1e-9)


def test_light_maps_are_not_kept(monkeypatch):
    model, x = light(activation="relu"), batch((3, 12, 11, 3))

    def kept(least):
        monkeypatch.setattr(recomputed, "LEAST_BYTES", least)
        run = engine.forward(model.network, [x], True, record=True)
        arrays = {array.ctypes.data: array for array in arrays_in(run.caches)}
        return sum(array.size for array in arrays.values())

    assert kept(1 << 40) - kept(0) == 3 * (10 * 9 * 40 + 3 * 2 * 12)


@pytest.mark.parametrize(("filters", "share"), [(110, 1), (112, recomputed.SHARE)])
def test_smaller_maps_are_made_again_where_much_is_multiplied(monkeypatch, filters, share):
    image = layers.Input((6, 6, 5))
    x = layers.ReLU()(layers.BatchNormalization()(image))
    model = keras.Model(image, layers.Flatten()(layers.Conv2D(filters, 3, padding="same")(x)))
    size = 2 * 6 * 6 * 5 * 4
    for least, is_kept in ((share * size, False), (share * size + share, True)):
        monkeypatch.setattr(recomputed, "LEAST_BYTES", least)
        run = engine.forward(model.network, [batch((2, 6, 6, 5), dtype="float32")], True, True)
        cached = [a for a in arrays_in(run.caches) if a.shape == (2, 6, 6, 5)]
        assert len(cached) == is_kept


def test_of_groups_only_the_own_filters_count():
    image = layers.Input((6, 6, 8))
    x = layers.BatchNormalization()(image)
    model = keras.Model(image, layers.Flatten()(layers.Conv2D(112, 3, groups=4)(x)))
    chain = model.network.schedule(False).steps[0].runner
    assert chain.after.products == 9 * 28


def test_what_arrives_is_let_go_of_before_maps_are_made_again(monkeypatch):
    """So the memory of the one serves for the other."""
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 0)
    arrived, alive = [], []

    class Watched(layers.Flatten):
        def backward(self, dy, cache):
            dx = super().backward(dy, cache).copy()
            arrived.append(weakref.ref(dx))
            return dx

    image = layers.Input((9, 9, 3))
    x = layers.Conv2D(4, 3, activation="relu")(image)
    x = layers.MaxPooling2D(2)(layers.Conv2D(5, 3)(x))
    model = keras.Model(image, Watched()(x))
    chain = model.network.schedule(False).steps[0].runner
    again = chain.before.again
    chain.before.again = lambda kept: (alive.append(arrived[0]() is not None), again(kept))[1]
    run = engine.forward(model.network, [batch((2, 9, 9, 3), dtype="float32")], True, record=True)
    dy = np.ones_like(run.outputs[0])
    engine.backward(model.network, run, [dy])
    assert alive == [False]
