"""Layers that are random in training: rates, masks, seeds, states."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import layers, random

RANDOM = {
    "Dropout": {"rate": 0.4},
    "SpatialDropout2D": {"rate": 0.4},
    "GaussianDropout": {"rate": 0.4},
    "AlphaDropout": {"rate": 0.4},
    "GaussianNoise": {"stddev": 0.7},
}
ONES = np.ones((8, 5, 6, 7), np.float32)


def make(name, **arguments):
    return getattr(layers, name)(**{**RANDOM[name], **arguments})


@pytest.mark.parametrize("name", RANDOM)
def test_inference_changes_nothing(name):
    layer = make(name)
    assert_array_equal(layer(ONES), ONES)
    y, cache = layer.forward(ONES, False)
    assert_array_equal(layer.backward(y, cache), y)


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_bits_pass_by_pass(name):
    one, other = make(name, seed=5), make(name, seed=5)
    first = one(ONES, training=True)
    assert_array_equal(first, other(ONES, training=True))
    second = one(ONES, training=True)
    assert_array_equal(second, other(ONES, training=True))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, make(name, seed=6)(ONES, training=True))


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_seed_the_library_draws_one(name):
    results = []
    for seed in (1, 1, 2):
        random.set_random_seed(seed)
        results.append(make(name)(ONES, training=True))
    assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


@pytest.mark.parametrize("name", RANDOM)
def test_a_saved_state_goes_on_to_the_bit(name):
    layer = make(name)
    layer(ONES, training=True)
    state = layer.rng_state
    expected = layer(ONES, training=True)
    twin = make(name)
    twin.rng_state = state
    assert_array_equal(twin(ONES, training=True), expected)
    assert all(type(part) is int for part in state)


@pytest.mark.parametrize("name", RANDOM)
def test_two_uses_in_one_pass_differ_but_go_backward_each_with_its_own_mask(name):
    layer = make(name)
    (y1, cache1), (y2, cache2) = layer.forward(ONES, True), layer.forward(ONES, True)
    assert not np.array_equal(y1, y2)
    if name in ("GaussianNoise", "AlphaDropout"):
        return
    assert_array_equal(layer.backward(ONES, cache1), y1)
    assert_array_equal(layer.backward(ONES, cache2), y2)


@pytest.mark.parametrize("name", RANDOM)
def test_backward_is_the_slope_of_forward(name, rng):
    layer = make(name, dtype="float64")
    x, d, dy = rng.standard_normal((3, 4, 5, 5, 3))
    state = layer.rng_state
    _, cache = layer.forward(x, True)
    dx = layer.backward(dy, cache)
    values = []
    for sign in (1, -1):
        layer.rng_state = state
        values.append(np.vdot(layer.forward(x + sign * 1e-4 * d, True)[0], dy))
    assert_allclose(np.vdot(dx, d), (values[0] - values[1]) / 2e-4, rtol=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.9])
def test_dropout_keeps_the_mean(rate, dtype):
    layer = layers.Dropout(rate, seed=1, dtype=dtype)
    y = layer(np.ones((500, 100)), training=True)
    assert y.dtype == dtype
    kept = y != 0
    assert_allclose(y[kept], 1 / (1 - rate), rtol=1e-6)
    assert_allclose(kept.mean(), 1 - rate, atol=0.01)
    assert_allclose(kept.mean(axis=0), 1 - rate, atol=0.12)  # no column is favoured


def test_a_noise_shape_drops_whole_parts():
    y = layers.Dropout(0.5, noise_shape=(None, 1, 1, 7), seed=1)(ONES, training=True)
    assert_array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    assert 0 < (y[:, 0, 0] == 0).mean() < 1


@pytest.mark.parametrize(
    ("make", "shape", "drawn"),
    [
        (layers.SpatialDropout1D, (6, 4, 9), (6, 1, 9)),
        (layers.SpatialDropout2D, (6, 4, 3, 9), (6, 1, 1, 9)),
        (layers.SpatialDropout3D, (6, 4, 3, 2, 9), (6, 1, 1, 1, 9)),
    ],
)
def test_spatial_dropout_drops_whole_maps(make, shape, drawn):
    for data_format in ("channels_last", "channels_first"):
        x = np.ones(shape, np.float32)
        x = x if data_format == "channels_last" else np.moveaxis(x, -1, 1)
        y = make(0.5, seed=1, data_format=data_format)(x, training=True)
        y = y if data_format == "channels_last" else np.moveaxis(y, 1, -1)
        first = y[tuple(slice(n) for n in drawn)]
        assert_array_equal(y, np.broadcast_to(first, shape))
        assert 0 < (first == 0).mean() < 1


def test_alpha_dropout_keeps_mean_and_variance(rng):
    x = rng.standard_normal((400, 500)).astype(np.float32)
    y = layers.AlphaDropout(0.3, seed=2)(x, training=True)
    assert_allclose([y.mean(), y.std()], [0, 1], atol=0.01)


def test_gaussian_layers_have_the_stated_deviation():
    x = np.ones((400, 500), np.float32)
    noise = layers.GaussianNoise(0.5, seed=3)(x, training=True)
    assert_allclose([noise.mean(), noise.std()], [1, 0.5], atol=0.01)
    factor = layers.GaussianDropout(0.2, seed=3)(x, training=True)
    assert_allclose([factor.mean(), factor.std()], [1, 0.5], atol=0.01)


@pytest.mark.parametrize("name", RANDOM)
def test_config_and_empty_batches(name):
    layer = make(name, seed=4)
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    assert_array_equal(twin(ONES, training=True), layer(ONES, training=True))
    assert layer(ONES[:0], training=True).shape == (0, 5, 6, 7)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout"])
def test_a_rate_outside_its_interval_is_refused(name, rate):
    with pytest.raises(ValueError, match=rf"{name} 'd': rate must be in \[0, 1\), got"):
        getattr(layers, name)(rate, name="d")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: layers.Dropout("0.5"), TypeError, "rate must be a number"),
        (lambda: layers.GaussianNoise(-1), ValueError, "stddev must be in"),
        (lambda: layers.Dropout(0.5, seed=-1), ValueError, "seed must be an integer"),
        (
            lambda: layers.Dropout(0.5, noise_shape=(None, 2)).output_shape((None, 3)),
            ValueError,
            r"noise_shape \(None, 2\) must broadcast to the input's shape \(None, 3\)",
        ),
        (lambda: layers.SpatialDropout2D(0.5)(np.ones((1, 2, 3))), ValueError, "input must have 4"),
    ],
)
def test_bad_arguments_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
