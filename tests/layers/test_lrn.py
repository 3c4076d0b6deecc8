"""Local response normalization against TensorFlow and PyTorch."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers

CASES = [
    case("LocalResponseNormalization", (2, 3, 4, 13)),
    case("LocalResponseNormalization", (2, 3, 4, 3), depth_radius=5, alpha=0.1, beta=0.75),
    case("LocalResponseNormalization", (1, 2, 2, 8), depth_radius=0, bias=2.0),
    case("LocalResponseNormalization", (1, 2, 2, 8), size=4, alpha=0.5, beta=0.75),
]


@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_against_tensorflow(tf, case, rng):
    layer = case.layer("float32")
    x = case.draw(rng, "float32")
    tensor = tf.constant(x)
    arguments = {"depth_radius": 5, "bias": 1, "alpha": 1, "beta": 0.5, **case.arguments}
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = tf.nn.local_response_normalization(tensor, **arguments)
        dy = rng.standard_normal(x.shape).astype(np.float32)
        total = tf.reduce_sum(expected * dy)
    y, cache = layer.forward(x, True)
    assert_allclose(y, expected.numpy(), rtol=1e-5, atol=1e-6)
    gradient = tape.gradient(total, tensor).numpy()
    assert_allclose(layer.backward(dy, cache), gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_other_convention_is_that_of_pytorch(size, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is the peer of ONNX's convention")
    x = rng.standard_normal((2, 3, 4, 7)).astype(np.float32)
    layer = layers.LocalResponseNormalization(size=size, bias=2.0, alpha=0.3, beta=0.75)
    peer = torch.nn.LocalResponseNorm(size, alpha=0.3, beta=0.75, k=2.0)
    expected = peer(torch.from_numpy(np.moveaxis(x, -1, 1).copy())).numpy()
    assert_allclose(layer(x), np.moveaxis(expected, 1, -1), rtol=1e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)
    checks.check_channels_first(case, rng)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"depth_radius": -1}, ValueError, "depth_radius must be at least 0, got -1"),
        ({"depth_radius": 2.5}, TypeError, "depth_radius must be an integer"),
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"alpha": float("nan")}, ValueError, "alpha must be finite, got nan"),
        ({"beta": float("inf")}, ValueError, "beta must be finite"),
        ({"bias": "1"}, TypeError, "bias must be a number"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        layers.LocalResponseNormalization(**arguments)


def test_the_wrong_rank_is_refused():
    with pytest.raises(ValueError, match="input must have 4 axes"):
        layers.LocalResponseNormalization()(np.zeros((1, 2, 3)))
