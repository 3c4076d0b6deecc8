"""Upsampling by repetition and by interpolation."""

import pytest
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

CASES = [
    case("UpSampling1D", (2, 3, 4)),
    case("UpSampling1D", (2, 3, 4), size=3),
    case("UpSampling2D", (2, 3, 4, 5)),
    case("UpSampling2D", (2, 3, 1, 2), size=(1, 3)),
    case("UpSampling2D", (2, 3, 4, 2), size=2, interpolation="bilinear"),
    case("UpSampling2D", (2, 1, 4, 2), size=(3, 2), interpolation="bilinear"),
    case("UpSampling3D", (2, 2, 3, 2, 2)),
    case("UpSampling3D", (2, 2, 3, 2, 2), size=(3, 1, 2)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_keras(tf, case, dtype, rng):
    if dtype == "float64" and case.arguments.get("interpolation") == "bilinear":
        checks.check_gradient(case, rng)  # TensorFlow interpolates in float32 only
    else:
        checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_channels_first(case, rng):
    checks.check_channels_first(case, rng)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"size": 0}, ValueError, "size must be 2 integers of at least 1, got 0"),
        ({"size": (2, 2, 2)}, ValueError, "size must be 2 integers"),
        ({"size": 1.5}, TypeError, "size must be integers, got 1.5"),
        ({"interpolation": "cubic"}, ValueError, "interpolation must be one of"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        layers.UpSampling2D(**arguments)
