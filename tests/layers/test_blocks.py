"""ResidualUnit, InceptionModule, SEBlock and the sums of residual networks."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import config, layers

MODULE = (3, 2, 4, 1, 2, 3)
CASES = [
    case("ResidualUnit", (2, 5, 6, 3), filters=3),
    case("ResidualUnit", (2, 5, 6, 3), filters=4, strides=2, activation="tanh"),
    case("ResidualUnit", (2, 4, 4, 3), filters=2),
    case("ResidualUnit", (3, 4, 4, 2), training=True, filters=3, activation="tanh"),
    case("InceptionModule", (2, 4, 5, 3), filters=MODULE),
    case("InceptionModule", (1, 3, 3, 2), filters=MODULE, activation="elu"),
    case("SEBlock", (2, 3, 4, 8), ratio=4),
    case("SEBlock", (1, 2, 2, 16)),
    case("PaddedShortcut", (2, 5, 4, 3), filters=6),
    case("PaddedShortcut", (1, 4, 4, 2), filters=2, strides=3),
    case("CustomScaleLayer", [(2, 3, 3, 2), (2, 3, 3, 2)], scale=0.17),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng, "float64")
    checks.check_config(case, rng)
    if case.name != "SEBlock":  # NumPy sums strided gradients in another order
        checks.check_awkward_arrays(case, rng)
    checks.check_frozen(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_channels_first_is_channels_last_turned(case, rng):
    last = case.layer("float64")
    checks.randomize(last, rng)
    xs = [rng.standard_normal(shape) for shape in case.shapes]
    config.set_image_data_format("channels_first")
    try:
        turned = [np.ascontiguousarray(np.moveaxis(x, -1, 1)) for x in xs]
        first = type(last)(**case.arguments, dtype="float64")
        first._ensure_built(
            [(None, *x.shape[1:]) for x in turned] if case.several else turned[0].shape
        )
    finally:
        config.set_image_data_format("channels_last")
    first.set_weights(last.get_weights())
    expected = last(xs if case.several else xs[0])
    y = first(turned if case.several else turned[0])
    assert_allclose(np.moveaxis(y, 1, -1), expected, rtol=1e-10, atol=1e-12)


def the_book_s_unit(keras):
    """The listing of *Hands-On Machine Learning*, chapter 14."""
    convolution = partial(
        keras.layers.Conv2D, kernel_size=3, strides=1, padding="SAME", use_bias=False
    )

    class Unit(keras.layers.Layer):
        def __init__(self, filters, strides=1, activation="relu", **kwargs):
            super().__init__(**kwargs)
            self.activation = keras.activations.get(activation)
            self.main_layers = [
                convolution(filters, strides=strides),
                keras.layers.BatchNormalization(),
                keras.layers.Activation(self.activation),
                convolution(filters),
                keras.layers.BatchNormalization(),
            ]
            self.skip_layers = []
            if strides > 1:
                self.skip_layers = [
                    convolution(filters, kernel_size=1, strides=strides),
                    keras.layers.BatchNormalization(),
                ]

        def call(self, inputs):
            Z = inputs
            for layer in self.main_layers:
                Z = layer(Z)
            skip_Z = inputs
            for layer in self.skip_layers:
                skip_Z = layer(skip_Z)
            return self.activation(Z + skip_Z)

    return Unit


@pytest.mark.parametrize(("filters", "strides"), [(3, 1), (5, 2)])
def test_the_residual_unit_is_the_book_s(tf_keras, filters, strides, rng):
    import minicnn

    x = rng.standard_normal((2, 7, 6, 3)).astype(np.float32)
    peer = the_book_s_unit(tf_keras)(filters, strides)
    peer(x)
    ours = layers.ResidualUnit(filters, strides)
    typed = the_book_s_unit(minicnn)(filters, strides)  # the listing itself, over this library
    for layer in (ours, typed):
        layer(x)
        checks.randomize(layer, rng)
        peer.set_weights(layer.get_weights())
        assert_allclose(layer(x), np.asarray(peer(x)), rtol=1e-4, atol=1e-5)


def test_the_inception_module_is_four_branches_of_keras(tf_keras, rng):
    K = tf_keras.layers
    image = K.Input((6, 5, 4))
    convolution = partial(K.Conv2D, padding="same", activation="relu")
    one, three_reduced, three, five_reduced, five, pooled = MODULE
    ends = [
        convolution(one, 1)(image),
        convolution(three, 3)(convolution(three_reduced, 1)(image)),
        convolution(five, 5)(convolution(five_reduced, 1)(image)),
        convolution(pooled, 1)(K.MaxPooling2D(3, 1, "same")(image)),
    ]
    peer = tf_keras.Model(image, K.Concatenate()(ends))
    ours = layers.InceptionModule(MODULE)
    x = rng.standard_normal((2, 6, 5, 4)).astype(np.float32)
    ours(x)
    checks.randomize(ours, rng)
    values = [weight.numpy() for weight in ours.weights]
    places = {id(layer): layer for layer in peer.layers if layer.weights}
    order = [ends_layer for end in ends for ends_layer in _chain(end, places)]
    for layer, pair in zip(order, zip(values[::2], values[1::2])):
        layer.set_weights(pair)
    assert_allclose(ours(x), np.asarray(peer(x)), rtol=1e-4, atol=1e-5)


def _chain(tensor, layers_with_weights):
    """Layers with weights on the way to ``tensor``, first to last."""
    found = []
    while True:
        layer = tensor._keras_history.operation
        if id(layer) in layers_with_weights:
            found.append(layer)
        inputs = layer._inbound_nodes[0].input_tensors
        if not inputs:
            return found[::-1]
        tensor = inputs[0]


def test_an_se_block_scales_maps_by_their_means(rng):
    x = rng.standard_normal((2, 3, 4, 8))
    block = layers.SEBlock(2, dtype="float64")
    block(x)
    checks.randomize(block, rng)
    w1, b1, w2, b2 = block.get_weights()
    hidden = np.maximum(x.mean((1, 2)) @ w1 + b1, 0)
    scale = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    assert_allclose(block(x), x * scale[:, None, None, :], rtol=1e-12)


def test_a_padded_shortcut_is_option_a(rng):
    x = rng.standard_normal((2, 4, 5, 2)).astype(np.float32)
    y = layers.PaddedShortcut(5)(x)
    assert_array_equal(y[..., 1:3], x[:, ::2, ::2])
    assert not y[..., [0, 3, 4]].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.ResidualUnit(0), "filters must be at least 1.*, got 0"),
        (lambda: layers.ResidualUnit(4, strides=0), "strides must be at least 1.*, got 0"),
        (lambda: layers.InceptionModule((1, 2, 3)), "filters must be .*6"),
        (lambda: layers.SEBlock(4)(np.zeros((1, 2, 2, 3))), "at least ratio 4 channels"),
        (lambda: layers.PaddedShortcut(2)(np.zeros((1, 2, 2, 3))), "at most filters 2 channels"),
        (lambda: layers.CustomScaleLayer(float("nan")), "scale must be finite, got nan"),
        (
            lambda: layers.CustomScaleLayer(1.0)([np.zeros((1, 2)), np.zeros((1, 3))]),
            "inputs must have one shape",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
