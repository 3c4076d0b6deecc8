"""Fused chains against the same layers one by one, and where nothing may be fused."""

import numpy as np
import pytest
from support import tellings
from support.unfused import unfused

import minicnn as keras
from minicnn.graph import engine
from minicnn.graph.schedule import ChainStep
from minicnn.layers import recomputed

layers = keras.layers


def chains(model, folding=False):
    """The class names of each chain of the model."""
    network = model.network
    return [
        [type(node.layer).__name__ for node in step.nodes]
        for step in network.schedule(folding).steps
        if isinstance(step, ChainStep)
    ]


def disturbed(model, seed=0):
    """The model with weights away from their plain starts."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.value[...] = rng.uniform(0.3, 1.3, weight.shape) * rng.choice([-1, 1])
        if weight.name == "moving_variance":
            weight.value[...] = np.abs(weight.value)
    return model


def batch(shape, seed=1, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def residual(format="channels_last", activation="relu", dtype="float64"):
    """Every role: padding, convolutions, normalizations, sums, activations."""
    options = {"data_format": format, "dtype": dtype}
    axis = -1 if format == "channels_last" else 1
    x = image = layers.Input((7, 6, 3) if axis == -1 else (3, 7, 6), dtype=dtype)
    x = layers.ZeroPadding2D(((1, 2), (0, 1)), **options)(x)
    x = layers.Conv2D(4, 3, strides=2, **options)(x)
    x = layers.BatchNormalization(axis, dtype=dtype)(x)
    x = layers.Activation(activation, dtype=dtype)(x)
    y = layers.DepthwiseConv2D(3, padding="same", **options)(x)
    y = layers.ReLU(6.0, dtype=dtype)(y)
    y = layers.SeparableConv2D(4, 3, padding="same", use_bias=False, **options)(y)
    y = layers.BatchNormalization(axis, dtype=dtype)(y)
    z = layers.Conv2D(4, 1, **options)(x)
    z = layers.BatchNormalization(axis, dtype=dtype)(z)
    x = layers.Activation(activation, dtype=dtype)(layers.Add(dtype=dtype)([z, y]))
    x = layers.Flatten(dtype=dtype)(x)
    x = layers.Dense(5, dtype=dtype)(x)
    x = layers.BatchNormalization(dtype=dtype)(x)
    x = layers.LeakyReLU(dtype=dtype)(x)
    return disturbed(keras.Model(image, layers.Dense(2, dtype=dtype)(x)))


def both_ways(model, x, training):
    """Output, weight gradients and input gradient of a recorded pass."""
    network = model.network
    for weight in model.weights:
        weight.gradient()[...] = 0
    run = engine.forward(network, [x], training, record=True)
    y = run.outputs[0]
    dx = engine.backward(network, run, [np.cos(y)], wants_inputs=True)[0]
    return [y, dx, *(w.gradient().copy() for w in model.trainable_weights)]


def pooled(format="channels_last", activation="tanh", padding="same", dtype="float64"):
    """Pooling behind convolutions, with activations of their own and of a layer."""
    options = {"data_format": format, "dtype": dtype}
    x = image = layers.Input((9, 8, 3) if format == "channels_last" else (3, 9, 8), dtype=dtype)
    x = layers.ZeroPadding2D(1, **options)(x)
    x = layers.Conv2D(4, 3, **options)(x)
    x = layers.Activation(activation, dtype=dtype)(x)
    x = layers.MaxPooling2D(3, 2, padding, **options)(x)
    x = layers.SeparableConv2D(5, 2, activation=activation, padding="same", **options)(x)
    x = layers.MaxPooling2D(2, padding="same", **options)(x)
    x = layers.Conv2D(2, 1, **options)(x)
    x = layers.MaxPooling2D(2, 1, **options)(x)
    return disturbed(keras.Model(image, layers.Flatten(dtype=dtype)(x)))


def test_what_is_fused_in_training_and_what_at_inference():
    model = residual()
    assert chains(model) == [
        ["ZeroPadding2D", "Conv2D"],
        ["BatchNormalization", "Activation"],
        ["DepthwiseConv2D", "ReLU"],
        ["BatchNormalization", "Add", "Activation"],
        ["BatchNormalization", "LeakyReLU"],
    ]
    assert chains(model, folding=True) == [
        ["ZeroPadding2D", "Conv2D", "BatchNormalization", "Activation"],
        ["Conv2D", "BatchNormalization"],
        ["DepthwiseConv2D", "ReLU"],
        ["SeparableConv2D", "BatchNormalization", "Add", "Activation"],
        ["Dense", "BatchNormalization", "LeakyReLU"],
    ]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("activation", ["relu", "relu6", "tanh"])
def test_a_fused_pass_is_the_pass_of_its_layers(activation, format, training):
    model = residual(format, activation)
    x = batch((3, *model.inputs[0].shape[1:]))
    moving = [w.numpy() for w in model.weights]
    fused, after = both_ways(model, x, training), [w.numpy() for w in model.weights]
    model.set_weights(moving)
    with unfused(model.network):
        apart = both_ways(model, x, training)
    for a, b in zip(fused, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1, np.abs(b).max()))
    for a, b in zip(after, model.weights, strict=True):
        np.testing.assert_array_equal(a, b.value)


def test_pooling_ends_what_a_linear_layer_begins():
    model = pooled()
    assert chains(model) == [
        ["ZeroPadding2D", "Conv2D", "Activation", "MaxPooling2D"],
        ["SeparableConv2D", "MaxPooling2D"],
        ["Conv2D", "MaxPooling2D"],
    ]
    assert chains(model, folding=True) == [["ZeroPadding2D", "Conv2D", "Activation"]]
    x = image = layers.Input((8, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.MaxPooling2D(2)(x)))
    assert chains(keras.Model(image, layers.MaxPooling2D(2)(x))) == [["BatchNormalization", "ReLU"]]


@pytest.mark.parametrize("format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "linear"])
def test_a_pooled_pass_is_the_pass_of_its_layers(activation, padding, format):
    model = pooled(format, activation, padding)
    x = batch((3, *model.inputs[0].shape[1:]))
    fused = both_ways(model, x, True)
    with unfused(model.network):
        apart = both_ways(model, x, True)
    for a, b in zip(fused, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_a_pooled_pass_keeps_no_map_before_the_pooling():
    model = pooled(activation="relu")
    run = engine.forward(model.network, [batch((2, 9, 8, 3))], True, record=True)
    shapes = [array.shape for array in arrays_in(run.caches)]
    assert (2, 5, 4, 4) in shapes
    assert (2, 9, 8, 4) not in shapes


def normalized(format="channels_last", dtype="float64"):
    """Normalizations that one linear layer each reads, of every kind."""
    options = {"data_format": format, "dtype": dtype}
    axis = -1 if format == "channels_last" else 1
    x = image = layers.Input((9, 8, 3) if axis == -1 else (3, 9, 8), dtype=dtype)
    x = layers.Conv2D(4, 3, **options)(x)
    x = layers.BatchNormalization(axis, dtype=dtype)(x)
    x = layers.ReLU(dtype=dtype)(x)
    x = layers.ZeroPadding2D(1, **options)(x)
    x = layers.SeparableConv2D(5, 3, activation="tanh", **options)(x)
    x = layers.BatchNormalization(axis, dtype=dtype)(x)
    x = layers.DepthwiseConv2D(2, **options)(x)
    x = layers.ReLU(6.0, dtype=dtype)(x)
    x = layers.MaxPooling2D(2, **options)(x)
    x = layers.BatchNormalization(axis, dtype=dtype)(x)
    x = layers.Activation("relu", dtype=dtype)(x)
    x = layers.Conv2D(3, 2, **options)(x)
    x = layers.Flatten(dtype=dtype)(x)
    x = layers.BatchNormalization(dtype=dtype)(x)
    x = layers.Dense(4, dtype=dtype)(x)
    return disturbed(keras.Model(image, layers.Dense(2, dtype=dtype)(x)))


def arrays_in(cache):
    if isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, (list, tuple)):
        for part in cache:
            yield from arrays_in(part)


def test_a_normalization_begins_what_its_one_linear_reader_goes_on_with():
    assert chains(normalized()) == [
        ["BatchNormalization", "ReLU", "ZeroPadding2D", "SeparableConv2D"],
        ["BatchNormalization", "DepthwiseConv2D", "ReLU", "MaxPooling2D"],
        ["BatchNormalization", "Activation", "Conv2D"],
        ["BatchNormalization", "Dense"],
    ]
    assert chains(normalized(), folding=True) == [
        ["Conv2D", "BatchNormalization", "ReLU"],
        ["ZeroPadding2D", "SeparableConv2D", "BatchNormalization"],
        ["DepthwiseConv2D", "ReLU"],
        ["BatchNormalization", "Activation"],
    ]


def test_what_stands_before_the_last_layer_is_kept_from_its_loss():
    image = layers.Input((4, 4, 2))
    x = layers.ReLU()(layers.BatchNormalization()(image))
    model = keras.Model(image, layers.Conv2D(2, 4, activation="softmax")(x))
    assert chains(model) == [["BatchNormalization", "ReLU"]]
    padded = keras.Model(image, layers.MaxPooling2D(2)(layers.ZeroPadding2D(1)(x)))
    assert chains(padded) == [["BatchNormalization", "ReLU"]]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("format", ["channels_last", "channels_first"])
def test_recomputed_maps_are_those_that_were_not_kept(monkeypatch, format, frozen):
    model = normalized(format)
    for layer in model.layers:
        layer.trainable = not (frozen and isinstance(layer, layers.BatchNormalization))
    x, moving = batch((3, *model.inputs[0].shape[1:])), model.get_weights()
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 0)
    again = both_ways(model, x, True)
    model.set_weights(moving)
    with unfused(model.network):
        apart = both_ways(model, x, True)
    for a, b in zip(again, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1, np.abs(b).max()))
    after = model.get_weights()
    model.set_weights(moving)
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 1 << 40)
    for a, b in zip(again, both_ways(model, x, True), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(after, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)  # statistics are counted once


def test_maps_that_are_recomputed_are_not_kept(monkeypatch):
    model, x = normalized(), batch((3, 9, 8, 3))

    def kept(least):
        monkeypatch.setattr(recomputed, "LEAST_BYTES", least)
        run = engine.forward(model.network, [x], True, record=True)
        arrays = {array.ctypes.data: array for array in arrays_in(run.caches)}
        return sum(array.size for array in arrays.values())

    outputs = 3 * (7 * 6 * 4 + 7 * 6 * 5 + 3 * 2 * 5 + 2 * 1 * 3)
    between = 3 * 7 * 6 * 4  # the parts of the separable convolution
    assert kept(1 << 40) - kept(0) == outputs + between


def test_needless_gradients_stop_at_a_frozen_normalization(monkeypatch):
    monkeypatch.setattr(recomputed, "LEAST_BYTES", 0)
    image = layers.Input((4, 4, 2))
    x = layers.ReLU()(layers.BatchNormalization()(image))
    x = layers.Flatten()(layers.Conv2D(2, 3)(x))
    model = disturbed(keras.Model(image, layers.Dense(1)(x)))
    model.layers[1].trainable = False
    data = batch((3, 4, 4, 2), dtype="float32")
    run = engine.forward(model.network, [data], True, record=True)
    assert engine.backward(model.network, run, [run.outputs[0]]) == [None]
    assert all(weight.grad.any() for weight in model.trainable_weights)


@pytest.mark.parametrize("format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("batch_size", [1, 40])  # few pixels: weights outweigh the output
def test_inference_folds_normalization_to_rounding(format, batch_size):
    model = residual(format)
    x = batch((batch_size, *model.inputs[0].shape[1:]))
    folded = model(x)
    with unfused(model.network):
        np.testing.assert_allclose(folded, model(x), rtol=1e-9, atol=1e-9)


def test_folded_weights_are_never_those_of_yesterday():
    model = residual()
    x = batch((5, 7, 6, 3))
    before = model(x)
    for change in ("kernel", "gamma", "beta", "moving_mean", "moving_variance", "bias"):
        for weight in model.weights:
            if weight.name == change:
                weight.value[...] *= 1.5  # in place, behind everybody's back
        after = model(x)
        assert np.abs(after - before).max() > 1e-3, change
        with unfused(model.network):
            np.testing.assert_allclose(after, model(x), rtol=1e-9, atol=1e-9)
        before = after


def test_inner_tensors_are_right_in_other_models():
    model = residual()
    x = batch((3, 7, 6, 3))
    expected = model(x)
    for layer in model.layers[1:]:
        part = keras.Model(model.input, [layer.output, model.output])
        inner, last = part(x)
        np.testing.assert_allclose(last, expected, rtol=1e-9, atol=1e-9)
        with unfused(part.network):
            np.testing.assert_allclose(inner, part(x)[0], rtol=1e-9, atol=1e-9)


def test_a_tensor_with_two_readers_is_kept():
    x = image = layers.Input((4, 4, 2))
    x = layers.Conv2D(2, 3)(x)
    model = keras.Model(image, layers.Add()([layers.ReLU()(x), x]))
    assert chains(model) == chains(model, folding=True) == []


def test_a_sum_of_one_tensor_with_itself_and_with_its_own_input():
    image = layers.Input((4, 4, 2))
    normal = layers.BatchNormalization()(image)
    assert chains(keras.Model(image, layers.Add()([normal, normal]))) == []
    model = disturbed(keras.Model(image, layers.Add()([image, layers.BatchNormalization()(image)])))
    assert chains(model) == [["BatchNormalization", "Add"]]
    x = batch((3, 4, 4, 2), dtype="float32")
    fused = both_ways(model, x, True)
    with unfused(model.network):
        apart = both_ways(model, x, True)
    for a, b in zip(fused, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_layers_changed_later_run_one_by_one():
    x = image = layers.Input((6, 6, 3))
    convolution = layers.Conv2D(4, 3)
    activation = layers.Activation("relu")
    x = activation(layers.BatchNormalization()(convolution(x)))
    model = disturbed(keras.Model(image, x))
    data = batch((2, 6, 6, 3), dtype="float32")
    model(data)
    convolution.activation = "tanh"
    activation.activation = activation.function = keras.activations.get("softmax")
    for training in (True, False):
        moving = [w.numpy() for w in model.weights]
        fused = both_ways(model, data, training)
        model.set_weights(moving)
        with unfused(model.network):
            apart = both_ways(model, data, training)
        for a, b in zip(fused, apart, strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(model(data).sum(axis=-1), 1, rtol=1e-5)


def test_subclasses_are_not_taken_for_their_bases():
    class Doubled(layers.Conv2D):
        def forward(self, x, training):
            y, cache = super().forward(x, training)
            return 2 * y, cache

    image = layers.Input((4, 4, 2))
    assert chains(keras.Model(image, layers.ReLU()(Doubled(3, 3)(image)))) == []


def test_an_infinite_scale_is_not_folded():
    x = image = layers.Input((4, 4, 2))
    normalization = layers.BatchNormalization(epsilon=0.0)
    model = keras.Model(image, normalization(layers.Conv2D(2, 1, use_bias=False)(x)))
    normalization.moving_variance.value[...] = 0
    x = batch((2, 4, 4, 2), dtype="float32")
    x[0, 0] = 0
    with unfused(model.network):
        apart = model(x)
    np.testing.assert_array_equal(model(x), apart)


def test_frozen_normalization_is_fused_with_its_own_statistics():
    model = residual()
    for layer in model.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    x = batch((3, 7, 6, 3))
    fused = both_ways(model, x, True)
    with unfused(model.network):
        apart = both_ways(model, x, True)
    for a, b in zip(fused, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1, np.abs(b).max()))


def test_any_number_of_threads_computes_the_same_bits():
    model = residual(dtype="float32")
    x = batch((40, 7, 6, 3), dtype="float32")
    moving = [w.numpy() for w in model.weights]

    def compute():
        model.set_weights(moving)
        return (*both_ways(model, x, True), model(x))

    tellings.same_bits(compute)


def test_a_loss_takes_over_the_activation_at_the_end_of_a_chain():
    x = image = layers.Input((5,), dtype="float64")
    x = layers.Activation("sigmoid", dtype="float64")(layers.Dense(1, dtype="float64")(x))
    model = keras.Model(image, x)
    model.compile("sgd", "binary_crossentropy")
    data, labels = batch((6, 5)), np.array([[0.0], [1], [0], [1], [1], [0]])
    loss, dweights, _ = model.gradients(data, labels, training=True)
    p = model(data)
    expected = -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(dweights[0], data.T @ (p - labels) / 6, rtol=1e-6)
