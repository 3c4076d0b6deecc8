"""Optimizers against Keras over several steps on the same gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings

from minicnn_kernels import cpu, reference

STEPS = 5


def sgd(ops, momentum, nesterov):
    def start(w):
        velocity = np.zeros_like(w) if momentum else None
        return lambda g, step: ops.sgd_update(w, velocity, g, 0.05, momentum, nesterov)

    return start


def rmsprop(ops, momentum, centered):
    def start(w):
        mean_square = np.zeros_like(w)
        mean = np.zeros_like(w) if centered else None
        velocity = np.zeros_like(w) if momentum else None
        return lambda g, step: ops.rmsprop_update(
            w, mean_square, mean, velocity, g, 0.01, 0.8, momentum, 1e-5
        )

    return start


def adam(ops, amsgrad):
    def start(w):
        m, v = np.zeros_like(w), np.zeros_like(w)
        v_max = np.zeros_like(w) if amsgrad else None
        return lambda g, step: ops.adam_update(w, m, v, v_max, g, 0.01, 0.85, 0.95, 1e-6, step)

    return start


def nadam(ops):
    def start(w):
        m, v, state = np.zeros_like(w), np.zeros_like(w), {"u": 1.0}

        def update(g, step):
            state["u"] *= 0.85 * (1 - 0.5 * 0.96**step)
            ops.nadam_update(w, m, v, g, 0.01, 0.85, 0.95, 1e-6, step, state["u"])

        return update

    return start


def adagrad(ops):
    def start(w):
        accumulator = np.full_like(w, 0.1)
        return lambda g, step: ops.adagrad_update(w, accumulator, g, 0.02, 1e-6)

    return start


CASES = {
    "sgd": (sgd, (0.0, False), "SGD", {"learning_rate": 0.05}),
    "momentum": (sgd, (0.9, False), "SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "nesterov": (
        sgd,
        (0.9, True),
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    ),
    **{
        f"rmsprop momentum {momentum} centered {centered}": (
            rmsprop,
            (momentum, centered),
            "RMSprop",
            {
                "learning_rate": 0.01,
                "rho": 0.8,
                "momentum": momentum,
                "epsilon": 1e-5,
                "centered": centered,
            },
        )
        for momentum in (0.0, 0.7)
        for centered in (False, True)
    },
    **{
        f"adam amsgrad {amsgrad}": (
            adam,
            (amsgrad,),
            "Adam",
            {
                "learning_rate": 0.01,
                "beta_1": 0.85,
                "beta_2": 0.95,
                "epsilon": 1e-6,
                "amsgrad": amsgrad,
            },
        )
        for amsgrad in (False, True)
    },
    "nadam": (
        nadam,
        (),
        "Nadam",
        {"learning_rate": 0.01, "beta_1": 0.85, "beta_2": 0.95, "epsilon": 1e-6},
    ),
    "adagrad": (
        adagrad,
        (),
        "Adagrad",
        {"learning_rate": 0.02, "initial_accumulator_value": 0.1, "epsilon": 1e-6},
    ),
}


def steps(case, ops, w, gradients):
    start, arguments, *_ = CASES[case]
    w = w.copy()
    update = start(ops, *arguments)(w)
    for step, g in enumerate(gradients, 1):
        assert update(g, step) is None
    return w


def draw(seed, size, dtype="float32"):
    rng = np.random.default_rng(seed)
    gradients = rng.standard_normal((STEPS, size)) * 10.0 ** rng.integers(-3, 2, (STEPS, size))
    return rng.standard_normal(size).astype(dtype), gradients.astype(dtype)


@both_tellings
@pytest.mark.parametrize("case", CASES)
def test_is_keras(ops, tf, tf_keras, case):
    w, gradients = draw(3, 50)
    *_, name, options = CASES[case]
    variable = tf_keras.Variable(w)
    optimizer = getattr(tf_keras.optimizers, name)(**options)
    for g in gradients:
        optimizer.apply([tf.constant(g)], [variable])
    ours = steps(case, ops, w, gradients)
    np.testing.assert_allclose(ours, variable.numpy(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 37, 40_000])
def test_cpu_agrees_with_the_reference(case, dtype, size):
    w, gradients = draw(4, size, dtype)
    result, expected = (steps(case, ops, w, gradients) for ops in (cpu, reference))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, **tellings.tolerance(dtype, 2e-6, 1e-13))


@pytest.mark.parametrize("case", CASES)
def test_same_bits_for_any_number_of_threads(case):
    w, gradients = draw(5, 50_000)
    tellings.same_bits(lambda: steps(case, cpu, w, gradients))


@both_tellings
@given(layout=tellings.layouts, seed=tellings.seeds)
def test_gradients_in_any_layout(ops, layout, seed):
    w, gradients = draw(seed, 9)
    laid_out = [tellings.laid_out(g, layout) for g in gradients]
    np.testing.assert_array_equal(
        steps("adam amsgrad False", ops, w, laid_out),
        steps("adam amsgrad False", ops, w, gradients),
    )


@both_tellings
@given(step=st.integers(1, 40))
def test_nadam_knows_its_own_product(ops, step):
    w, gradients = draw(6, 9, "float64")
    product = np.prod([0.85 * (1 - 0.5 * 0.96**t) for t in range(1, step + 1)])
    results = []
    for u_product in (None, float(product)):
        copy, m, v = w.copy(), np.zeros(9), np.zeros(9)
        ops.nadam_update(copy, m, v, gradients[0], 0.01, 0.85, 0.95, 1e-6, step, u_product)
        results.append(copy)
    np.testing.assert_allclose(*results, rtol=1e-14)


@both_tellings
def test_refusals_leave_everything_alone(ops):
    w, g, m, v = (np.full(4, k, np.float32) for k in (1, 2, 3, 4))
    good = {"learning_rate": 0.1}
    with pytest.raises(TypeError, match="sgd_update: w must be a vector, got shape"):
        ops.sgd_update(w.reshape(2, 2), None, g, 0.1)
    with pytest.raises(TypeError, match="w must be float32 or float64, got float16"):
        ops.sgd_update(w.astype(np.float16), None, g, 0.1)
    with pytest.raises(ValueError, match=r"g must have shape \(4,\), got \(3,\)"):
        ops.sgd_update(w, None, g[:3], 0.1)
    with pytest.raises(TypeError, match="g must be float32, got float64"):
        ops.sgd_update(w, None, g.astype(float), 0.1)
    with pytest.raises(ValueError, match="learning_rate must be a finite number"):
        ops.sgd_update(w, None, g, float("nan"))
    with pytest.raises(ValueError, match=r"momentum must be a finite number in \[0.0, 1.0\]"):
        ops.sgd_update(w, m, g, 0.1, 1.5)
    with pytest.raises(ValueError, match=r"momentum 0\.5 needs a velocity, got None"):
        ops.sgd_update(w, None, g, 0.1, 0.5)
    with pytest.raises(ValueError, match=r"velocity must have shape \(4,\), got \(3,\)"):
        ops.sgd_update(w, m[:3], g, 0.1, 0.5)
    with pytest.raises(ValueError, match="w must not overlap an input"):
        ops.sgd_update(w, None, w, 0.1)
    with pytest.raises(ValueError, match="v must not overlap an input"):
        ops.adam_update(w, m, m, None, g, **good)
    with pytest.raises(ValueError, match="w must be writable, aligned and C-contiguous"):
        ops.sgd_update(np.ones(8, np.float32)[::2], None, g, 0.1)
    with pytest.raises(TypeError, match="adam_update: m must be an array, got None"):
        ops.adam_update(w, None, v, None, g, **good)
    with pytest.raises(ValueError, match="step must be at least 1"):
        ops.adam_update(w, m, v, None, g, **good, step=0)
    with pytest.raises(ValueError, match="beta_1 must be below 1"):
        ops.adam_update(w, m, v, None, g, **good, beta_1=1.0)
    with pytest.raises(ValueError, match="epsilon must be a finite number"):
        ops.nadam_update(w, m, v, g, **good, epsilon=-1.0)
    with pytest.raises(ValueError, match="rho must be below 1"):
        ops.rmsprop_update(w, v, None, None, g, **good, rho=1.0)
    with pytest.raises(ValueError, match=r"momentum 0\.9 needs a velocity"):
        ops.rmsprop_update(w, v, None, None, g, **good, momentum=0.9)
    with pytest.raises(TypeError, match="accumulator must be an array, got None"):
        ops.adagrad_update(w, None, g, **good)
    for array, value in ((w, 1), (g, 2), (m, 3), (v, 4)):
        assert (array == value).all()


@both_tellings
@pytest.mark.parametrize("case", ["adagrad", "rmsprop momentum 0.0 centered False"])
def test_a_square_that_overflows_stops_the_step_and_spares_the_weights(ops, case):
    w = np.ones(67, np.float32)
    gradients = np.full((2, 67), 1e30, np.float32)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(steps(case, ops, w, gradients), w)
