"""Merging layers against Keras, by gradient checks and by the laws every layer keeps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support import layer_checks as checks
from support.layer_checks import case

from minicnn import layers, models
from minicnn.graph import SymbolicTensor

ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
CASES = [
    *(case(name, [(2, 3, 4), (2, 3, 4)]) for name in ELEMENTWISE),
    *(case(name, [(2, 5, 4, 3), (2, 1, 1, 3)]) for name in ELEMENTWISE),
    *(case(name, [(2, 3), (2, 4, 3)]) for name in ELEMENTWISE),
    *(case(name, [(2, 3)] * 4) for name in ELEMENTWISE if name != "Subtract"),
    case("Concatenate", [(2, 3, 4), (2, 3, 1), (2, 3, 2)]),
    case("Concatenate", [(2, 3, 4), (2, 1, 4)], axis=1),
    case("Concatenate", [(2, 3, 4), (2, 1, 4)], axis=-2),
    case("Dot", [(2, 5), (2, 5)], axes=1),
    case("Dot", [(2, 5), (2, 5)], axes=-1, normalize=True),
    case("Dot", [(2, 4, 5), (2, 5, 3)], axes=(2, 1)),
    case("Dot", [(2, 5, 4), (2, 5, 3)], axes=1, normalize=True),
    case("Dot", [(2, 5, 4), (2, 4)], axes=(2, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_keras(tf, case, dtype, rng):
    checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws(case, rng):
    checks.check_laws(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_config(case, rng):
    checks.check_config(case, rng)


def test_of_equal_extrema_the_first_gets_the_gradient():
    x = [np.ones((1, 2), np.float32), np.ones((1, 2), np.float32)]
    for layer in (layers.Maximum(), layers.Minimum()):
        _, cache = layer.forward(x, True)
        first, second = layer.backward(np.full((1, 2), 3, np.float32), cache)
        assert_array_equal(first, [[3, 3]])
        assert_array_equal(second, [[0, 0]])


def test_a_product_with_a_zero_factor_has_a_gradient():
    layer = layers.Multiply(dtype="float64")
    x = [np.array([[0.0, 2.0]]), np.array([[5.0, 0.0]]), np.array([[7.0, 3.0]])]
    _, cache = layer.forward(x, True)
    dxs = layer.backward(np.ones((1, 2)), cache)
    assert_allclose(dxs, [[[35, 0]], [[0, 6]], [[0, 0]]])


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum"])
def test_functions_take_arrays_and_symbolic_tensors(name):
    function = getattr(layers, name)
    a, b = np.float32([[1, 5]]), np.float32([[4, 2]])
    assert function([a, b]).shape == (1, 2)
    assert function([SymbolicTensor((None, 2)), SymbolicTensor((None, 2))]).shape == (None, 2)


def test_unknown_lengths_take_what_the_other_input_knows():
    a, b = SymbolicTensor((None, None, 4)), SymbolicTensor((None, 3, 1))
    assert layers.add([a, b]).shape == (None, 3, 4)
    assert layers.concatenate([a, SymbolicTensor((None, 3, 4))], axis=1).shape == (None, None, 4)
    assert layers.dot([a, SymbolicTensor((None, 4, 2))], axes=(2, 1)).shape == (None, None, 2)


@pytest.mark.parametrize(
    ("make", "shapes", "message"),
    [
        (layers.Add, [(None, 3), (None, 4)], "Add 'm': inputs must broadcast to one shape"),
        (layers.Add, (None, 3), "Add 'm': inputs must be a list of tensors, got one tensor"),
        (layers.Subtract, [(None, 3)] * 3, "Subtract 'm': inputs must be 2 tensors, got 3"),
        (layers.Concatenate, [(None, 3, 4), (None, 2, 4)], "equal shapes but for axis -1"),
        (layers.Concatenate, [(None, 3), (None, 3, 4)], "equal shapes but for axis -1"),
        (
            lambda **k: layers.Concatenate(axis=0, **k),
            [(None, 3)] * 2,
            "axis must name one of 2 axes but the batch's, got 0",
        ),
        (lambda **k: layers.Dot(1, **k), [(None, 3), (None, 4)], "equally long along axes"),
        (lambda **k: layers.Dot(2, **k), [(None, 3), (None, 4)], "but the batch's, got \\(2, 2\\)"),
    ],
)
def test_impossible_shapes_are_refused(make, shapes, message):
    with pytest.raises(ValueError, match=message):
        make(name="m").output_shape(shapes)


@pytest.mark.parametrize("axis", [1.0, True, "last"])
def test_an_axis_is_an_integer(axis):
    with pytest.raises(TypeError, match="axis must be an integer"):
        layers.Concatenate(axis=axis)


@pytest.mark.parametrize("layer", [layers.Add(), layers.Concatenate()])
def test_integers_become_the_layers_dtype(layer):
    x = [layers.Input((3,), dtype="int32") for _ in range(2)]
    model = models.Model(x, layer(x))
    y = model([np.int32([[1, 2, 3]]), np.int32([[4, 5, 6]])])
    assert y.dtype == np.float32
    expected = [[5, 7, 9]] if isinstance(layer, layers.Add) else [[1, 2, 3, 4, 5, 6]]
    np.testing.assert_array_equal(y, expected)
