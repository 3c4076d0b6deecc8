"""Architectures as plain data: what is described is made again, with the same connections."""

import json

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.errors import FormatError
from minicnn.registry import custom_object_scope


def through_json(config):
    return json.loads(json.dumps(config))


def remade(model):
    """The model made again from its configuration, with the same weights."""
    copy = type(model).from_config(through_json(model.get_config()))
    copy.set_weights(model.get_weights())
    return copy


def assert_same(model, copy, *arrays, training=None):
    x = list(arrays) if len(arrays) > 1 else arrays[0]
    expected, got = model(x, training=training), copy(x, training=training)
    if not isinstance(expected, (list, dict)):
        expected, got = [expected], [got]
    if isinstance(expected, dict):
        assert list(got) == list(expected)
        expected, got = list(expected.values()), list(got.values())
    assert len(got) == len(expected)
    for one, other in zip(expected, got):
        np.testing.assert_array_equal(one, other)
    assert copy.get_config() == model.get_config()


def test_sequential(rng):
    model = keras.Sequential(
        [layers.Input((6, 6, 2)), layers.Conv2D(3, 3, activation="relu"), layers.Dense(4)],
        name="chain",
    )
    copy = remade(model)
    assert copy.name == "chain"
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    assert_same(model, copy, rng.normal(size=(2, 6, 6, 2)))


def test_sequential_that_begins_with_a_shape_on_its_first_layer(rng):
    model = keras.Sequential([layers.Dense(3, input_shape=(5,)), layers.Dense(2)])
    assert_same(model, remade(model), rng.normal(size=(2, 5)))


def test_sequential_without_a_shape_stays_without(rng):
    model = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    copy = keras.Sequential.from_config(through_json(model.get_config()))
    assert not copy.built
    assert copy(rng.normal(size=(4, 7))).shape == (4, 2)


def test_sequential_with_an_input_alone():
    model = keras.Sequential([layers.Input((5,))])
    copy = keras.Sequential.from_config(through_json(model.get_config()))
    copy.add(layers.Dense(3))
    assert copy.count_params() == 18


def test_several_inputs_and_outputs_and_a_shared_layer(rng):
    a, b = layers.Input((4,), name="a"), layers.Input((4,), name="b")
    shared = layers.Dense(3, activation="tanh")
    left, right = shared(a), shared(b)
    model = keras.Model([a, b], [layers.concatenate([left, right]), shared(a * 2), right])
    copy = remade(model)
    assert len(copy.weights) == 2
    assert_same(model, copy, rng.normal(size=(3, 4)), rng.normal(size=(3, 4)))


def test_a_layer_called_again_on_its_own_output(rng):
    x = layers.Input((4,))
    twice = layers.Dense(4, activation="tanh")
    model = keras.Model(x, twice(twice(twice(x))))
    assert_same(model, remade(model), rng.normal(size=(3, 4)))


def test_the_same_tensor_twice_and_a_list_of_one(rng):
    x = layers.Input((4,))
    y = layers.Concatenate()([layers.Add()([x, x, x])])
    model = keras.Model(x, y)
    assert_same(model, remade(model), rng.normal(size=(3, 4)))


def test_operators_and_constants(rng):
    x = layers.Input((3, 4))
    scale = rng.normal(size=4).astype(np.float32)
    y = (2.5 - x * scale) / 3 + abs(x) ** 2
    model = keras.Model(x, [y[:, 1:, ::2], -y, x @ np.ones((4, 2), np.float32)])
    assert_same(model, remade(model), rng.normal(size=(2, 3, 4)))


def test_dicts_of_inputs_and_outputs(rng):
    x, y = layers.Input((4,), name="x"), layers.Input((4,), name="y")
    model = keras.Model(
        {"first": x, "second": y}, {"sum": x + y, "product": layers.multiply([x, y])}
    )
    copy = remade(model)
    given = {"first": rng.normal(size=(2, 4)), "second": rng.normal(size=(2, 4))}
    assert_same(model, copy, given)


def test_nested_models(rng):
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(5), layers.Dense(4)], name="inner")
    x = layers.Input((4,))
    middle = keras.Model(x, inner(inner(x)) + x, name="middle")
    outer = keras.Sequential([layers.Input((4,)), middle, layers.Dense(2)], name="outer")
    copy = remade(outer)
    assert copy.layers[0].get_layer("inner").layers[0].units == 5
    assert_same(outer, copy, rng.normal(size=(3, 4)))


def test_sub_model_that_begins_at_a_tensor_inside(rng):
    x = layers.Input((4,))
    hidden = layers.Dense(6, name="input")(x)
    model = keras.Model(hidden, layers.Dense(2)(hidden + 1.0))
    copy = keras.Model.from_config(through_json(model.get_config()))
    copy.set_weights(model.get_weights())
    given = rng.normal(size=(3, 6))
    np.testing.assert_array_equal(copy(given), model(given))


def test_an_output_that_is_an_input(rng):
    x = layers.Input((4,))
    model = keras.Model(x, [x, layers.Dense(2)(x)])
    assert_same(model, remade(model), rng.normal(size=(3, 4)))


def test_mode_fixed_by_a_call(rng):
    x = layers.Input((50,))
    layer = layers.Dropout(0.5, seed=3)
    model = keras.Model(x, [layer(x, training=True), layer(x, training=False), layer(x)])
    copy = remade(model)
    always, never, _ = copy(np.ones((2, 50)))
    assert 0 < np.count_nonzero(always) < 100
    assert np.count_nonzero(never) == 100


