"""Feature maps of any layer are those of a sub-model up to it."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.plotting import feature_maps
from minicnn.plotting.features import maps_of

pytest.importorskip("matplotlib", reason="pictures need the plot extra")


@pytest.fixture
def nested():
    inner = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(3, 3, name="deep"),
            keras.Sequential(
                [layers.Input((6, 6, 3)), layers.Conv2D(5, 3, name="deeper")], name="innermost"
            ),
        ],
        name="inner",
    )
    return keras.Sequential(
        [layers.Input((8, 8, 1), name="image"), layers.ReLU(name="first"), inner, layers.Flatten(),
         layers.Dense(2, name="last")]
    )  # fmt: skip


def test_maps_are_found_at_any_depth(nested, rng):
    x = rng.normal(size=(8, 8, 1)).astype(np.float32)
    inner = nested.get_layer("inner")
    deep, innermost = inner.layers
    first = np.maximum(x[None], 0)
    np.testing.assert_array_equal(maps_of(nested, x, "image"), x)
    np.testing.assert_array_equal(maps_of(nested, x, "first"), first[0])
    np.testing.assert_array_equal(maps_of(nested, x, "deep"), deep(first)[0])
    deeper = innermost(deep(first))[0]
    for layer in ("deeper", innermost.layers[0], "innermost", "inner", 1):
        np.testing.assert_allclose(maps_of(nested, x[None], layer), deeper, rtol=1e-5, atol=1e-6)


def test_maps_that_come_channels_first_are_turned(rng):
    model = keras.Sequential(
        [layers.Input((2, 6, 5)), layers.Conv2D(3, 1, data_format="channels_first", name="c")]
    )
    x = rng.normal(size=(2, 6, 5)).astype(np.float32)
    found = maps_of(model, x, "c")
    np.testing.assert_array_equal(found, model(x[None])[0].transpose(1, 2, 0))


def test_the_picture_is_written(nested, tmp_path):
    figure = feature_maps(nested, np.ones((8, 8, 1)), "deep", tmp_path / "f.png", most=2)
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    (shown,) = figure.axes[0].get_images()
    assert shown.get_array().shape == (6, 6 * 2 + 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (np.ones((8, 8, 1)), "third"),
            r"has no layer 'third'; it has image, first, inner, .*deeper",
        ),
        ((np.ones((8, 8, 1)), "last"), r"'last' must give maps \[1, H, W, C\], got \(1, 2\)"),
        ((np.ones((2, 8, 8, 1)), "first"), r"must give maps \[1, H, W, C\], got \(2, 8, 8, 1\)"),
        ((np.ones((7, 8, 1)), "first"), "image"),
        ((np.ones((8, 8, 1)), 9), "has 4 layers, got index 9"),
    ],
)
def test_what_gives_no_maps_is_refused(nested, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        feature_maps(nested, *arguments)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="most must be at least 1"):
        feature_maps(nested, np.ones((8, 8, 1)), "first", most=0)
