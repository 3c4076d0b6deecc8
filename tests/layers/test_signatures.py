"""Arguments stand in Keras' order with Keras' defaults, so that positional listings run."""

import inspect

import pytest

from minicnn import constraints, initializers, layers, regularizers

LAYERS = [
    *("Dense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D"),
    *("SeparableConv1D", "SeparableConv2D"),
    *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"),
    *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"),
]
# Keras 3's own additions, which the library does not take.
EXTRA = ("lora_rank", "lora_alpha", "quantization_config", "input_axes", "output_axes")
# tf.keras 2 has (2, 2) where Keras 3 demands a pool size.
REQUIRED = {"AveragePooling1D": 2, "AveragePooling2D": 2, "AveragePooling3D": 2}


def _arguments(thing):
    """``[(name, default)]`` without ``self`` and the arguments of every layer."""
    parameters = list(inspect.signature(thing.__init__).parameters.values())[1:]
    return [
        (p.name, p.default)
        for p in parameters
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in (*EXTRA, "name", "trainable")
    ]


def _plain(default):
    """``(1, 1)`` and ``1`` mean the same."""
    if isinstance(default, tuple) and len(set(default)) == 1:
        return default[0]
    return default


@pytest.mark.parametrize("name", LAYERS)
def test_layers(tf_keras, name):
    mine = _arguments(getattr(layers, name))
    theirs = _arguments(getattr(tf_keras.layers, name))
    if "keepdims" in dict(mine):  # Keras takes these two as keywords through its base class
        theirs = theirs or [("data_format", None), ("keepdims", False)]
    if name == "Conv3DTranspose":  # Keras 3 swaps two; here they stand as in tf.keras 2 and in 2D
        theirs[4], theirs[5] = theirs[5], theirs[4]
    assert [n for n, _ in mine] == [n for n, _ in theirs]
    for (argument, default), (_, expected) in zip(mine, theirs):
        if expected is inspect.Parameter.empty and name in REQUIRED:
            expected = REQUIRED[name]
        assert _plain(default) == _plain(expected), argument


@pytest.mark.parametrize("module", [initializers, regularizers, constraints])
def test_rules(tf_keras, module):
    peers = getattr(tf_keras, module.__name__.rpartition(".")[2])
    classes = {module.registry.find(n) for n in module.registry.names()}
    compared = [c for c in classes if inspect.isclass(c) and _arguments(c)]
    assert len(compared) >= 3
    for mine in compared:
        theirs = _arguments(getattr(peers, mine.__name__))
        assert _arguments(mine) == theirs, mine.__name__
