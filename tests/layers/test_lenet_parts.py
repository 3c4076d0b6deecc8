"""The layers of the LeNet-5 of 1998: trained subsampling, connections by a table, distances."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

TABLE = [[0, 2], [1], [0, 1, 2], [2, 0]]
IMAGES = [
    case("TrainedSubsampling", (2, 4, 6, 3)),
    case("TrainedSubsampling", (1, 5, 5, 2), pool_size=3, strides=2, padding="same"),
    case("TrainedSubsampling", (1, 4, 4, 2), activation="relu"),
    case("TableConv2D", (2, 5, 4, 3), table=TABLE, kernel_size=3, activation="tanh"),
    case("TableConv2D", (1, 4, 4, 4), table=TABLE, kernel_size=(2, 1), padding="same"),
    case("TableConv2D", (1, 4, 4, 3), table=TABLE, kernel_size=2, use_bias=False, strides=2),
]
CODES = [[1, -1, 1], [-1, 1, 0.5]]
CASES = [*IMAGES, case("RBF", (4, 3), codes=CODES)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)
    checks.check_awkward_arrays(case, rng)
    checks.check_frozen(case, rng)


@pytest.mark.parametrize("case", IMAGES, ids=str)
def test_channels_first(case, rng):
    checks.check_channels_first(case, rng)


def test_a_table_is_a_convolution_with_zeros_between_strangers(rng):
    x = rng.standard_normal((2, 6, 5, 3)).astype(np.float32)
    ours = layers.TableConv2D(TABLE, 3, activation="relu")
    ours(x)
    checks.randomize(ours, rng)
    peer = layers.Conv2D(4, 3, activation="relu")
    peer(x)
    kernel, bias = ours.get_weights()
    full = np.zeros((3, 3, 3, 4), np.float32)
    connections = [(c, f) for f, row in enumerate(TABLE) for c in row]
    for number, (c, f) in enumerate(connections):
        full[:, :, c, f] = kernel[:, :, number]
    peer.set_weights([full, bias])
    assert_allclose(ours(x), peer(x), rtol=1e-6)
    assert ours.count_params() == 9 * len(connections) + 4


def test_trained_subsampling_is_the_paper_s_formula(rng):
    x = rng.standard_normal((2, 4, 6, 3))
    layer = layers.TrainedSubsampling(dtype="float64")
    layer(x)
    checks.randomize(layer, rng)
    coefficient, bias = layer.get_weights()
    means = x.reshape(2, 2, 2, 3, 2, 3).mean((2, 4))
    expected = 1.7159 * np.tanh(2 / 3 * (means * coefficient + bias))
    assert_allclose(layer(x), expected, rtol=1e-12)


def test_rbf_codes_do_not_learn():
    layer = layers.RBF(CODES)
    assert_allclose(layer(np.zeros((1, 3))), [[3, 2.25]])
    assert layer.trainable_weights == []
    assert layer.count_params() == 6


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.TableConv2D([], 3), TypeError, "table must be a list of lists"),
        (lambda: layers.TableConv2D([[0], []], 3), ValueError, r"table\[1\] must name maps"),
        (lambda: layers.TableConv2D([[0, 0]], 3), ValueError, r"table\[0\] must name maps once"),
        (lambda: layers.TableConv2D([[-1]], 3), ValueError, r"table\[0\] must be at least 0"),
        (
            lambda: layers.TableConv2D([[3]], 1)(np.zeros((1, 2, 2, 3))),
            ValueError,
            "table names map 3, got input_shape",
        ),
        (lambda: layers.RBF([1.0, 2.0]), ValueError, r"codes must be real numbers"),
        (lambda: layers.RBF([[np.nan]]), ValueError, "codes must be finite"),
        (lambda: layers.RBF(CODES)(np.zeros((2, 4))), ValueError, r"shape \(batch, 3\)"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
