"""Random shifts: by whole pixels, by fractions, and their gradients."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import layers
from minicnn.layers import resampling


def shifted(image, down, right):
    """The image moved into zeros, written pixel by pixel."""
    moved = np.zeros_like(image)
    height, width = image.shape[:2]
    for i in range(height):
        for j in range(width):
            if 0 <= i - down < height and 0 <= j - right < width:
                moved[i, j] = image[i - down, j - right]
    return moved


def test_every_shift_by_whole_pixels_is_drawn(rng):
    layer = layers.RandomTranslation(2.5 / 28, 2.5 / 28, "constant", "nearest", seed=1)
    image = rng.random((7, 7, 1)).astype(np.float32)
    image = np.pad(image, ((0, 21), (0, 21), (0, 0)))
    seen = {}
    for moved in layer(np.repeat(image[None], 400, axis=0)):
        fitting = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(moved, shifted(image, down, right))
        ]
        assert len(fitting) == 1
        seen[fitting[0]] = seen.get(fitting[0], 0) + 1
    assert len(seen) == 25 and max(seen.values()) < 40


@pytest.mark.parametrize("fill_value", [0.0, 0.25])
def test_slices_give_what_the_sparse_matrix_gives(rng, fill_value):
    arguments = {"interpolation": "nearest", "fill_value": fill_value, "seed": 3}
    fast = layers.RandomTranslation(0.9, (-0.2, 1), "constant", **arguments)
    x = rng.random((6, 5, 9, 2)).astype(np.float32)
    y, (drawn, _, shape) = fast.forward(x, True)
    maps = np.zeros((6, 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = 1
    maps[:, :, 2] = -drawn
    expected = resampling.affine(x, maps, "nearest", "constant", fill_value)
    assert_array_equal(y, expected)
    dy = rng.random(shape).astype(np.float32)
    expected = resampling.affine_adjoint(dy, maps, "nearest", "constant")
    assert_array_equal(fast.backward(dy, (drawn, None, shape)), expected)


def test_integers_above_one_are_refused():
    with pytest.raises(ValueError, match=r"height_factor must be a finite number in \[-1"):
        layers.RandomTranslation(2, 2)


def test_the_gradient_of_a_fractional_shift_is_the_transpose(rng):
    layer = layers.RandomTranslation(0.3, 0.3, "reflect", seed=3, dtype="float64")
    x, dy = rng.random((2, 3, 6, 5, 2))
    y, cache = layer.forward(x, True)
    assert_allclose(np.vdot(y, dy), np.vdot(x, layer.backward(dy, cache)), rtol=1e-12)
