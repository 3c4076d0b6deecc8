"""Descriptions of models by Keras of every era: the same network comes out of each."""

import json

import numpy as np
import pytest

import minicnn as keras
from minicnn.errors import FormatError
from minicnn.models.keras_config import from_keras, is_keras


def made(class_name, config):
    return keras.models.model_from_json(
        json.dumps({"class_name": class_name, "config": config, "keras_version": "any"})
    )


def layer(class_name, name, inbound=None, **config):
    entry = {"class_name": class_name, "name": name, "config": {"name": name, **config}}
    return entry if inbound is None else {**entry, "inbound_nodes": inbound}


def image(name="x"):
    return layer("InputLayer", name, [], batch_input_shape=[None, 8, 8, 3], dtype="float32")


KERAS_1 = [
    {
        "class_name": "Convolution2D",
        "config": {
            "name": "convolution2d_1", "trainable": True, "batch_input_shape": [None, 8, 8, 3],
            "input_dtype": "float32", "nb_filter": 4, "nb_row": 3, "nb_col": 2, "bias": True,
            "border_mode": "same", "subsample": [2, 1], "dim_ordering": "tf", "init": "he_normal",
            "activation": "relu", "W_regularizer": {"name": "L1L2", "class_name": "L1L2",
            "config": {"l1": 0.0, "l2": 0.5}}, "b_regularizer": None, "W_constraint": None,
            "b_constraint": None, "activity_regularizer": None,
        },
    },
    {"class_name": "MaxPooling2D", "config": {"name": "m", "pool_size": [2, 2], "strides": [2, 2],
     "border_mode": "valid", "dim_ordering": "tf", "trainable": True}},
    {"class_name": "BatchNormalization", "config": {"name": "b", "mode": 0, "axis": -1,
     "epsilon": 0.01, "momentum": 0.9, "gamma_init": "one", "beta_init": "zero",
     "gamma_regularizer": None, "beta_regularizer": None, "trainable": True}},
    {"class_name": "Dropout", "config": {"name": "o", "p": 0.25, "trainable": True}},
    {"class_name": "Flatten", "config": {"name": "f", "trainable": True}},
    {"class_name": "Dense", "config": {"name": "d", "output_dim": 5, "init": "glorot_uniform",
     "activation": "softmax", "bias": False, "W_regularizer": None, "b_regularizer": None,
     "W_constraint": None, "b_constraint": None, "activity_regularizer": None, "input_dim": None,
     "trainable": True}},
]  # fmt: skip


def test_keras_1_sequential():
    model = made("Sequential", KERAS_1)
    convolution, pool, norm, dropout, _, dense = model.layers
    assert convolution.kernel.shape == (3, 2, 3, 4)
    assert tuple(convolution.strides) == (2, 1) and convolution.padding == "same"
    assert convolution.kernel_regularizer.l2 == 0.5
    assert pool.padding == "valid" and (norm.epsilon, norm.momentum) == (0.01, 0.9)
    assert dropout.rate == 0.25 and (dense.units, dense.use_bias) == (5, False)
    assert model.output.shape == (None, 5)


def test_keras_1_merges():
    layers = [
        image(),
        layer("Convolution2D", "c", [[["x", 0, 0]]], nb_filter=3, nb_row=1, nb_col=1),
        layer("Merge", "s", [[["x", 0, 0], ["c", 0, 0]]], mode="sum", concat_axis=-1),
        layer("Merge", "m", [[["x", 0, 0], ["s", 0, 0]]], mode="concat", concat_axis=3),
    ]
    config = {"name": "m1", "layers": layers, "input_layers": [["x", 0, 0]]}
    model = made("Model", {**config, "output_layers": [["m", 0, 0]]})
    assert model.output.shape == (None, 8, 8, 6)
    layers[-1]["config"]["mode"] = "dot"
    with pytest.raises(FormatError, match="'m': Merge of mode 'dot' is not supported"):
        made("Model", {**config, "output_layers": [["m", 0, 0]]})


def test_theanos_layout_is_channels_first():
    first = {**KERAS_1[0], "config": {**KERAS_1[0]["config"], "dim_ordering": "th"}}
    assert made("Sequential", [first]).layers[0].data_format == "channels_first"


def test_sequential_that_only_knows_its_build_shape():
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 3}}
    config = {"name": "s", "layers": [dense], "build_input_shape": {"class_name": "__tuple__",
              "items": [None, 4]}}  # fmt: skip
    assert made("Sequential", config).count_params() == 15


def test_tf_keras_operators():
    layers = [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("TFOpLambda", "twice", [["x", 0, 0, {"y": 2.0}]], function="math.multiply"),
        layer("TFOpLambda", "plus", [["twice", 0, 0, {"y": ["x", 0, 0]}]], function="math.add"),
    ]
    config = {"name": "m", "layers": layers, "input_layers": ["x", 0, 0]}
    model = made("Functional", {**config, "output_layers": ["plus", 0, 0]})
    np.testing.assert_allclose(model(np.array([[1, 2, 3, 4]])), [[3, 6, 9, 12]])
    layers[1]["config"]["function"] = "os.system"
    with pytest.raises(FormatError, match="'twice': TFOpLambda of 2 arguments is not supported"):
        made("Functional", {**config, "output_layers": ["plus", 0, 0]})


