"""AlexNet's lighting: colors along the principal components."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.layer_checks import case, check_config

from minicnn import layers


def colored(rng):
    """Images whose pixels vary much along (1, 1, 1), little across it."""
    gray = rng.normal(128, 40, (16, 12, 10, 1))
    return (gray + rng.normal(0, 5, (16, 12, 10, 3))).astype(np.float32)


def test_colors_follow_the_covariance_of_the_pixels(rng):
    x = colored(rng)
    layer = layers.RandomLighting(seed=1)
    layer.adapt(x)
    pixels = x.reshape(-1, 3) / 255
    values, vectors = np.array(layer.eigenvalues), np.array(layer.eigenvectors)
    assert_allclose(vectors * values @ vectors.T, np.cov(pixels.T, bias=True), atol=1e-8)
    many = np.zeros((20_000, 1, 1, 3), np.float32)
    colors = layer(many)[:, 0, 0] / 255
    # The covariance of Σ p_k α_k λ_k is P (0.1 λ)² Pᵀ.
    expected = vectors * (0.1 * values) ** 2 @ vectors.T
    assert_allclose(np.cov(colors.T), expected, atol=0.05 * np.abs(expected).max())


def test_one_color_for_all_of_an_image(rng):
    x = colored(rng)
    layer = layers.RandomLighting(seed=1)
    layer.adapt(x)
    added = layer(x) - x
    assert_allclose(added, np.broadcast_to(added[:, :1, :1], x.shape), atol=1e-4)
    assert len(np.unique(added[:, 0, 0, 0])) == len(x)
    assert_array_equal(layer(x, training=False), x)
    _, cache = layer.forward(x, True)
    assert_array_equal(layer.backward(x, cache), x)


def test_configuration(rng):
    x = colored(rng)
    layer = layers.RandomLighting(seed=1)
    layer.adapt(x)
    twin = layers.RandomLighting.from_config(layer.get_config())
    assert_array_equal(twin(x), layer(x))
    components = {"eigenvalues": layer.eigenvalues, "eigenvectors": layer.eigenvectors}
    check_config(case("RandomLighting", (2, 4, 4, 3), **components), rng)
    first = layers.RandomLighting(seed=1, data_format="channels_first")
    first.adapt(np.moveaxis(x, -1, 1))
    assert_allclose(first.eigenvalues, layer.eigenvalues)


def test_refused(rng):
    x = colored(rng)
    with pytest.raises(ValueError, match=r"RandomLighting '.*': call adapt\(data\) first"):
        layers.RandomLighting()(x)
    with pytest.raises(ValueError, match="given both or neither"):
        layers.RandomLighting(eigenvalues=[1])
    with pytest.raises(ValueError, match="must be a square"):
        layers.RandomLighting(eigenvalues=[1, 2], eigenvectors=[[1]])
    with pytest.raises(ValueError, match="images must have 1 channels, got 3"):
        layers.RandomLighting(eigenvalues=[1], eigenvectors=[[1]])(x)
    with pytest.raises(ValueError, match="value_range must not be empty"):
        layers.RandomLighting(value_range=(1, 1))
    with pytest.raises(ValueError, match="data must not be empty"):
        layers.RandomLighting().adapt(x[:0])
