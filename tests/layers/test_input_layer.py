"""Inputs: shapes, dtypes and refusals."""

import pytest

from minicnn import layers


def test_shape_dtype_and_layer():
    tensor = layers.Input((28, 28, 1), name="image")
    assert tensor.shape == (None, 28, 28, 1)
    assert tensor.dtype == "float32"
    assert tensor.name == "image"
    assert tensor.input_layer.name == "image"
    assert tensor.input_layer.output is tensor


def test_every_way_to_give_a_shape():
    shapes = [
        layers.Input(5).shape,
        layers.Input((5,)).shape,
        layers.Input(batch_shape=(None, 5)).shape,
        layers.InputLayer(input_shape=(5,)).output.shape,
        layers.InputLayer(batch_input_shape=(None, 5)).output.shape,
    ]
    assert set(shapes) == {(None, 5)}
    assert layers.Input((None, None, 3), batch_size=8).shape == (8, None, None, 3)


def test_dtypes():
    assert layers.Input((3,), dtype="float64").dtype == "float64"
    assert layers.Input((3,), dtype="float16").dtype == "float32"
    assert layers.Input((3,), dtype="uint8").dtype == "uint8"


def test_config_round_trip():
    layer = layers.InputLayer((4, None, 3), dtype="float64", name="x")
    twin = layers.InputLayer.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    assert twin.output.shape == (None, 4, None, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give shape or batch_shape"),
        ({"shape": (3,), "batch_shape": (None, 3)}, "give shape or batch_shape"),
        ({"shape": (3, 0)}, "must be positive"),
        ({"shape": (3, -1)}, "must be positive"),
        ({"shape": (2.5,)}, "must be integers or None"),
        ({"shape": ("3",)}, "must be integers or None"),
        ({"shape": (3,), "dtype": "complex64"}, "dtype must be that of real numbers"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        layers.Input(**arguments)
