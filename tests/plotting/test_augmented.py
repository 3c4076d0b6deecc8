"""Augmentation samples: the image first, then changes of it alone."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.plotting import augmentation
from minicnn.preprocessing.image import ImageDataGenerator

pytest.importorskip("matplotlib", reason="pictures need the plot extra")


def tiles(figure, size):
    (shown,) = figure.axes[0].get_images()
    picture = np.asarray(shown.get_array())
    return [picture[:, left : left + size] for left in range(0, picture.shape[1], size + 1)]


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)


SOURCES = [
    lambda: layers.RandomFlip("horizontal"),
    lambda: keras.Sequential([layers.Input((6, 6, 3)), layers.RandomFlip("horizontal")]),
    lambda: ImageDataGenerator(horizontal_flip=True, rescale=99, samplewise_center=True),
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_every_tile_is_the_image_or_its_mirror(source, dtype, image):
    keras.utils.set_random_seed(1)
    given = image if dtype == np.uint8 else (image / 255).astype(np.float32)
    first, *rest = tiles(augmentation(source(), given, 12, columns=13), 6)
    np.testing.assert_allclose(first, image / 255, atol=1e-6)
    mirrored = [np.allclose(tile, first[:, ::-1], atol=1e-6) for tile in rest]
    kept = [np.allclose(tile, first, atol=1e-6) for tile in rest]
    assert len(rest) == 12 and np.logical_xor(mirrored, kept).all()
    assert any(mirrored) and any(kept)


def test_bytes_stay_in_their_range(image):
    (first, *rest) = tiles(augmentation(lambda x, training: x + 200, image, 3, columns=4), 6)
    for tile in rest:
        np.testing.assert_allclose(tile, np.minimum(first * 255 + 200, 255) / 255, atol=1e-6)


def test_the_picture_is_written(image, tmp_path):
    augmentation(layers.RandomRotation(0.1), image, path=tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("source", "shape", "count", "message"),
    [
        (layers.RandomFlip(), (6, 6), 2, r"image must have shape \[H, W, 1 or 3\], got \(6, 6\)"),
        (layers.RandomFlip(), (6, 6, 2), 2, "image must have shape"),
        (layers.RandomFlip(), (0, 6, 3), 2, "image must have shape"),
        (layers.RandomFlip(), (6, 6, 3), 0, "count must be an integer of at least 1, got 0"),
        (layers.RandomFlip(), (6, 6, 3), 2.0, "count must be an integer of at least 1, got 2.0"),
        (layers.CenterCrop(3, 3), (6, 6, 3), 2, r"source must keep the shape .* \(3, 3, 3\)"),
    ],
)
def test_what_cannot_be_shown_is_refused(source, shape, count, message):
    with pytest.raises(ValueError, match=message):
        augmentation(source, np.zeros(shape, np.uint8), count)
    with pytest.raises(TypeError, match="source must be a layer or a generator, got 'flip'"):
        augmentation("flip", np.zeros((6, 6, 3), np.uint8))
