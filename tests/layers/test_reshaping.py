"""Layers that only rearrange: Flatten, Reshape, Permute, RepeatVector, Identity."""

import numpy as np
import pytest
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

CASES = [
    case("Identity", (2, 3)),
    case("Flatten", (2, 3, 4, 5)),
    case("Flatten", (2, 3)),
    case("Flatten", (2, 3, 4, 5), data_format="channels_first"),
    case("Reshape", (2, 12), target_shape=(3, 4)),
    case("Reshape", (2, 3, 4), target_shape=(2, -1)),
    case("Reshape", (2, 3, 4), target_shape=(-1,)),
    case("Permute", (2, 3, 4, 5), dims=(3, 1, 2)),
    case("Permute", (2, 3, 4), dims=(2, 1)),
    case("RepeatVector", (2, 3), n=4),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_keras(tf, case, dtype, rng):
    checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_empty_batch_stays_empty(case):
    layer = case.layer("float32")
    x = np.zeros((0, *case.shape[1:]), np.float32)
    y, cache = layer.forward(x, True)
    assert y.shape == (0, *layer.output_shape((None, *case.shape[1:]))[1:])
    assert layer.backward(np.zeros_like(y), cache).shape == x.shape


def test_unknown_lengths_stay_unknown():
    assert layers.Flatten().output_shape((None, None, 4)) == (None, None)
    assert layers.Reshape((-1, 2)).output_shape((None, None, 4)) == (None, None, 2)


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: layers.Reshape((5, -1)), (None, 12), r"\(5, -1\) does not hold the 12 elements"),
        (lambda: layers.Reshape((5,)), (None, 12), r"\(5,\) does not hold the 12 elements"),
        (lambda: layers.Reshape((-1, -1)), (None, 12), "with one -1 at most"),
        (lambda: layers.Reshape((0, 12)), (None, 12), "must be positive lengths"),
        (lambda: layers.Permute((1, 3)), (None, 2, 3), "dims must be a permutation of 1..2"),
        (lambda: layers.Permute((2, 1)), (None, 2), "input must have 3 axes"),
        (lambda: layers.RepeatVector(0), (None, 2), "n must be at least 1, got 0"),
        (lambda: layers.RepeatVector(2), (None, 2, 2), "input must have 2 axes"),
    ],
)
def test_impossible_shapes_are_refused(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make().output_shape(shape)


def test_lengths_are_integers():
    with pytest.raises(TypeError, match="target_shape must be integers"):
        layers.Reshape((2.5,))
    with pytest.raises(TypeError, match="n must be an integer"):
        layers.RepeatVector(1.0)
