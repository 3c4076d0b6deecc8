"""Tiles: each filter, map or picture stands in its place, on the scale that was promised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.plotting import plot_feature_maps, plot_filters, plot_images
from minicnn.plotting.images import mosaic

pytest.importorskip("matplotlib", reason="pictures need the plot extra")


def shown(figure):
    """The array that the figure's one image shows."""
    (axes,) = figure.axes
    (image,) = axes.get_images()
    return np.asarray(image.get_array())


@given(
    count=st.integers(1, 9),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    columns=st.integers(1, 5),
    channels=st.sampled_from([1, 3]),
)
def test_mosaic_holds_every_tile(count, size, columns, channels):
    height, width = size
    tiles = np.arange(count * height * width * channels, dtype=float)
    tiles = tiles.reshape(count, height, width, channels) / 1e6
    picture = mosaic(tiles, columns)
    rows = -(-count // columns)
    assert picture.shape == (rows * (height + 1) - 1, columns * (width + 1) - 1, channels)
    for n, tile in enumerate(tiles):
        top, left = n // columns * (height + 1), n % columns * (width + 1)
        np.testing.assert_array_equal(picture[top : top + height, left : left + width], tile)
    assert (picture == 1).sum() == picture.size - tiles.size


def test_grey_filters_share_one_scale_around_zero(rng):
    kernel = rng.normal(size=(3, 3, 1, 2))
    kernel[0, 0, 0, 0] = -4  # the strongest weight
    kernel[1, 1, 0, 1] = 0
    picture = shown(plot_filters(kernel))
    assert picture.shape == (3, 7)
    assert picture[0, 0] == 0 and picture[1, 5] == 0.5
    np.testing.assert_allclose(picture[:, :3], kernel[:, :, 0, 0] / 8 + 0.5)
    np.testing.assert_allclose(picture[:, 4:], kernel[:, :, 0, 1] / 8 + 0.5)


def test_three_channels_are_colours_unless_one_is_chosen(rng):
    kernel = rng.normal(size=(3, 3, 3, 4))
    assert shown(plot_filters(kernel)).shape == (7, 7, 3)
    one = shown(plot_filters(kernel, channel=1))
    np.testing.assert_array_equal(one, shown(plot_filters(kernel[:, :, 1:2])))
    deep = rng.normal(size=(3, 3, 8, 4))
    np.testing.assert_array_equal(shown(plot_filters(deep)), shown(plot_filters(deep, channel=0)))


def test_filters_of_a_layer_and_of_zeros():
    class Layer:
        kernel = np.zeros((5, 5, 1, 6))

    assert (shown(plot_filters(Layer(), columns=6))[:, :5] == 0.5).all()


def test_feature_maps_have_their_own_scales():
    maps = np.stack([np.arange(6.0), 100 * np.arange(6.0), np.full(6, 7.0)], -1).reshape(2, 3, 3)
    picture = shown(plot_feature_maps(maps, columns=3))
    np.testing.assert_allclose(picture[:, :3], np.arange(6).reshape(2, 3) / 5)
    np.testing.assert_allclose(picture[:, 4:7], np.arange(6).reshape(2, 3) / 5)
    assert (picture[:, 8:] == 0).all()
    np.testing.assert_array_equal(shown(plot_feature_maps(maps[None], columns=3)), picture)


def test_images_of_bytes_and_floats():
    batch = np.array([[[0, 255]], [[51, 102]]], np.uint8)
    expected = [[0, 1, 1, 0.2, 0.4]]
    np.testing.assert_allclose(shown(plot_images(batch)), expected)
    np.testing.assert_allclose(shown(plot_images(batch[..., None] / 255)), expected)
    assert shown(plot_images(np.full((1, 2, 2, 3), 7.5))).max() == 1


def test_written_where_asked(tmp_path, rng):
    plot_filters(rng.normal(size=(3, 3, 1, 4)), tmp_path / "filters.png")
    plot_feature_maps(rng.normal(size=(4, 4, 4)), tmp_path / "maps.png")
    plot_images(rng.random((4, 4, 4)), tmp_path / "images.png")
    for name in ("filters", "maps", "images"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


ONES = np.ones((3, 3, 2, 4))


@pytest.mark.parametrize(
    "op, call, message",
    [
        (
            "plot_filters",
            lambda: plot_filters(ONES[0]),
            "kernel must have shape [KH, KW, C, F], got (3, 2, 4)",
        ),
        (
            "plot_filters",
            lambda: plot_filters(ONES[:0]),
            "kernel must have shape [KH, KW, C, F], got (0, 3, 2, 4)",
        ),
        ("plot_filters", lambda: plot_filters(ONES, channel=2), "channel must be in [0, 1], got 2"),
        (
            "plot_filters",
            lambda: plot_filters(ONES, channel=-1),
            "channel must be in [0, 1], got -1",
        ),
        (
            "plot_filters",
            lambda: plot_filters(ONES, columns=0),
            "columns must be at least 1, got 0",
        ),
        (
            "plot_filters",
            lambda: plot_filters(np.ones((1, 1, 1, 1025))),
            "at most 1024 tiles fit a picture, got 1025",
        ),
        (
            "plot_feature_maps",
            lambda: plot_feature_maps(ONES),
            "maps must have shape [H, W, C] or [1, H, W, C], got (3, 3, 2, 4)",
        ),
        ("plot_images", lambda: plot_images(ONES), "batch must have 1 or 3 channels, got 4"),
    ],
)
def test_refusals(op, call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == f"{op}: {message}"


def test_other_dtypes_are_refused():
    with pytest.raises(TypeError, match="kernel must hold numbers, got dtype complex128"):
        plot_filters(ONES * 1j)
