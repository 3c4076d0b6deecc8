"""Zero padding and cropping in one, two and three axes."""

import numpy as np
import pytest
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

CASES = [
    case("ZeroPadding1D", (2, 3, 4)),
    case("ZeroPadding1D", (2, 3, 4), padding=(0, 2)),
    case("ZeroPadding2D", (2, 3, 4, 2)),
    case("ZeroPadding2D", (2, 3, 4, 2), padding=2),
    case("ZeroPadding2D", (2, 3, 4, 2), padding=(1, 0)),
    case("ZeroPadding2D", (2, 3, 4, 2), padding=((1, 2), (0, 3))),
    case("ZeroPadding3D", (2, 2, 3, 4, 1), padding=((1, 0), (0, 2), (1, 1))),
    case("Cropping1D", (2, 5, 4)),
    case("Cropping1D", (2, 5, 4), cropping=(0, 3)),
    case("Cropping2D", (2, 5, 6, 2)),
    case("Cropping2D", (2, 5, 6, 2), cropping=(2, 1)),
    case("Cropping2D", (2, 5, 6, 2), cropping=((1, 0), (0, 5))),
    case("Cropping3D", (2, 3, 4, 5, 1)),
    case("Cropping3D", (2, 3, 4, 5, 1), cropping=((0, 1), (0, 0), (3, 1))),
]
FLAT = [case for case in CASES if "1D" not in case.name]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_keras(tf, case, dtype, rng):
    checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)


@pytest.mark.parametrize("case", FLAT, ids=str)
def test_channels_first(case, rng):
    checks.check_channels_first(case, rng)


def test_unknown_lengths_stay_unknown():
    assert layers.ZeroPadding2D(2).output_shape((None, None, 3, 1)) == (None, None, 7, 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.ZeroPadding2D(-1), ValueError, "padding must not be negative, got -1"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "an integer or 2 pairs"),
        (lambda: layers.ZeroPadding2D(1.5), TypeError, "padding must be integers"),
        (lambda: layers.ZeroPadding2D(((1, 2, 3), 1)), TypeError, "padding must be integers"),
        (lambda: layers.Cropping2D(True), TypeError, "cropping must be integers"),
        (lambda: layers.Cropping1D((1, -1)), ValueError, "cropping must not be negative"),
    ],
)
def test_bad_borders_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_cropping_everything_is_refused():
    layer = layers.Cropping2D(2, name="c")
    message = "Cropping2D 'c': cropping .* leaves nothing of input_shape"
    with pytest.raises(ValueError, match=message):
        layer.output_shape((None, 4, 5, 1))
    with pytest.raises(ValueError, match=message):
        layer.forward(np.ones((1, 4, 5, 1), np.float32), False)


def test_the_wrong_rank_is_refused():
    with pytest.raises(ValueError, match="input must have 4 axes, got shape"):
        layers.ZeroPadding2D().output_shape((None, 4, 5))