def test_layers_in_any_order_shared_and_in_a_fixed_mode():
    layers = [
        layer("Add", "sum", [[["d", 0, 0, {}], ["d", 1, 0, {}]]]),
        layer("Dense", "d", [[["x", 0, 0, {}]], [["o", 0, 0, {}]]], units=4),
        layer("Dropout", "o", [[["d", 0, 0, {"training": False}]]], rate=0.5),
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
    ]
    config = {"name": "m", "layers": layers, "input_layers": {"in": ["x", 0, 0]}}
    model = made("Functional", {**config, "output_layers": {"out": ["sum", 0, 0]}})
    assert model.count_params() == 20
    result = model({"in": np.ones((1, 4), np.float32)}, training=True)
    np.testing.assert_array_equal(
        result["out"], model({"in": np.ones((1, 4), np.float32)}, training=False)["out"]
    )


def test_settings_that_change_nothing_are_dropped_and_others_refused():
    def norm(**settings):
        entry = {"class_name": "BatchNormalization", "config": {"name": "b", **settings}}
        return made("Sequential", {"name": "s", "layers": [entry]})

    harmless = {"synchronized": False, "renorm": False, "fused": True, "virtual_batch_size": None}
    assert norm(axis=[3], **harmless, dtype={"class_name": "DTypePolicy", "module": "keras",
                "config": {"name": "mixed_float16"}}).layers[0].axis == 3  # fmt: skip
    with pytest.raises(FormatError, match="'b': renorm=True is not supported"):
        norm(renorm=True)
    with pytest.raises(FormatError, match="'b': virtual_batch_size=4 is not supported"):
        norm(virtual_batch_size=4)


def test_what_is_keras_and_what_is_ours():
    x = keras.Input((4,))
    ours = keras.Model(x, keras.layers.Dense(2)(x))
    assert not is_keras(json.loads(ours.to_json()))
    assert is_keras({"class_name": "Sequential", "config": KERAS_1})
    config = {"layers": [image()], "input_layers": [["x", 0, 0]], "output_layers": [["x", 0, 0]]}
    assert is_keras({"class_name": "Model", "config": config})
    assert keras.Model.from_config(config).input_names == ["x"]


def graph(*layers, **changes):
    config = {"name": "m", "layers": [image(), *layers], "input_layers": [["x", 0, 0]]}
    return {"class_name": "Functional",
            "config": {**config, "output_layers": [["x", 0, 0]], **changes}}  # fmt: skip


REFUSED = [
    ("text", "'class_name': must be one of"),
    ({"class_name": "Popen", "config": {}}, "'class_name': must be one of .*got 'Popen'"),
    (graph(layers=3), "'layers': must be a list"),
    (graph("text"), "'layers': must be described by class_name and config"),
    (graph(layer("Dense", "x", [], units=3)), "'x': must be the name of one layer"),
    (graph(layer("Lambda", "l", [[["x", 0, 0]]], function="f")), "'l': Lambda holds code"),
    (
        graph(layer("Dense", "d", [[["x", 0, 0]]], activation={"class_name": "__lambda__"})),
        "'__lambda__': holds code",
    ),
    (
        graph(layer("ReLU", "a", [[["b", 0, 0]]]), layer("ReLU", "b", [[["a", 0, 0]]])),
        "'a': reads a tensor that nothing before it makes",
    ),
    (graph(layer("ReLU", "a", [[["a", 0, 0]]])), "'a': reads a tensor that nothing before"),
    (graph(layer("ReLU", "a", [[["x", 1, 0]]])), "'a': reads a tensor that nothing before"),
    (graph(layer("ReLU", "a", [[["x", -1, 0]]])), r"'a': must be \[layer, call, output\]"),
    (graph(layer("ReLU", "a", [[["x", True, 0]]])), r"'a': must be \[layer, call, output\]"),
    (graph(layer("ReLU", "a", [[[["x"], 0, 0]]])), r"'a': must be \[layer, call, output\]"),
    (graph(layer("ReLU", "a", [[]])), "'a': a call must name its inputs"),
    (graph(layer("ReLU", "a", {"x": 1})), "'a': inbound_nodes must be a list"),
    (graph(layer("ReLU", "a", [{"args": 3}])), "'a': a call must have args and kwargs"),
    (graph(layer("ReLU", "a", [{"args": [3]}])), "'a': a call must read a tensor"),
    (
        graph(layer("ReLU", "a", [[["x", 0, 0, {"run": "rm"}]]])),
        "'a': call argument run='rm' is not supported",
    ),
    (graph(output_layers=[]), "'output_layers': must be a list of tensors"),
    (graph(output_layers=[["x", 0]]), r"'output_layers': must be \[layer, call, output\]"),
    (graph(output_layers={"a": 3}), r"'output_layers': must be \[layer, call, output\]"),
]


@pytest.mark.parametrize(("entry", "message"), REFUSED)
def test_refused_descriptions(entry, message):
    with pytest.raises(FormatError, match=message):
        from_keras(entry)
