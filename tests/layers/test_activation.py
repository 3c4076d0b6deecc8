"""Activation layers against Keras, and the nodes that activation functions make."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import activations, layers
from minicnn.graph import Network, SymbolicTensor, engine

NAMES = ("linear", "relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softplus", "softsign")
CASES = [
    *(case("Activation", (3, 5), activation=name) for name in NAMES),
    case("Activation", (3, 2, 5), activation="softmax"),
    case("ReLU", (3, 5)),
    case("ReLU", (3, 5), max_value=0.5, negative_slope=0.1, threshold=0.2),
    case("LeakyReLU", (3, 5), negative_slope=0.25),  # exact, for Keras keeps it in float32
    case("ELU", (3, 5), alpha=0.5),
    case("Softmax", (3, 4, 5)),
    case("Softmax", (3, 4, 5), axis=1),
    case("PReLU", (3, 2, 5)),
    case("PReLU", (3, 2, 4, 5), shared_axes=[1, 2]),
    case("PReLU", (3, 2, 4, 5), shared_axes=[2]),
    case("PReLU", (3, 2, 4, 5), shared_axes=[1, 2, 3]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_keras(tf, case, dtype, rng):
    checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_and_config(case, rng):
    checks.check_laws(case, rng)
    checks.check_config(case, rng)
    checks.check_frozen(case, rng)


def test_the_slope_of_leaky_relu(tf):
    assert layers.LeakyReLU().negative_slope == tf.keras.layers.LeakyReLU().negative_slope
    assert layers.LeakyReLU(alpha=0.2).negative_slope == 0.2


@pytest.mark.parametrize(
    "function",
    [
        activations.relu,
        activations.tanh,
        activations.softmax,
        activations.hard_silu,
        activations.log_sigmoid,
        lambda x: activations.relu(x, negative_slope=0.1, max_value=1.0),
        lambda x: activations.elu(x, alpha=0.5),
        lambda x: activations.gelu(x, approximate=True),
        lambda x: activations.scaled_tanh(x, 1.5, 0.5),
        lambda x: activations.softmax(x, axis=1),
        activations.log_softmax,
    ],
)
def test_functions_on_symbolic_tensors_compute_what_they_compute_on_arrays(function, rng):
    x = rng.standard_normal((2, 3, 4))
    tensor = SymbolicTensor((None, 3, 4), "float64")
    network = Network([tensor], [function(tensor)])
    for node in network.nodes:  # as a saved model would bring it back
        config = json.loads(json.dumps(node.layer.get_config()))
        node.layer = type(node.layer).from_config(config)
    assert_allclose(engine.forward(network, [x]).outputs[0], function(x), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.ReLU(max_value=-1), ValueError, "max_value must be at least 0"),
        (lambda: layers.ReLU(negative_slope=-0.1), ValueError, "negative_slope must be at least"),
        (lambda: layers.ReLU(threshold=float("nan")), ValueError, "threshold must be at least 0"),
        (lambda: layers.LeakyReLU("0.3"), TypeError, "negative_slope must be a number"),
        (lambda: layers.ELU(None), TypeError, "alpha must be a number, got None"),
        (lambda: layers.Softmax(1.5), TypeError, "axis must be an integer"),
        (lambda: layers.Softmax(3).output_shape((None, 2)), ValueError, "axis must name one of 2"),
        (lambda: layers.PReLU(shared_axes=[3]).build((None, 2)), ValueError, "must lie in 1..1"),
        (lambda: layers.PReLU().build((None, None, 2)), ValueError, "must be in shared_axes"),
        (lambda: layers.Activation("rleu"), ValueError, "did you mean 'relu'"),
    ],
)
def test_bad_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_prelu_refuses_an_input_that_its_slopes_do_not_fit():
    layer = layers.PReLU(name="p")
    layer(np.ones((1, 3)))
    for shape in ((1, 4), (1, 3, 3)):
        with pytest.raises(ValueError, match="PReLU 'p': input must fit slopes of shape"):
            layer(np.ones(shape))


@pytest.mark.parametrize("name", ["ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"])
def test_nan_goes_through(name):
    y = getattr(layers, name)()(np.float32([[np.nan, 1.0]]))
    assert np.isnan(y[0, 0])
