"""Functions as layers: traced once, differentiated through what they compose, never loaded."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minicnn import activations, layers
from minicnn.graph import Network, SymbolicTensor, engine


def test_a_lambda_computes(rng):
    layer = layers.Lambda(lambda x: activations.tanh(x[:, 1:]) ** 2 * 3, dtype="float64")
    x = rng.standard_normal((4, 5))
    assert_allclose(layer(x), 3 * np.tanh(x[:, 1:]) ** 2)
    assert layer.output_shape((None, 5)) == (None, 4)


def test_the_gradient_goes_through_what_was_composed(rng):
    layer = layers.Lambda(lambda x, power: x**power, arguments={"power": 3}, dtype="float64")
    tensor = SymbolicTensor((None, 5), "float64")
    network = Network([tensor], [layer(tensor)])
    x, dy = rng.standard_normal((2, 4, 5))
    run = engine.forward(network, [x], record=True)
    assert_allclose(run.outputs[0], x**3)
    assert_allclose(engine.backward(network, run, [dy], True)[0], 3 * x**2 * dy)


def test_several_inputs_come_as_a_list():
    layer = layers.Lambda(lambda pair: pair[0] - 2 * pair[1])
    assert_allclose(layer([np.ones((1, 2)), np.ones((1, 2))]), [[-1, -1]])


def test_what_is_no_composition_is_refused():
    with pytest.raises(TypeError, match=r"Lambda 'l': call\(\) must return what layers made"):
        layers.Lambda(lambda x: 3.0, name="l").output_shape((None, 2))
    with pytest.raises(TypeError, match="has no values yet"):
        layers.Lambda(lambda x: np.fft.fft(x)).output_shape((None, 2))


def test_a_declared_shape_is_checked():
    layer = layers.Lambda(lambda x: x[:, :2], output_shape=(3,))
    with pytest.raises(ValueError, match=r"output_shape says \(3,\), the function gives \(2,\)"):
        layer.output_shape((None, 4))


def test_code_is_never_loaded():
    layer = layers.Lambda(lambda x: x + 1)
    config = json.loads(json.dumps(layer.get_config()))
    with pytest.raises(TypeError, match="code is never loaded from a configuration"):
        layers.Lambda.from_config(config)
