"""Descriptions with something wrong anywhere: a model is made, or a FormatError is raised."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import layers
from minicnn.errors import FormatError
from minicnn.layers.weight import awaiting_values


def ours():
    image, extra = layers.Input((8, 8, 1), name="image"), layers.Input((4,), name="extra")
    x = layers.Conv2D(2, 3, activation="relu", kernel_regularizer="l2", name="c")(image)
    x = layers.BatchNormalization(name="b")(layers.MaxPooling2D(name="p")(x))
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(18, name="d")], name="inner")
    x = layers.Flatten(name="f")(x) + inner(extra) * 2.0
    model = keras.Model([image, extra], [layers.Dropout(0.5, name="o")(x), x], name="m")
    return json.loads(model.to_json())


def theirs():
    def layer(class_name, name, inbound, **config):
        config = {"name": name, "trainable": True, "dtype": "float32", **config}
        return {"class_name": class_name, "config": config, "name": name, "inbound_nodes": inbound}

    def tensor(name, call=0):
        history = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}
        return {"class_name": "__keras_tensor__", "config": history}

    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    entries = [
        layer("InputLayer", "x", [], batch_shape=[None, 4]),
        layer("Dense", "d", [[["x", 0, 0, {}]], {"args": [tensor("x")], "kwargs": {}}], units=4,
              kernel_initializer={"class_name": "GlorotUniform", "config": {"seed": None}}),
        layer("Add", "a", [{"args": [[tensor("d"), tensor("d", 1)]], "kwargs": {}}], dtype=policy),
        layer("Multiply", "m", [{"args": [tensor("a"), 2.0], "kwargs": {}}]),
        layer("Dropout", "o", [[["m", 0, 0, {"training": True}]]], rate=0.5),
    ]  # fmt: skip
    config = {"name": "m", "layers": entries, "input_layers": [["x", 0, 0]]}
    return {"class_name": "Functional", "config": {**config, "output_layers": ["o", 0, 0]}}


def places(value, path=()):
    """The path to every part of a description."""
    found = [path] if path else []
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += places(value[key], (*path, key))
    return found


ODD = (
    *(None, True, -1, 0, 3, 2**70, 1e308, float("nan"), "", "x", "relu", "os.system", "Lambda"),
    *([], [[]], [None], ["x", 0, 0], [3, 3], {}, {"class_name": "Dense", "config": {}}),
    *({"class_name": "Popen"}, {"class_name": None}, {"config": []}, {"items": 3}),
)


@pytest.mark.parametrize("make", [ours, theirs])
@settings(max_examples=200)
@given(data=st.data())
def test_one_thing_wrong(make, data):
    description = make()
    target = changed = copy.deepcopy(description)
    path = data.draw(st.sampled_from(places(description)))
    for key in path[:-1]:
        target = target[key]
    action = data.draw(st.sampled_from(["replace", "remove", "double", "rename"]))
    if action == "remove" or (action == "rename" and not isinstance(target, dict)):
        del target[path[-1]]
    elif action == "rename":
        target[data.draw(st.sampled_from(["units", "name", "x", "config"]))] = target.pop(path[-1])
    elif action == "double" and isinstance(target, list):
        target.append(copy.deepcopy(target[path[-1]]))
    else:
        target[path[-1]] = data.draw(st.sampled_from(ODD))
    try:
        with awaiting_values(10**6):
            model = keras.models.model_from_json(json.dumps(changed))
    except FormatError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(model, keras.Model)
