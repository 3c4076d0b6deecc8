"""Initializers: moments, bounds, seeds, names and refusals."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import initializers, random

SHAPE = (3, 3, 40, 60)  # fans 360 and 540
RANDOM = [
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
    "Orthogonal",
]


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / (360 + 540)),
        ("glorot_normal", 2 / (360 + 540)),
        ("he_uniform", 2 / 360),
        ("he_normal", 2 / 360),
        ("lecun_uniform", 1 / 360),
        ("lecun_normal", 1 / 360),
    ],
)
def test_variance_and_largest_value(name, variance):
    values = initializers.get({"class_name": name, "config": {"seed": 1}})(SHAPE)
    assert values.dtype == np.float32
    assert_allclose(values.var(), variance, rtol=0.03)
    assert abs(values.mean()) < 0.03 * np.sqrt(variance)
    # A uniform ends at sqrt(3) deviations; a normal is cut at two of its own before scaling.
    limit = np.sqrt(3) if "uniform" in name else 2 / 0.87962566103423978
    assert_allclose(np.abs(values).max(), limit * np.sqrt(variance), rtol=0.01)


@pytest.mark.parametrize("name", RANDOM)
def test_distribution_is_that_of_keras(tf_keras, name):
    mine = getattr(initializers, name)(seed=3)(SHAPE)
    theirs = np.array(getattr(tf_keras.initializers, name)(seed=3)(SHAPE))
    quantiles = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1] if name not in ("RandomNormal", "Orthogonal") else [
        *(0.1, 0.3, 0.5, 0.7, 0.9)
    ]  # fmt: skip
    near = 0.06 * theirs.std()
    assert_allclose(np.quantile(mine, quantiles), np.quantile(theirs, quantiles), atol=near)


@pytest.mark.parametrize("name", RANDOM)
def test_seeds(name):
    make = getattr(initializers, name)
    seeded = make(seed=5)
    first = seeded((4, 6))
    assert_array_equal(first, seeded((4, 6)))
    assert_array_equal(first, make(seed=5)((4, 6)))
    assert not np.array_equal(first, make(seed=6)((4, 6)))

    unseeded = make()
    assert_array_equal(unseeded((4, 6)), unseeded((4, 6)))
    assert not np.array_equal(unseeded((4, 6)), make()((4, 6)))
    assert unseeded.get_config()["seed"] is None


def test_the_library_seed_repeats_unseeded_initializers():
    state = random.get_state()
    try:
        draws = []
        for _ in range(2):
            random.set_random_seed(7)
            draws.append([initializers.get("he_normal")((3, 4)) for _ in range(2)])
    finally:
        random.set_state(state)
    assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(*draws[0])


def test_a_generator_can_be_given():
    initializer = initializers.GlorotUniform(seed=1)
    rng = np.random.default_rng(2)
    assert not np.array_equal(initializer((5,), rng=rng), initializer((5,), rng=rng))


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 2, 2, 5)])
def test_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2, seed=1)(shape, dtype="float64").reshape(-1, shape[-1])
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    assert_allclose(matrix.T @ matrix, 4 * np.eye(matrix.shape[1]), atol=1e-12)


def test_constants():
    assert_array_equal(initializers.Constant([1.0, 2.0])((2, 2)), [[1, 2], [1, 2]])
    assert_array_equal(initializers.get("ones")((2,)), [1, 1])
    assert_array_equal(initializers.get("zeros")((2,)), [0, 0])
    assert_array_equal(initializers.Identity(3)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    assert initializers.Constant(2)((1,)).flags.writeable


@pytest.mark.parametrize("name", initializers.registry.names())
def test_config_round_trip(name):
    one = initializers.get(name)
    config = json.loads(json.dumps(initializers.serialize(one)))
    other = initializers.deserialize(config)
    assert type(other) is type(one)
    assert other.get_config() == one.get_config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.get("glorot"), "no initializer is called 'glorot'"),
        (lambda: initializers.get(3), "must be a name or an initializer"),
        (lambda: initializers.HeNormal(seed=1.5), "seed must be an integer or None"),
        (lambda: initializers.HeNormal(seed=True), "seed must be an integer or None"),
        (lambda: initializers.RandomNormal(stddev=-1), "stddev must be finite and at least 0"),
        (lambda: initializers.RandomNormal(mean=np.nan), "mean must be finite"),
        (lambda: initializers.RandomUniform(1, 0), "maxval must be finite and at least 1"),
        (lambda: initializers.VarianceScaling(0), "scale must be positive"),
        (lambda: initializers.VarianceScaling(mode="fan"), "mode must be one of"),
        (lambda: initializers.VarianceScaling(distribution="x"), "distribution must be one of"),
        (lambda: initializers.Constant("a"), "value must be finite real numbers"),
        (lambda: initializers.Identity()((2, 2, 2)), "shape must have 2 axes"),
        (lambda: initializers.Orthogonal()((2,)), "shape must have at least 2 axes"),
        (lambda: initializers.Zeros()((2,), dtype="int32"), "dtype: must be one of"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
