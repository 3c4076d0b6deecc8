"""Random graphs, built twice: Keras lists their layers in the order we say."""

import random

import pytest

import minicnn as keras
from minicnn import layers
from minicnn.models.keras_order import keras_layers
from minicnn.models.weights import weight_groups


def random_graph(layers, model_class, seed):
    """A graph with shared layers, several inputs and outputs, the same for the same seed."""
    draw = random.Random(seed)
    inputs = [layers.Input((4,), name=f"input{i}") for i in range(draw.randint(1, 3))]
    tensors, dense = list(inputs), []
    for step in range(draw.randint(2, 14)):
        kind, name = draw.random(), f"layer{step}"
        if kind < 0.45 or not dense:
            dense.append(layers.Dense(4, name=name))
            made = dense[-1](draw.choice(tensors))
        elif kind < 0.6:
            made = draw.choice(dense)(draw.choice(tensors))
        elif kind < 0.8:
            made = layers.Add(name=name)([draw.choice(tensors), draw.choice(tensors)])
        else:
            both = [draw.choice(tensors), draw.choice(tensors)]
            made = layers.Dense(4, name=f"{name}d")(layers.Concatenate(name=name)(both))
        tensors.append(made)
    count = len(inputs)
    outputs = [tensors[-1], *(draw.choice(tensors[count:]) for _ in range(draw.randint(0, 2)))]
    return model_class(inputs, outputs)


@pytest.mark.parametrize("seed", range(40))
def test_layers_come_in_the_order_of_keras(tf_keras, seed):
    theirs = random_graph(tf_keras.layers, tf_keras.Model, seed)
    ours = random_graph(layers, keras.Model, seed)
    expected = [layer.name for layer in theirs.layers]
    assert [layer.name for layer in ours.layers] == expected
    expected = [name for name in expected if not name.startswith("input")]
    assert [layer.name for layer in keras_layers(ours)] == expected


def test_learning_weights_come_first_also_from_inner_models():
    inner = keras.Sequential(
        [layers.Input((4,)), layers.Dense(3, name="one"), layers.Dense(2, name="two")]
    )
    model = keras.Sequential([inner, layers.Dense(5, name="three")])
    inner.layers[0].trainable = False
    groups = {name: [label for label, _ in found] for name, found in weight_groups(model)}
    stem = inner.name
    assert groups == {
        stem: [f"{stem}/two/kernel", f"{stem}/two/bias", f"{stem}/one/kernel", f"{stem}/one/bias"],
        "three": ["three/kernel", "three/bias"],
    }
