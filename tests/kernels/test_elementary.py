"""The vector functions of cpu/elementary.py against NumPy and SciPy in extended precision."""

import numpy as np
import pytest
from scipy import special

from minicnn_kernels import jit
from minicnn_kernels.cpu import elementary
from minicnn_kernels.cpu.elementary import erf, exp, expm1, log1p, sigmoid, softplus, tanh


@jit.serial
def map_exp(y):
    for i in range(y.size):
        y[i] = exp(y[i])


@jit.serial
def map_expm1(y):
    for i in range(y.size):
        y[i] = expm1(y[i])


@jit.serial
def map_log1p(y):
    for i in range(y.size):
        y[i] = log1p(y[i])


@jit.serial
def map_erf(y):
    for i in range(y.size):
        y[i] = erf(y[i])


@jit.serial
def map_tanh(y):
    for i in range(y.size):
        y[i] = tanh(y[i])


@jit.serial
def map_sigmoid(y):
    for i in range(y.size):
        y[i] = sigmoid(y[i])


@jit.serial
def map_softplus(y):
    for i in range(y.size):
        y[i] = softplus(y[i])


def exact_sigmoid(x):
    return 1 / (1 + np.exp(-x))


def exact_softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def exact_erf(x):
    return special.erf(x.astype(np.float64)).astype(np.longdouble)


CASES = {  # compiled map, exact function, the range where its result is neither 0 nor infinite
    "exp": (map_exp, np.exp, {"float32": (-104, 88.7), "float64": (-745, 709.7)}),
    "expm1": (map_expm1, np.expm1, {"float32": (-110, 0), "float64": (-750, 0)}),
    "log1p": (map_log1p, np.log1p, {"float32": (0, 1), "float64": (0, 1)}),
    "erf": (map_erf, exact_erf, {"float32": (-9, 9), "float64": (-9, 9)}),
    "tanh": (map_tanh, np.tanh, {"float32": (-100, 100), "float64": (-800, 800)}),
    "sigmoid": (map_sigmoid, exact_sigmoid, {"float32": (-87, 200), "float64": (-708, 800)}),
    "softplus": (map_softplus, exact_softplus, {"float32": (-87, 200), "float64": (-708, 800)}),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_is_within_three_units_in_the_last_place(name, dtype):
    compiled, exact, ranges = CASES[name]
    low, high = ranges[dtype]
    count = 200 if jit.numba.config.DISABLE_JIT else 20_000
    small = np.logspace(-35, 0, count) if high > 0 else -np.logspace(-35, 0, count)
    x = np.concatenate([np.linspace(low, high, count), small, small * (low < 0 < high) * -1.0])
    x = x.astype(dtype)
    y = x.copy()
    compiled(y)
    expected = exact(x.astype(np.longdouble))
    unit = np.spacing(np.abs(expected).astype(dtype)).astype(np.longdouble)
    error = np.abs(y - expected) / unit
    assert error.max() <= 3.01, x[error.argmax()]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exp", [np.nan, np.inf, 0, 1, 0, np.inf]),
        ("erf", [np.nan, 1, -1, 0, -1, 1]),
        ("tanh", [np.nan, 1, -1, 0, -1, 1]),
        ("sigmoid", [np.nan, 1, 0, 0.5, 0, 1]),
        ("softplus", [np.nan, np.inf, 0, np.log(2), 0, 1e30]),
    ],
)
def test_nan_infinity_and_the_far_ends(name, expected, dtype):
    y = np.array([np.nan, np.inf, -np.inf, 0, -1e30, 1e30], dtype)
    CASES[name][0](y)
    np.testing.assert_allclose(y, np.array(expected, dtype), rtol=1e-6)


def test_python_tellings_say_the_same():
    x = np.float32(-0.75)
    for name in ("exp", "expm1", "erf"):
        y = np.array([x])
        CASES[name][0](y)
        assert getattr(elementary, name)(x) == pytest.approx(float(y[0]), rel=1e-6)


def test_loops_over_float32_are_vector_code():
    if jit.numba.config.DISABLE_JIT:
        pytest.skip("machine code is looked at; the JIT is off")
    y = np.zeros(100, np.float32)
    map_tanh(y)
    code = map_tanh.inspect_llvm(map_tanh.signatures[0])
    assert "x float> @llvm.fabs" in code or "fdiv contract <" in code
