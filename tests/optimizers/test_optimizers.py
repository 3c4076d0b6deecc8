"""Optimizers: ten steps follow Keras', clipping and decay included; state goes on to the bit."""

import numpy as np
import pytest

from minicnn import optimizers
from minicnn.layers.weight import Weight
from minicnn.optimizers import schedules

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.1}),
    ("SGD", {"global_clipnorm": 0.5}),
    ("SGD", {"weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.7, "momentum": 0.5}),
    ("RMSprop", {"centered": True}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.1, "clipnorm": 1.0}),
    ("Nadam", {}),
    ("Nadam", {"beta_1": 0.7}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.5}),
]
SHAPES = [(3, 2), (5,), (2, 2, 1, 3)]


def weights(rng, dtype=np.float32):
    return [Weight(f"w{i}", rng.normal(size=shape).astype(dtype)) for i, shape in enumerate(SHAPES)]


def gradients(rng):
    return [rng.normal(size=shape).astype(np.float32) for shape in SHAPES]


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("rate", [None, 0.05])
def test_ten_steps_follow_keras(tf, name, options, rate, rng):
    options = options if rate is None else {"learning_rate": rate, **options}
    mine, peer = getattr(optimizers, name)(**options), getattr(tf.keras.optimizers, name)(**options)
    ours = weights(rng)
    theirs = [tf.Variable(w.numpy()) for w in ours]
    for _ in range(10):
        steps = gradients(rng)
        mine.apply_gradients(zip(steps, ours))
        peer.apply_gradients(zip([tf.constant(g) for g in steps], theirs))
    for w, variable in zip(ours, theirs):
        np.testing.assert_allclose(w.value, variable.numpy(), rtol=2e-5, atol=2e-6)
    assert mine.iterations == 10


SCHEDULES = [
    ("ExponentialDecay", (0.1, 4, 0.5)),
    ("ExponentialDecay", (0.1, 4, 0.5, True)),
    ("InverseTimeDecay", (0.1, 4, 0.5)),
    ("InverseTimeDecay", (0.1, 4, 0.5, True)),
    ("PiecewiseConstantDecay", ([3, 7], [0.1, 0.01, 0.001])),
    ("PolynomialDecay", (0.1, 6)),
    ("PolynomialDecay", (0.1, 6, 0.01, 2.0, True)),
    ("CosineDecay", (0.1, 8)),
    ("CosineDecay", (0.0, 8, 0.1, "c", 0.1, 5)),
    ("CosineDecayRestarts", (0.1, 3)),
    ("CosineDecayRestarts", (0.1, 3, 1.0, 0.5, 0.1)),
    ("CosineDecayRestarts", (0.1, 3, 1.5, 0.9)),
]


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES)
def test_schedules_are_those_of_keras(tf, name, arguments):
    mine = getattr(schedules, name)(*arguments)
    peer = getattr(tf.keras.optimizers.schedules, name)(*arguments)
    again = schedules.get({"class_name": name, "config": mine.get_config()})
    for step in range(25):
        # At a restart Keras' float32 may still stand in the round before.
        if name == "CosineDecayRestarts" and step in (3, 6, 9, 12, 15, 18, 21, 24):
            continue
        assert mine(step) == pytest.approx(float(peer(step)), rel=1e-5, abs=1e-8)
        assert again(step) == mine(step)


def test_a_restart_starts_at_the_top():
    schedule = schedules.CosineDecayRestarts(0.1, 3)
    assert [schedule(step) for step in (0, 3, 9, 21)] == pytest.approx([0.1] * 4)


def test_an_optimizer_follows_its_schedule(rng):
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0], [1.0, 0.1]))
    weight = Weight("w", np.zeros(1, np.float32))
    for expected in (-1.0, -1.1, -1.2):
        optimizer.apply_gradients([(np.ones(1), weight)])
        assert weight.value[0] == pytest.approx(expected)
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    with pytest.raises(TypeError, match="follows a schedule and cannot be set"):
        optimizer.learning_rate = 0.5


def test_old_decay_divides_the_rate():
    optimizer = optimizers.SGD(lr=1.0, decay=0.5)
    weight = Weight("w", np.zeros(1, np.float32))
    values = []
    for _ in range(3):
        optimizer.apply_gradients([(np.ones(1), weight)])
        values.append(float(weight.value[0]))
    assert values == pytest.approx([-1, -1 - 1 / 1.5, -1 - 1 / 1.5 - 1 / 2])


@pytest.mark.parametrize(("name", "options"), CASES)
def test_state_goes_on_to_the_bit(name, options, rng):
    def run(optimizer, ours, seed, count):
        draws = np.random.default_rng(seed)
        for _ in range(count):
            optimizer.apply_gradients(zip(gradients(draws), ours))

    ours = weights(rng)
    optimizer = getattr(optimizers, name)(**options)
    run(optimizer, ours, 1, 3)
    state, values = optimizer.get_state(), [w.numpy() for w in ours]
    copies = [Weight(w.name, v) for w, v in zip(ours, values)]
    again = optimizers.get({"class_name": name, "config": optimizer.get_config()})
    again.set_state(state)  # not built yet
    run(optimizer, ours, 2, 3)
    run(again, copies, 2, 3)
    for a, b in zip(ours, copies):
        np.testing.assert_array_equal(a.value, b.value)
    assert again.iterations == 6
    again.set_state(state)  # built
    for name_, value in again.get_state().items():
        np.testing.assert_array_equal(value, state[name_])


