"""Constraints: projections as Keras', inputs unmodified."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import constraints

MADE = [
    constraints.NonNeg(),
    constraints.MaxNorm(1.0),
    constraints.MaxNorm(0.5, axis=[0, 1, 2]),
    constraints.UnitNorm(axis=1),
    constraints.MinMaxNorm(0.4, 0.8, rate=0.5, axis=(0, 1)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("constraint", MADE, ids=repr)
def test_equals_keras(tf_keras, constraint, dtype, rng):
    peer = getattr(tf_keras.constraints, type(constraint).__name__)(**constraint.get_config())
    w = rng.standard_normal((3, 3, 2, 4)).astype(dtype)
    before = w.copy()
    projected = constraint(w)
    assert projected.dtype == w.dtype
    assert_allclose(projected, np.array(peer(w)), rtol=1e-6, atol=1e-7)
    assert_array_equal(w, before)


@pytest.mark.parametrize("constraint", MADE, ids=repr)
def test_config_round_trip(constraint):
    config = json.loads(json.dumps(constraints.serialize(constraint)))
    twin = constraints.deserialize(config)
    w = np.arange(24.0).reshape(1, 2, 3, 4) - 12
    assert_array_equal(twin(w), constraint(w))


def test_names():
    assert constraints.get(None) is None
    assert isinstance(constraints.get("non_neg"), constraints.NonNeg)
    assert constraints.max_norm(3).max_value == 3
    double = lambda w: 2 * w  # noqa: E731
    assert constraints.get(double) is double


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constraints.get("norm"), "no constraint is called 'norm'"),
        (lambda: constraints.get(1), "must be a name or a callable"),
        (lambda: constraints.MaxNorm(-1), "max_value must be finite and at least 0"),
        (lambda: constraints.MaxNorm("2"), "max_value must be a number"),
        (lambda: constraints.MinMaxNorm(2, 1), "max_value must be finite and at least 2"),
        (lambda: constraints.UnitNorm(axis=0.5), "axis must be integers"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
