"""Operators of symbolic tensors: values and gradients as TensorFlow's, refusals, configurations."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from support import layer_checks as checks
from support.layer_checks import case

from minicnn.graph import Network, SymbolicTensor, engine
from minicnn.layers import Add, Arithmetic, GetItem, MatMul, Multiply

CASES = [
    case("Arithmetic", [(2, 3, 4), (2, 1, 4)], operation="add"),
    case("Arithmetic", [(2, 3, 4), (2, 3, 1)], operation="multiply"),
    case("Arithmetic", (2, 3, 4), operation="subtract", constants=[2.5, None]),
    case("Arithmetic", (2, 3), operation="divide", constants=[None, [1.0, 2.0, -4.0]]),
    case("Arithmetic", (2, 1, 3), operation="add", constants=[None, [[[1.0], [2.0]]]]),
    case("Arithmetic", (2, 3), operation="power", constants=[None, 3.0]),
    case("Arithmetic", (2, 3), operation="power", constants=[2.0, None]),
    case("Arithmetic", (2, 3), operation="maximum", constants=[None, 0.25]),
    case("Arithmetic", (2, 3), operation="minimum", constants=[[0.1, 0.2, -0.3], None]),
    case("MatMul", [(2, 3, 4), (2, 4, 5)]),
    case("MatMul", (2, 4), constants=[None, np.arange(12.0).reshape(4, 3).tolist()]),
    case("MatMul", (2, 4, 3), constants=[np.arange(8.0).reshape(2, 4).tolist(), None]),
    case("GetItem", (2, 5, 4), key=(slice(None), slice(1, 4, 2))),
    case("GetItem", (2, 5, 4), key=(Ellipsis, -1)),
    case("GetItem", (2, 5, 4), key=(slice(None), None, 2, slice(None, None, -1))),
    *(case("Elementwise", (2, 3), function=name) for name in ("negative", "absolute", "square")),
    *(case("Elementwise", (2, 3), function=name) for name in ("exp", "sin", "cos")),
    case("Reduction", (2, 3, 4), function="sum", axis=1),
    case("Reduction", (2, 3, 4), function="mean", axis=[1, -1], keepdims=True),
    case("Reduction", (2, 3, 4), function="max", axis=-1),
    case("Reduction", (2, 3, 4), function="min", axis=[1]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws(case, rng):
    checks.check_laws(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_config_is_plain_data(case, rng):
    checks.check_config(case, rng)


EXPRESSIONS = {
    "sums": lambda a, b, c: a + b - c + 2 - 3 + (1 - a) + (c + b),
    "products": lambda a, b, c: 2 * a * b * c / 3 / b,
    "quotients": lambda a, b, c: 1 / (a * a + 1) + c / b - a / c,
    "powers": lambda a, b, c: a**2 + (b * b + 1) ** 0.5 + 2**a,
    "zero squared": lambda a, b, c: (a - a) ** 2 + (a - a) ** 1,
    "signs": lambda a, b, c: -a + abs(b),
    "slices": lambda a, b, c: a[:, 1:] * b[..., :-1, :] + (c * a)[:, None, 1, ::-1],
    "matrices": lambda a, b, c: (a @ c[0].T) @ b @ np.ones((4, 2)),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_operators_are_those_of_tensorflow(tf, name, rng):
    expression = EXPRESSIONS[name]
    a, b = rng.standard_normal((2, 2, 3, 4))
    c = rng.uniform(1, 2, (1, 3, 4))
    network = _network(lambda x, y: expression(x, y, c), [(None, 3, 4)] * 2)
    run = engine.forward(network, [a, b], record=True)
    x, y = tf.constant(a), tf.constant(b)
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        expected = expression(x, y, c)
        dy = rng.standard_normal(expected.shape)
        total = tf.reduce_sum(expected * dy)
    assert_allclose(run.outputs[0], expected.numpy(), rtol=1e-12)
    dxs = engine.backward(network, run, [dy], wants_inputs=True)
    for dx, gradient in zip(dxs, tape.gradient(total, [x, y])):
        if dx is not None:
            assert_allclose(dx, tf.convert_to_tensor(gradient).numpy(), rtol=1e-9, atol=1e-12)


def _network(expression, shapes, dtype="float64"):
    inputs = [SymbolicTensor(shape, dtype) for shape in shapes]
    return Network(inputs, [expression(*inputs)])


@given(
    st.tuples(*[st.integers(1, 3)] * 3).flatmap(
        lambda shape: st.tuples(
            st.just(shape), *[st.tuples(*[st.sampled_from((1, n)) for n in shape])] * 2
        )
    )
)
def test_gradients_are_summed_to_the_shape_of_each_operand(shapes):
    _, a, b = shapes
    layer = Arithmetic("multiply", dtype="float64")
    x = [np.full(a, 2.0), np.full(b, 3.0)]
    y, cache = layer.forward(x, True)
    da, db = layer.backward(np.ones(y.shape), cache)
    assert da.shape == a and db.shape == b
    assert_allclose(da, 3 * y.size / da.size)
    assert_allclose(db, 2 * y.size / db.size)


def test_nan_and_infinity_go_through():
    network = _network(lambda x: (1 / x) ** 0.5, [(None, 4)], "float32")
    x = np.float32([[0, np.inf, np.nan, -1]])
    assert_allclose(engine.forward(network, [x]).outputs[0], [[np.inf, 0, np.nan, np.nan]])


def test_the_gradient_of_zero_to_a_power_is_finite():
    network = _network(lambda x: x**0 + x**1, [(None, 1)], "float64")
    run = engine.forward(network, [np.zeros((1, 1))], record=True)
    assert_allclose(engine.backward(network, run, [np.ones((1, 1))], True)[0], [[1]])


def test_float32_stays_float32():
    constant = np.arange(3.0)  # float64
    network = _network(lambda x: 2.5 * (x + constant) ** 2 / 3, [(None, 3)], "float32")
    run = engine.forward(network, [np.ones((2, 3), np.float32)], record=True)
    assert run.outputs[0].dtype == np.float32
    dx = engine.backward(network, run, [np.ones((2, 3), np.float32)], True)[0]
    assert dx.dtype == np.float32


def test_two_tensors_of_one_rank_meet_in_merge_layers():
    a, b = SymbolicTensor((None, 3)), SymbolicTensor((None, 3))
    assert type((a + b).node.layer) is Add
    assert type((a * b).node.layer) is Multiply
    assert type((a + 1).node.layer) is Arithmetic


def test_a_float64_tensor_meets_a_float32_one():
    a, b = SymbolicTensor((None, 3), "float64"), SymbolicTensor((None, 3), "float32")
    network = Network([a, b], [a + b])
    run = engine.forward(network, [np.ones((1, 3)), np.ones((1, 3), np.float32)], record=True)
    assert run.outputs[0].dtype == np.float64
    da, db = engine.backward(network, run, [np.ones((1, 3))], True)
    assert (da.dtype, db.dtype) == (np.float64, np.float32)


def test_integer_images_become_floats():
    network = _network(lambda x: x / 255, [(None, 2)], "uint8")
    assert_allclose(engine.forward(network, [np.uint8([[0, 255]])]).outputs[0], [[0, 1]])


def test_a_config_keeps_constants_to_the_bit(rng):
    constant = rng.standard_normal(5).astype(np.float32)
    layer = Arithmetic("add", constants=[None, constant])
    twin = Arithmetic.from_config(json.loads(json.dumps(layer.get_config())))
    assert twin.constants[1].tobytes() == constant.tobytes()


def test_an_unknown_length_is_taken_from_the_constant():
    x = SymbolicTensor((None, None, 4))
    assert (x + np.ones((3, 1))).shape == (None, 3, 4)
    assert x[:, 1:, :2].shape == (None, None, 2)


X = SymbolicTensor((None, 3, 4))


@pytest.mark.parametrize(
    ("expression", "error", "message"),
    [
        (lambda: X + np.ones((2, 3, 4)), ValueError, "must not reach over the batch axis"),
        (lambda: X + np.ones((1, 1, 3, 4)), ValueError, "must not reach over the batch axis"),
        (lambda: X + np.ones(5), ValueError, r"must broadcast to one shape.*\(None, 3, 4\)"),
        (lambda: X + np.ones(0), ValueError, "a constant must not be empty"),
        (lambda: X * "2", TypeError, "tensors or real numbers"),
        (lambda: X * 1j, TypeError, "tensors or real numbers, got complex128"),
        (lambda: X @ np.ones((3, 2)), ValueError, r"inner sizes must be equal.*\(3, 2\)"),
        (lambda: X @ np.ones(4), ValueError, "operands must be matrices"),
        (lambda: X[0], ValueError, "the first index must be ':'"),
        (lambda: X[:, 3], IndexError, "index 3 is out of range for axis 1"),
        (lambda: X[:, 2:2], ValueError, "slice of axis 1 .length 3. is empty"),
        (lambda: X[:, 0, 0, 0], IndexError, "does not index 3 axes"),
        (lambda: X[..., 0, ...], IndexError, "does not index 3 axes"),
        (lambda: X[:, [0, 1]], TypeError, "index must be integers, slices"),
        (lambda: X[:, 1.5], TypeError, "index must be integers, slices"),
        (lambda: Arithmetic("modulo"), ValueError, "operation must be one of"),
        (lambda: MatMul()([X, X[:, 0]]), ValueError, "must be matrices behind the batch axis"),
        (lambda: GetItem([slice("a")]), TypeError, "index must be integers"),
    ],
)
def test_nonsense_is_refused_in_one_line(expression, error, message):
    with pytest.raises(error, match=message) as caught:
        expression()
    assert "\n" not in str(caught.value)