def test_a_state_that_does_not_fit_changes_nothing(rng):
    optimizer = optimizers.Adam()
    optimizer.apply_gradients(zip(gradients(rng), weights(rng)))
    before = optimizer.get_state()
    with pytest.raises(ValueError, match=r"state must have \['m', 'v'\], got \['velocity'\]"):
        optimizer.set_state({"iterations": 9, "velocity": before["m"]})
    with pytest.raises(ValueError, match="state 'm' must have shape"):
        optimizer.set_state({**before, "iterations": 9, "m": np.zeros(3)})
    for name, value in optimizer.get_state().items():
        np.testing.assert_array_equal(value, before[name])


def test_slots_follow_a_weight_into_new_vectors(rng):
    ours = weights(rng)
    optimizer = optimizers.Adam()
    assert optimizer.weights == []
    optimizer.build(ours[:2])
    assert optimizer.weights == ours[:2]
    optimizer.apply_gradients(zip(gradients(rng), ours[:2]))
    known = optimizer.get_state()
    optimizer.apply_gradients([(np.zeros(SHAPES[2]), ours[2])])
    assert optimizer.iterations == 2
    # The old weights' moments moved on by a gradient of zero, from where they stood.
    np.testing.assert_allclose(optimizer.get_state()["m"][:6], known["m"][:6] * 0.9, rtol=1e-6)


def test_weights_of_two_dtypes_are_updated_together(rng):
    single, double = weights(rng)[0], weights(rng, np.float64)[1]
    before = single.numpy(), double.numpy()
    optimizer = optimizers.SGD(1.0, global_clipnorm=1.0)
    optimizer.apply_gradients([(np.full((3, 2), 3.0), single), (np.full(5, 4.0), double)])
    norm = np.sqrt(6 * 9 + 5 * 16)
    np.testing.assert_allclose(single.value, before[0] - 3 / norm, rtol=1e-5)
    np.testing.assert_allclose(double.value, before[1] - 4 / norm, rtol=1e-6)
    assert (single.value.dtype, double.value.dtype) == (np.float32, np.float64)


def test_excluded_weights_do_not_decay():
    kernel, bias = (Weight(name, np.ones(2, np.float32)) for name in ("kernel", "bias"))
    optimizer = optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply_gradients([(np.zeros(2), kernel), (np.zeros(2), bias)])
    assert kernel.value.tolist() == [0.5, 0.5]
    assert bias.value.tolist() == [1.0, 1.0]


def test_the_learning_rate_can_be_read_and_set_in_every_way():
    optimizer = optimizers.Adam(lr=0.5)
    assert optimizer.learning_rate == optimizer.lr == 0.5
    optimizer.lr = 0.25
    assert float(optimizer.learning_rate.numpy()) == 0.25
    optimizer.learning_rate.assign(0.125)
    assert optimizer.learning_rate == 0.125
    assert optimizer.get_config()["learning_rate"] == 0.125


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW", "Nadam", "Adagrad"])
def test_names_in_any_case_mean_the_same_class(name):
    cls = getattr(optimizers, name)
    assert getattr(optimizers, name.lower()) is cls
    for spelling in (name, name.lower(), name.upper()):
        assert type(optimizers.get(spelling)) is cls


@pytest.mark.parametrize(("name", "options"), CASES)
def test_configurations_of_keras_are_understood(tf, name, options):
    config = getattr(tf.keras.optimizers, name)(**options).get_config()
    mine = optimizers.get({"class_name": name, "config": config})
    for key, value in options.items():
        assert getattr(mine, key) == value


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.get("adm"), ValueError, "no optimizer is called 'adm'"),
        (lambda: optimizers.get(3), TypeError, "must be a name or an Optimizer"),
        (lambda: optimizers.SGD(-1.0), ValueError, "learning_rate must be finite and at least 0"),
        (lambda: optimizers.SGD(float("nan")), ValueError, "learning_rate must be finite"),
        (lambda: optimizers.SGD("fast"), TypeError, "learning_rate must be a number"),
        (lambda: optimizers.SGD(0.1, 2.0), ValueError, r"momentum must be in \[0, 1\]"),
        (lambda: optimizers.Adam(beta_1=1.0), ValueError, r"beta_1 must be in \[0, 1\)"),
        (lambda: optimizers.Adam(clipnorm=1.0, clipvalue=1.0), ValueError, "only one of"),
        (lambda: optimizers.Adam(use_ema=True), ValueError, "use_ema=True is not supported"),
        (lambda: optimizers.Adam(speed=3), TypeError, "unknown argument 'speed'"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1.0]), ValueError, "one more than"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), ValueError, "steps must be positive"),
    ],
)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
