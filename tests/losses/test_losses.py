"""Losses: Keras' values, its gradients, and the refusals that Keras lacks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import losses

SHAPES = st.sampled_from([(1, 2), (3, 4), (5, 2), (2, 3, 4), (2, 2, 3, 5)])
SEEDS = st.integers(0, 2**32 - 1)

# Name, settings, kind of targets, kind of predictions.
CASES = [
    ("MeanSquaredError", {}, "real", "real"),
    ("MeanAbsoluteError", {}, "real", "real"),
    ("MeanAbsolutePercentageError", {}, "real", "real"),
    ("MeanSquaredLogarithmicError", {}, "positive", "real"),
    ("Huber", {}, "real", "real"),
    ("Huber", {"delta": 0.3}, "real", "real"),
    ("LogCosh", {}, "real", "real"),
    ("CosineSimilarity", {}, "real", "real"),
    ("Poisson", {}, "positive", "positive"),
    ("KLDivergence", {}, "probability", "probability"),
    ("Hinge", {}, "bits", "real"),
    ("Hinge", {}, "signs", "real"),
    ("SquaredHinge", {}, "bits", "real"),
    ("CategoricalHinge", {}, "onehot", "real"),
    ("BinaryCrossentropy", {}, "bits", "fraction"),
    ("BinaryCrossentropy", {"from_logits": True}, "bits", "real"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "bits", "fraction"),
    ("CategoricalCrossentropy", {}, "onehot", "probability"),
    ("CategoricalCrossentropy", {}, "onehot", "fraction"),
    ("CategoricalCrossentropy", {"from_logits": True}, "onehot", "real"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1, "from_logits": True}, "onehot", "real"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "onehot", "probability"),
    ("SparseCategoricalCrossentropy", {}, "labels", "probability"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "labels", "real"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 0}, "labels", "probability"),
]


def draw(kind, shape, rng):
    if kind == "real":
        return rng.normal(size=shape)
    if kind == "positive":
        return rng.uniform(0.1, 3, shape)
    if kind == "fraction":
        return rng.uniform(0.05, 0.95, shape)
    if kind == "probability":
        p = rng.uniform(0.05, 1, shape)
        return p / p.sum(axis=-1, keepdims=True)
    if kind == "bits":
        return rng.integers(0, 2, shape)
    if kind == "signs":
        return rng.integers(0, 2, shape) * 2 - 1
    labels = rng.integers(0, shape[-1], shape[:-1])
    return labels if kind == "labels" else np.eye(shape[-1])[labels]


@pytest.mark.parametrize(("name", "options", "targets", "predictions"), CASES)
@settings(max_examples=15)
@given(
    shape=SHAPES,
    seed=SEEDS,
    weighted=st.booleans(),
    reduction=st.sampled_from(["sum_over_batch_size", "mean_with_sample_weight", "sum"]),
)
def test_value_and_gradient_are_those_of_keras(
    tf, name, options, targets, predictions, shape, seed, weighted, reduction
):
    rng = np.random.default_rng(seed)
    y_true, y_pred = draw(targets, shape, rng), draw(predictions, shape, rng)
    if targets != "labels":
        y_true = y_true.astype(np.float64)
    y_pred = y_pred.astype(np.float64)
    weight = rng.uniform(0, 2, shape[0]) if weighted else None
    if weight is not None and len(shape) > 2:  # Keras broadcasts from the right: spell it out
        weight = np.broadcast_to(weight.reshape(-1, *[1] * (len(shape) - 2)), shape[:-1]).copy()
    peer = getattr(tf.keras.losses, name)(**options, reduction=reduction, dtype="float64")
    x = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = peer(y_true, x, sample_weight=weight)
    mine = getattr(losses, name)(**options, reduction=reduction)
    value, cache = mine.forward(y_true, y_pred, weight)
    # Keras clips by a float32 epsilon, and takes it from its float32 settings.
    np.testing.assert_allclose(value, expected.numpy(), rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(
        mine.backward(cache), tape.gradient(expected, x).numpy(), rtol=2e-6, atol=1e-7
    )
    np.testing.assert_allclose(mine(y_true, y_pred, weight), value)


@pytest.mark.parametrize("from_logits", [False, True])
def test_binary_crossentropy_along_another_axis(tf, from_logits, rng):
    y_true = draw("bits", (3, 4, 2), rng).astype(np.float64)
    y_pred = draw("real" if from_logits else "fraction", (3, 4, 2), rng)
    peer = tf.keras.losses.BinaryCrossentropy(from_logits, axis=1, dtype="float64")
    x = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = peer(y_true, x)
    mine = losses.BinaryCrossentropy(from_logits, axis=1)
    value, cache = mine.forward(y_true, y_pred)
    assert mine.call(y_true, y_pred).shape == (3, 2)
    np.testing.assert_allclose(value, expected.numpy(), rtol=2e-6)
    np.testing.assert_allclose(
        mine.backward(cache), tape.gradient(expected, x).numpy(), rtol=2e-6, atol=1e-8
    )


@pytest.mark.parametrize(("name", "options", "targets", "predictions"), CASES)
def test_float32_values_one_a_sample_are_those_of_keras(
    tf, name, options, targets, predictions, rng
):
    y_true, y_pred = draw(targets, (6, 5), rng), draw(predictions, (6, 5), rng).astype(np.float32)
    peer = getattr(tf.keras.losses, name)(**options, reduction="none")
    mine = getattr(losses, name)(**options, reduction="none")
    expected = np.asarray(peer(y_true, y_pred))
    np.testing.assert_allclose(mine(y_true, y_pred), expected, rtol=2e-5, atol=2e-6)
    assert mine.call(y_true, y_pred).dtype == np.float32


@pytest.mark.parametrize(
    "name",
    [
        "kullback_leibler_divergence",
        "mse",
        "mae",
        "mape",
        "msle",
        "huber",
        "log_cosh",
        "bce",
        "binary_crossentropy",
        "categorical_crossentropy",
        "kld",
        "sparse_categorical_crossentropy",
        "hinge",
        "squared_hinge",
        "categorical_hinge",
        "kl_divergence",
        "poisson",
        "cosine_similarity",
        "mean_squared_error",
        "MSE",
        "MeanSquaredError",
    ],
)
def test_strings_functions_and_classes_name_the_same_loss(name):
    loss = losses.get(name)
    assert isinstance(loss, losses.Loss)
    assert isinstance(losses.get(type(loss)), type(loss))
    assert losses.get(loss) is loss
    if hasattr(losses, name) and not isinstance(getattr(losses, name), type):
        assert type(losses.get(getattr(losses, name))) is type(loss)
    again = losses.get({"class_name": type(loss).__name__, "config": loss.get_config()})
    assert again.get_config() == loss.get_config()


def test_function_forms_take_the_class_settings(rng):
    y_true, y_pred = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    np.testing.assert_array_equal(
        losses.huber(y_true, y_pred, delta=0.5), losses.Huber(delta=0.5).call(y_true, y_pred)
    )
    assert losses.huber(y_true, y_pred, 0.5).shape == (4,)


@given(seed=SEEDS, rows=st.integers(1, 9), smoothing=st.sampled_from([0.0, 0.1]))
def test_a_loss_of_logits_equals_the_loss_after_the_activation(seed, rows, smoothing):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, 4))
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = rng.integers(0, 4, rows)
    pairs = [
        (losses.SparseCategoricalCrossentropy(), "softmax", labels, softmax),
        (
            losses.CategoricalCrossentropy(label_smoothing=smoothing),
            "softmax",
            np.eye(4)[labels],
            softmax,
        ),
        (
            losses.BinaryCrossentropy(label_smoothing=smoothing),
            "sigmoid",
            rng.integers(0, 2, (rows, 4)),
            1 / (1 + np.exp(-logits)),
        ),
    ]
    for loss, activation, y_true, y_pred in pairs:
        fused = loss.from_logits_of(activation)
        value, cache = fused.forward(y_true, logits)
        np.testing.assert_allclose(value, loss(y_true, y_pred), rtol=1e-5)
        np.testing.assert_allclose(fused.predictions(cache), y_pred, rtol=1e-6)
        assert loss.from_logits_of("relu") is None
        assert fused.from_logits_of(activation) is None


def test_logits_keep_what_probabilities_lose():
    logits = np.array([[200.0, 0.0]], np.float32)
    loss = losses.SparseCategoricalCrossentropy()
    wrong = np.array([1])
    assert loss.from_logits_of("softmax").forward(wrong, logits)[0] == pytest.approx(200)
    assert loss(wrong, np.array([[1.0, 0.0]], np.float32)) < 17  # clipped at epsilon


@pytest.mark.parametrize("label", [-1, 3, 99])
def test_a_label_outside_of_the_classes_is_named_with_its_row(label):
    labels = np.array([0, 2, label, 1, label])
    for loss in (
        losses.SparseCategoricalCrossentropy(),
        losses.SparseCategoricalCrossentropy(from_logits=True),
    ):
        with pytest.raises(ValueError, match=rf"labels must be in 0\.\.2, got {label} in row 2$"):
            loss(labels, np.full((5, 3), 1 / 3))


@pytest.mark.parametrize("labels", [[0.0, 1.0], [0.0, np.nan], [True, False]])
def test_labels_that_are_no_integers_are_refused(labels):
    with pytest.raises(TypeError, match=r"labels must be integers, got (float64|bool)"):
        losses.SparseCategoricalCrossentropy()(np.array(labels), np.full((2, 3), 1 / 3))


def test_an_ignored_label_may_lie_outside_of_the_classes(rng):
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    p = draw("probability", (4, 3), rng)
    labels = np.array([0, -1, 2, -1])
    kept = losses.SparseCategoricalCrossentropy()(labels[[0, 2]], p[[0, 2]])
    assert loss(labels, p) == pytest.approx(kept)


@pytest.mark.parametrize(
    ("loss", "y_true", "message"),
    [
        ("mse", np.zeros((4, 2)), r"must have the output's shape \(4, 3\), got \(4, 2\)"),
        ("mse", np.zeros((3, 4)), r"must have the output's shape \(4, 3\), got \(3, 4\)"),
        ("mse", np.zeros(4), r"must have the output's shape \(4, 3\), got \(4,\)"),
        ("mse", np.zeros((4, 1)), r"must have the output's shape \(4, 3\), got \(4, 1\)"),
        ("categorical_crossentropy", np.zeros(4, int), "go with SparseCategoricalCrossentropy"),
        ("categorical_crossentropy", np.zeros((4, 1), int), "SparseCategoricalCrossentropy"),
        (
            "sparse_categorical_crossentropy",
            np.zeros((4, 3), int),
            "go with CategoricalCrossentropy",
        ),
        ("sparse_categorical_crossentropy", np.zeros((5,), int), r"shape \(4,\), got \(5,\)"),
    ],
)
def test_targets_of_another_shape_are_refused(loss, y_true, message):
    with pytest.raises(ValueError, match=message):
        losses.get(loss)(y_true, np.full((4, 3), 0.5))


@pytest.mark.parametrize("y_true", [np.array(["a", "b"]), np.array([1j, 2]), np.array([None, 1])])
def test_targets_that_are_no_real_numbers_are_refused(y_true):
    with pytest.raises(TypeError, match="y_true must be real numbers"):
        losses.MeanSquaredError()(y_true.reshape(2, 1), np.zeros((2, 1)))


def test_a_last_axis_of_one_may_be_missing_on_either_side():
    y = np.array([1.0, 2.0, 4.0])
    for y_true, y_pred in ((y, y[:, None] + 1), (y[:, None], y + 1)):
        loss = losses.MeanSquaredError()
        value, cache = loss.forward(y_true, y_pred)
        assert value == 1
        assert loss.backward(cache).shape == y_pred.shape


def test_nan_in_predictions_comes_out():
    assert np.isnan(losses.MeanSquaredError()(np.zeros((2, 2)), np.array([[0, np.nan], [1, 1]])))


def test_no_rows_cost_nothing():
    loss = losses.MeanSquaredError()
    value, cache = loss.forward(np.zeros((0, 3)), np.zeros((0, 3)))
    assert value == 0
    assert loss.backward(cache).shape == (0, 3)


def cubed(y_true, y_pred):
    error = y_pred - y_true
    return np.abs(error) ** 3, 3 * error * np.abs(error)


@given(seed=SEEDS)
def test_a_function_with_its_gradient_is_a_loss(seed):
    rng = np.random.default_rng(seed)
    y_true, y_pred, direction = rng.normal(size=(3, 4, 2))
    weight = rng.uniform(0, 2, 4)
    loss = losses.get(cubed)
    value, cache = loss.forward(y_true, y_pred, weight)
    assert value == pytest.approx(np.mean(weight[:, None] * np.abs(y_pred - y_true) ** 3))
    step = 1e-6 * direction
    slope = (loss(y_true, y_pred + step, weight) - loss(y_true, y_pred - step, weight)) / 2e-6
    assert np.sum(loss.backward(cache) * direction) == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_a_function_without_gradient_is_refused():
    loss = losses.get(lambda y_true, y_pred: np.abs(y_pred - y_true))
    with pytest.raises(TypeError, match=r"must return \(values, gradient\)"):
        loss(np.zeros((2, 1)), np.zeros((2, 1)))


def test_a_gradient_of_another_shape_is_refused():
    loss = losses.get(lambda y_true, y_pred: (y_pred[:, 0], y_pred[:1]))
    with pytest.raises(ValueError, match="a gradient of that shape"):
        loss(np.zeros((2, 3)), np.zeros((2, 3)))


def test_a_subclass_without_gradient_is_refused_when_it_is_chosen():
    class OnlyValues(losses.Loss):
        def values(self, y_true, y_pred):
            return y_pred.mean(axis=-1), None

    with pytest.raises(TypeError, match="OnlyValues 'only_values': must define values"):
        losses.get(OnlyValues())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: losses.get("mean_squarred_error"),
            ValueError,
            "did you mean 'mean_squared_error'",
        ),
        (lambda: losses.get(3), TypeError, "must be a name, a function or a Loss"),
        (
            lambda: losses.MeanSquaredError(reduction="average"),
            ValueError,
            "reduction must be one of",
        ),
        (lambda: losses.BinaryCrossentropy(label_smoothing=2), ValueError, r"must be in \[0, 1\]"),
        (
            lambda: losses.MeanSquaredError(reduction="none").forward(
                np.zeros((1, 1)), np.zeros((1, 1))
            ),
            ValueError,
            "no single number to train on",
        ),
        (
            lambda: losses.MeanSquaredError()(np.zeros((3, 1)), np.zeros((3, 1)), np.ones(2)),
            ValueError,
            "sample_weight must have shape",
        ),
    ],
)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