def test_trainable_flags_come_back_one_by_one():
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(5), layers.Dense(4), layers.Dense(3)]
    )
    model.trainable = False
    model.layers[1].trainable = True
    copy = keras.Sequential.from_config(through_json(model.get_config()))
    assert not copy.trainable
    assert [layer.trainable for layer in copy.layers] == [False, True, False]


def test_dtype_comes_back(rng):
    model = keras.Sequential(
        [layers.Input((4,), dtype="float64"), layers.Dense(3, dtype="float64")]
    )
    assert remade(model)(rng.normal(size=(2, 4))).dtype == np.float64


class Block(layers.Layer):
    """Composes layers; tells its arguments by its attributes."""

    def __init__(self, units, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.scale = units, scale
        self.inside = layers.Dense(units)

    def call(self, inputs):
        return self.inside(inputs) * self.scale


class Net(keras.Model):
    """A subclassed model with call()."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first, self.second = layers.Dense(units), Block(units)

    def call(self, inputs):
        return self.second(self.first(inputs))


class Forgetful(keras.Model):
    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.inside = layers.Dense(width)

    def call(self, inputs):
        return self.inside(inputs)


def test_layers_of_ones_own_are_named_by_the_caller(rng):
    model = keras.Sequential([layers.Input((4,)), Block(3, scale=0.5)])
    config = through_json(model.get_config())
    with pytest.raises(FormatError, match=r"cannot be made, layer: no layer is called 'Block'"):
        keras.Sequential.from_config(config)
    with custom_object_scope({"Block": Block}):
        copy = keras.Sequential.from_config(config)
    copy.set_weights(model.get_weights())
    assert_same(model, copy, rng.normal(size=(2, 4)))


def test_subclassed_model(rng):
    model = Net(3)
    x = rng.normal(size=(2, 4))
    model(x)
    assert_same(model, remade(model), x)
    unbuilt = Net.from_config(through_json(Net(5).get_config()))
    assert not unbuilt.built and unbuilt.units == 5


def test_subclassed_model_that_does_not_keep_its_arguments():
    with pytest.raises(TypeError, match="keep the constructor argument 'width' as an attribute"):
        Forgetful(3).get_config()


def test_a_model_without_graph_has_nothing_to_describe():
    with pytest.raises(ValueError, match="has no layers to describe before it is built"):
        keras.Model().get_config()


def functional():
    x = layers.Input((4,), name="x")
    y = layers.Dense(3, name="d")(x)
    config = keras.Model(x, layers.Add(name="s")([y, y]), name="m").get_config()
    return through_json(config)


def changed(**changes):
    return {**functional(), **changes}


def node(index, **changes):
    config = functional()
    config["nodes"][index] = {**config["nodes"][index], **changes}
    return config


def layer(index, **changes):
    config = functional()
    config["layers"][index] = {**config["layers"][index], **changes}
    return config


REFUSED = [
    ("text", "'config': must be a dict, got 'text'"),
    ({}, "'layers': must be a list, got None"),
    (changed(layers={}), "'layers': must be a list"),
    (changed(nodes=3), "'nodes': must be a list, got 3"),
    (changed(nodes=[3]), "'nodes': must be dicts, got 3"),
    (changed(outputs=[]), "'outputs': must be a list of tensors"),
    (changed(outputs=[["d", 0, 1]]), "'outputs': must be a tensor made before, .* got"),
    (changed(outputs=[["d", 1, 0]]), "'outputs': must be a tensor made before"),
    (changed(outputs=[[["d"], {}, 0]]), "'outputs': must be a tensor made before"),
    (changed(outputs={"a": 7}), "'outputs': must be a tensor made before"),
    (changed(inputs=None), "'inputs': must be a list of tensors"),
    (changed(inputs=[["d", 0, 0]], outputs=[["x", 0, 0]]), "'m': is no graph, .* not among"),
    (node(0, layer="q"), "'nodes': must name a layer, got 'q'"),
    (node(0, layer=["d"]), "'nodes': must name a layer"),
    (node(0, inputs=["d", 0, 0]), "'d': must be a tensor made before"),
    (node(0, inputs=["s", 0, 0]), "'d': must be a tensor made before"),
    (node(0, inputs=[]), "'d': must have inputs"),
    (node(0, inputs=None), "'d': must have inputs, got None"),
    (node(0, training="yes"), "'d': training must be true or false, got 'yes'"),
    (node(1, inputs=["d", 0, 0]), "'s': does not take its inputs, Add 's': inputs must be a list"),
    (layer(1, class_name="os.system"), "'d': os.system cannot be made, layer: no layer is called"),
    (layer(1, class_name=3), "'layers': must be described by class_name and config"),
    (layer(1, class_name="Model"), "'layers': must be a list, got None"),
    (layer(1, config=None), "'Dense': must have a config, got None"),
    (layer(1, config={"name": "x", "units": 3}), "'x': two layers have this name"),
    (layer(1, config={"name": "d"}), "'d': Dense cannot be made, .*units"),
    (layer(1, config={"name": "d", "units": 3, "run": "rm"}), "'d': Dense cannot be made, .*'run'"),
    (layer(1, config={"name": "d", "units": -3}), "'d': Dense cannot be made, "),
    (layer(1, config={"name": "d", "units": 3, "activation": "eval"}), "cannot be made, .*'eval'"),
    (changed(nodes=functional()["nodes"][:1], outputs=[["d", 0, 0]]), "'s': is called by no node"),
]


@pytest.mark.parametrize(("config", "message"), REFUSED)
def test_refused_configurations(config, message):
    with pytest.raises(FormatError, match=message):
        keras.Model.from_config(config)
