"""Pooling along channels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

CASES = [
    case(name, shape, **arguments)
    for name in ("DepthMaxPooling", "DepthAveragePooling")
    for shape, arguments in (
        ((2, 3, 4, 6), {"pool_size": 3}),
        ((2, 3, 7), {"pool_size": 3, "strides": 2}),
        ((2, 3, 4, 5), {"pool_size": 2, "padding": "same"}),
        ((2, 5), {"pool_size": 5}),
    )
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)


def test_against_numpy(rng):
    x = rng.standard_normal((2, 3, 4, 6)).astype(np.float32)
    groups = x.reshape(2, 3, 4, 2, 3)
    assert_allclose(layers.DepthMaxPooling(3)(x), groups.max(axis=-1))
    assert_allclose(layers.DepthAveragePooling(3)(x), groups.mean(axis=-1), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"pool_size": 0}, ValueError, "pool_size must be at least 1, got 0"),
        ({"pool_size": 2.0}, TypeError, "pool_size must be an integer"),
        ({"pool_size": 2, "strides": -1}, ValueError, "strides must be at least 1"),
        ({"pool_size": 2, "padding": "full"}, ValueError, "padding must be 'valid' or 'same'"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        layers.DepthMaxPooling(**arguments)


def test_a_window_larger_than_the_channels_is_refused():
    with pytest.raises(ValueError, match="pool_size 4 does not fit into 3 channels"):
        layers.DepthMaxPooling(4)(np.zeros((1, 2, 3)))
