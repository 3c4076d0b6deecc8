"""Models: graphs, names, weights, summaries, sub-models, gradients as plain methods."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers


def two_branches():
    image = layers.Input((8, 8, 3), name="image")
    extra = layers.Input((4,), name="extra")
    x = layers.Conv2D(5, 3, activation="relu", name="conv")(image)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.concatenate([x, layers.Dense(6, name="dense")(extra)], name="both")
    return keras.Model(
        [image, extra],
        [layers.Dense(2, name="left")(x), layers.Dense(3, name="right")(x)],
        name="branches",
    )


def inputs(rng, batch=3):
    return [
        rng.normal(size=(batch, 8, 8, 3)).astype(np.float32),
        rng.normal(size=(batch, 4)).astype(np.float32),
    ]


def test_several_inputs_and_outputs(rng):
    model = two_branches()
    x = inputs(rng)
    left, right = model(x)
    assert (left.shape, right.shape) == ((3, 2), (3, 3))
    by_name = model({"image": x[0], "extra": x[1]})
    np.testing.assert_array_equal(by_name[0], left)
    assert model.input_names == ["image", "extra"]
    assert model.output_names == ["left", "right"]


def test_outputs_given_as_dict_come_back_as_dict(rng):
    x = layers.Input((4,))
    model = keras.Model(x, {"a": layers.Dense(2)(x), "b": layers.Dense(3)(x)})
    result = model(rng.normal(size=(5, 4)))
    assert {name: value.shape for name, value in result.items()} == {"a": (5, 2), "b": (5, 3)}


def test_shared_layer_has_one_set_of_weights_and_both_gradients(rng):
    x, y = layers.Input((4,)), layers.Input((4,))
    shared = layers.Dense(3, use_bias=False)
    model = keras.Model([x, y], layers.add([shared(x), shared(y)]))
    assert len(model.weights) == 1
    a, b = rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    _, (dkernel,) = model.vector_jacobian_product([a, b], np.ones((2, 3)))
    np.testing.assert_allclose(dkernel, (a + b).T @ np.ones((2, 3)), rtol=1e-5)


def test_nested_model_trains_its_weights_and_stands_as_one_layer(rng):
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(5, activation="tanh")], name="inner")
    outer = keras.Sequential([inner, layers.Dense(2)])
    assert outer.layers[0].name == "inner"
    assert len(outer.trainable_weights) == 4
    _, gradients = outer.vector_jacobian_product(rng.normal(size=(3, 4)), np.ones((3, 2)))
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)


def test_sub_model_up_to_a_layer_and_backend_function(rng):
    model = two_branches()
    pooled = keras.Model(model.input, model.get_layer("pool").output)
    x = inputs(rng)
    assert pooled(x[:1] if len(pooled.inputs) == 1 else x).shape == (3, 5)
    compute = keras.backend.function([model.inputs[0]], [model.get_layer("conv").output])
    (maps,) = compute([x[0]])
    assert maps.shape == (3, 6, 6, 5)


def test_layer_lists_can_be_cut_and_extended(rng):
    model = keras.Sequential([layers.Input((6,)), layers.Dense(5), layers.Dense(4, name="old")])
    longer = keras.Sequential([*model.layers[:-1], layers.Dense(3, name="new")])
    longer.build((None, 6))
    assert longer.layers[0] is model.layers[0]
    assert longer(rng.normal(size=(2, 6))).shape == (2, 3)
    model.pop()
    assert model(rng.normal(size=(2, 6))).shape == (2, 5)
    model.add(layers.Dense(7))
    assert model.output_shape((None, 6)) == (None, 7)


def test_sequential_without_a_shape_is_built_by_the_first_batch(rng):
    model = keras.Sequential([layers.Flatten(), layers.Dense(3)])
    assert not model.built
    assert model(rng.normal(size=(2, 4, 5))).shape == (2, 3)
    assert model.count_params() == 63


class ResidualUnit(layers.Layer):
    """The book's unit: composes layers, has no backward of its own."""

    def __init__(self, filters, strides=1, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.filters, self.strides = filters, strides
        self.activation = keras.activations.get(activation)
        convolution = {"padding": "same", "use_bias": False}
        self.main_layers = [
            layers.Conv2D(filters, 3, strides=strides, **convolution),
            layers.BatchNormalization(),
            layers.Activation(activation),
            layers.Conv2D(filters, 3, **convolution),
            layers.BatchNormalization(),
        ]
        self.skip_layers = []
        if strides > 1:
            self.skip_layers = [
                layers.Conv2D(filters, 1, strides=strides, **convolution),
                layers.BatchNormalization(),
            ]

    def call(self, inputs):
        z = inputs
        for layer in self.main_layers:
            z = layer(z)
        skip = inputs
        for layer in self.skip_layers:
            skip = layer(skip)
        return self.activation(z + skip)


def test_subclass_layer_that_composes_layers_is_traced(rng):
    model = keras.Sequential(
        [layers.Input((8, 8, 64)), ResidualUnit(64), ResidualUnit(128, strides=2)]
    )
    assert model.layers[0].count_params() == 74_240
    assert model.layers[1].count_params() == 230_912
    x = rng.normal(size=(2, 8, 8, 64))
    assert model(x).shape == (2, 4, 4, 128)
    dx, gradients = model.vector_jacobian_product(x, np.ones((2, 4, 4, 128)), training=True)
    assert dx.shape == x.shape
    assert len(gradients) == len(model.trainable_weights) == 15


class OwnBackward(layers.Layer):
    """A subclass with its own forward and backward."""

    def forward(self, x, training):
        return x * x, x

    def backward(self, dy, cache):
        return 2 * dy * cache


def test_subclass_layer_with_its_own_backward(rng):
    model = keras.Sequential([layers.Input((3,)), OwnBackward()])
    x = rng.normal(size=(2, 3)).astype(np.float32)
    dx, _ = model.vector_jacobian_product(x, np.ones((2, 3)))
    np.testing.assert_allclose(dx, 2 * x, rtol=1e-6)


class Classifier(keras.Model):
    """A subclassed model whose call depends on the mode."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(5, activation="relu")
        self.drop = layers.Dropout(0.5)
        self.top = layers.Dense(2)

    def call(self, inputs, training=None):
        x = self.hidden(inputs)
        if training:
            x = self.drop(x)
        return self.top(x)


def test_subclassed_model_is_traced_for_each_mode(rng):
    model = Classifier()
    x = rng.normal(size=(4, 3)).astype(np.float32)
    assert model(x).shape == (4, 2)
    assert len(model.weights) == 4
    np.testing.assert_array_equal(model(x), model(x))
    assert not np.array_equal(model(x, training=True), model(x))


def test_input_gradient_is_that_of_the_formula(rng):
    model = keras.Sequential(
        [layers.Input((3,), dtype="float64"), layers.Dense(2, dtype="float64")]
    )
    x, dy = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    dx, (dkernel, dbias) = model.vector_jacobian_product(x, dy)
    kernel = model.layers[0].kernel.value
    np.testing.assert_allclose(dx, dy @ kernel.T)
    np.testing.assert_allclose(dkernel, x.T @ dy)
    np.testing.assert_allclose(dbias, dy.sum(axis=0))


def test_freezing_moves_parameters_between_the_counts():
    model = two_branches()
    total = model.count_params()
    model.get_layer("conv").trainable = False
    lines = []
    model.summary(print_fn=lines.append)
    assert lines[-3].startswith(f"Total params: {total:,} ")
    assert lines[-2].startswith(f"Trainable params: {total - 140:,} ")
    assert lines[-1].startswith("Non-trainable params: 140 ")
    model.trainable = False
    assert model.trainable_weights == []


def test_summary_has_keras_rows(tf_keras):
    def rows(k):
        model = k.Sequential(
            [
                k.layers.Input((28, 28, 1)),
                k.layers.Conv2D(6, 5, padding="same"),
                k.layers.BatchNormalization(),
                k.layers.AveragePooling2D(pool_size=2),
                k.layers.Flatten(),
                k.layers.Dense(10),
            ]
        )
        trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
        return [layer.count_params() for layer in model.layers], model.count_params(), trainable

    assert rows(keras) == rows(tf_keras)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: keras.Sequential([3]), r"Sequential 's.*': add takes a layer, got 3"),
        (
            lambda: keras.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]),
            "has a layer named 'a' already",
        ),
        (lambda: keras.Sequential().pop(), "has no layer to remove"),
        (lambda: keras.Model(np.zeros(3), np.zeros(3)), "inputs must be symbolic tensors, got nda"),
        (lambda: two_branches().get_layer("none"), "has no layer 'none'; it has \\['image'"),
        (lambda: two_branches().get_layer(index=99), "got index 99"),
        (
            lambda: two_branches()([np.zeros((1, 8, 8, 4)), np.zeros((1, 4))]),
            r"input .image. must have shape \(None, 8, 8, 3\), got \(1, 8, 8, 4\)",
        ),
        (lambda: two_branches()(np.zeros((1, 8, 8, 3))), "has 2 inputs, got 1"),
        (lambda: two_branches().set_weights([]), r"has 8 weights, got 0"),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
