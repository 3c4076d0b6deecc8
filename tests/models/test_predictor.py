"""Predictors against the models they were made from."""

import threading

import numpy as np
import pytest

import minicnn as keras
from minicnn import applications
from minicnn.graph import captured

layers = keras.layers
Image = layers.Input


class Doubled(layers.Layer):
    """Computes by NumPy alone."""

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, x, training):
        return x * 2, None

    def backward(self, dy, cache):
        return dy * 2


class HalfSeen(layers.Layer):
    """Computes by NumPy, then by a kernel."""

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, x, training):
        return layers.ReLU()(np.sin(x * 40)), None

    def backward(self, dy, cache):
        return dy


def residual(format="channels_last"):
    image = Image((3, 12, 12) if format == "channels_first" else (12, 12, 3))
    axis = 1 if format == "channels_first" else -1
    options = {"data_format": format, "use_bias": False}
    x = layers.ZeroPadding2D(1, data_format=format)(image)
    x = layers.ReLU()(layers.BatchNormalization(axis)(layers.Conv2D(8, 3, **options)(x)))
    y = layers.SeparableConv2D(8, 3, padding="same", **options)(x)
    y = layers.BatchNormalization(axis)(y)
    y = layers.ReLU(6.0)(layers.Add()([x, y]))
    return keras.Model(image, layers.GlobalAveragePooling2D(format)(y))


def several():
    a, b = Image((6,), name="a"), Image((4,), name="b")
    x = layers.Dense(5, activation="tanh")(layers.Concatenate()([a, b]))
    inner = keras.Sequential([Image((5,)), layers.Dense(4, activation="elu")])
    return keras.Model([a, b], {"nested": inner(x), "sum": inner(x) + b, "plain": x})


def sequence():
    return keras.Sequential(
        [
            Image((7, 5)),
            layers.Conv1D(6, 3, padding="causal", activation="relu6"),
            Doubled(),
            HalfSeen(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Reshape((7, 6)),
            layers.LayerNormalization(),
            layers.Softmax(),
        ]
    )


MODELS = {
    "residual": residual,
    "channels_first": lambda: residual("channels_first"),
    "several": several,
    "sequence": sequence,
    "lenet5": applications.LeNet5,
    "lenet5 of 1998": lambda: applications.LeNet5(classic=True),
    "identity": lambda: keras.Sequential([Image((4, 4, 2)), layers.Dropout(0.3)]),
    "cifar": lambda: applications.ResNet20(weights=None),
}


def disturbed(model):
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.value[...] = rng.uniform(0.2, 0.9, weight.shape)
        if weight.name != "moving_variance":
            weight.value[...] *= rng.choice([-1, 1], weight.shape)
    return model


def given(model, count, seed=1):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((count, *t.shape[1:])).astype(t.dtype) for t in model.inputs]
    return arrays if len(arrays) > 1 else arrays[0]


def same(ours, theirs):
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    for a, b in zip(ours, theirs) if isinstance(ours, list) else [(ours, theirs)]:
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(b).max(initial=0))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_it_predicts_as_the_model_does_on_any_number_of_images(make):
    model = disturbed(make())
    predict = model.predictor(batch_size=3)
    for count in (3, 1, 7, 0, 3):
        x = given(model, count, seed=count)
        kept = [array.copy() for array in (x if isinstance(x, list) else [x])]
        same(predict(x), model(x))
        for array, before in zip(x if isinstance(x, list) else [x], kept):
            np.testing.assert_array_equal(array, before)


def test_results_are_new_arrays():
    model = applications.LeNet5()
    predict = model.predictor()
    first = predict(given(model, 1))
    before = first.copy()
    predict(given(model, 1, seed=2))
    np.testing.assert_array_equal(first, before)


def test_float64_is_as_exact_as_the_model():
    before = keras.backend.floatx()
    keras.backend.set_floatx("float64")
    try:
        model = disturbed(residual())
    finally:
        keras.backend.set_floatx(before)
    assert model.inputs[0].dtype == "float64"
    x = given(model, 2)
    np.testing.assert_allclose(model.predictor(2)(x), model(x), rtol=1e-12)


def test_it_is_the_model_of_the_time_it_was_made():
    model = disturbed(residual())
    x = given(model, 2)
    predict, before = model.predictor(2), model(x)
    for weight in model.weights:
        weight.value[...] = 0.5
    same(predict(x), before)
    same(model.predictor(2)(x), model(x))


def test_only_steps_that_compute_in_numpy_run_as_a_whole():
    def whole_steps(model):
        return sum(
            getattr(call, "func", None) is captured._run_whole
            for call in model.predictor()._captured._calls
        )

    assert whole_steps(residual()) == 0
    assert whole_steps(keras.Sequential([Image((3,)), Doubled(), layers.Dense(2)])) == 1
    assert whole_steps(keras.Sequential([Image((3,)), HalfSeen(), layers.Dense(2)])) == 1


def test_activations_share_memory():
    deep = [layers.Conv2D(16, 3, padding="same", activation="relu") for _ in range(12)]
    model = keras.Sequential([Image((64, 64, 16)), *deep])
    activation = 64 * 64 * 16 * 4
    weights = sum(weight.value.nbytes for weight in model.weights)
    assert model.predictor().allocated_bytes < 6 * activation + 12 * weights


def test_threads_take_turns():
    model = disturbed(residual())
    predict = model.predictor(4)
    xs = [given(model, 4, seed) for seed in range(6)]
    expected = [predict(x) for x in xs]
    results = [None] * len(xs)

    def work(i):
        results[i] = [predict(xs[i]) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(xs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found, y in zip(results, expected):
        for one in found:
            np.testing.assert_array_equal(one, y)


def test_what_does_not_fit_is_refused():
    model = applications.LeNet5()
    with pytest.raises(ValueError, match=r"batch_size must be at least 1 .* got 0"):
        model.predictor(0)
    predict = model.predictor(2)
    with pytest.raises(ValueError, match=r"must have shape .* got \(2, 27, 28, 1\)"):
        predict(np.zeros((2, 27, 28, 1), np.float32))
    with pytest.raises(ValueError, match="equally many, got"):
        several().predictor()([np.zeros((2, 6), np.float32), np.zeros((3, 4), np.float32)])
    open_size = keras.Sequential([Image((None, None, 3)), layers.GlobalAveragePooling2D()])
    with pytest.raises(ValueError, match=r"must have a fixed size, its shape is \(None, None, "):
        open_size.predictor()
