"""Captured training steps: the bits of steps that are not, and where none is captured."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import losses, optimizers
from minicnn.training import repetition

layers = keras.layers
STEPS = 6


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(repetition, "WAIT", 1)


def lenet(image):
    """The layers of LeNet-5, smaller."""
    x = layers.Conv2D(4, 5, activation="tanh", padding="same")(image)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(17, 3, activation="tanh")(x)
    x = layers.Flatten()(layers.AveragePooling2D(2)(x))
    x = layers.Dense(20, activation="tanh")(x)
    return layers.Dense(3, activation="softmax")(x)


def wide(image):
    """Winograd's convolution in all three passes, pooling of maxima, sums, concatenation."""
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(image)
    y = layers.Conv2D(32, 3, padding="same")(x)
    x = layers.MaxPooling2D(2)(layers.ReLU()(layers.Add()([x, y])))
    x = layers.Concatenate()([x, layers.Conv2D(8, 1, activation="gelu", use_bias=False)(x)])
    return layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x))


def light(image):
    """Maps that are made again, and one layer in two places."""
    shared = layers.Conv2D(3, 3, padding="same", activation="sigmoid")
    x = layers.Conv2D(24, 3, activation="relu")(shared(shared(image)))
    return layers.Dense(3, activation="softmax")(layers.Flatten()(x))


def deep(image):
    """Depthwise, separable and transposed convolution, LRN, PReLU: some of it in NumPy."""
    x = layers.DepthwiseConv2D(3)(image)
    x = layers.SeparableConv2D(8, 3, padding="same", activation="elu")(x)
    x = layers.PReLU(shared_axes=[1, 2])(layers.LocalResponseNormalization()(x))
    x = layers.Conv2DTranspose(4, 2, strides=2)(x)
    x = layers.AveragePooling2D(3, 2, padding="same")(x)
    return layers.Dense(3, activation="softmax")(layers.Flatten()(x))


def first(image):
    """Channels first: arrays are turned in NumPy."""
    x = layers.Permute((3, 1, 2))(image)
    x = layers.Conv2D(4, 3, data_format="channels_first", activation="relu")(x)
    return layers.Dense(3, activation="softmax")(layers.Flatten()(x))


def made(body, seed=0, optimizer=None, **options):
    image = layers.Input((12, 12, 3))
    model = keras.Model(image, body(image))
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.value[...] = rng.normal(0, 0.2, weight.shape)
    model.compile(optimizer or optimizers.SGD(0.05, momentum=0.9), _LOSS, **options)
    return model


_LOSS = "sparse_categorical_crossentropy"


def batch(step, size=5):
    rng = np.random.default_rng(step)
    return rng.standard_normal((size, 12, 12, 3)).astype("float32"), rng.integers(0, 3, size)


def states(model):
    """``is_right`` of every kind of step that the model has met."""
    return [state.is_right for state in model._step.repetition._states.values()]


def both(monkeypatch, run):
    """What ``run`` returns for a model whose steps may be captured and for one that never is."""
    captured = run()
    monkeypatch.setattr(repetition, "WAIT", 1 << 40)
    return captured, run()


def assert_same(captured, plain):
    (model, history), (other, expected) = captured, plain
    assert history == expected
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("body", [lenet, wide, light, deep, first])
def test_captured_steps_are_the_same_bits(monkeypatch, body):
    def run():
        model = made(body)
        return model, [model.train_on_batch(*batch(step)) for step in range(STEPS)]

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)
    assert states(captured[0]) == [body in (lenet, wide, light)]
    assert states(plain[0]) == [None]


def test_what_is_kept_between_steps_changes_nothing(monkeypatch):
    """Learning rates, weights of samples, penalties, constraints, metrics, passes in between."""

    def run():
        def body(image):
            rules = {"kernel_regularizer": "l2", "kernel_constraint": keras.constraints.MaxNorm(1)}
            x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu", **rules)(image))
            return layers.Dense(3, activation="softmax", **rules)(x)

        model = made(body, optimizer=optimizers.Adam(0.01), metrics=["accuracy"])
        history = []
        for step in range(STEPS):
            x, y = batch(step)
            model.optimizer.learning_rate = 0.01 / (1 + step)
            weights = np.arange(5, dtype="float32")
            history.append(model.train_on_batch(x, y, sample_weight=weights))
            history.append(model.evaluate(x, y, verbose=0))
            history.append(float(model.predict(x, verbose=0).sum()))
            if step == 4:
                model.set_weights([w * 0.9 for w in model.get_weights()])
        return model, history

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)
    assert states(captured[0]) == [True]


def test_each_size_of_a_batch_is_captured_for_itself(monkeypatch):
    def run():
        model = made(lenet)
        sizes = [5, 4] * STEPS
        return model, [model.train_on_batch(*batch(i, n)) for i, n in enumerate(sizes)]

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)
    assert states(captured[0]) == [True, True]


def test_no_more_kinds_of_steps_are_remembered_than_few(monkeypatch):
    model = made(lenet)
    for size in range(1, repetition.MOST + 2):
        for _ in range(3):
            model.train_on_batch(*batch(0, size))
    assert states(model) == [True]


def test_a_layer_that_is_changed_has_steps_captured_anew(monkeypatch):
    def run():
        model = made(lenet)
        history = [model.train_on_batch(*batch(step)) for step in range(STEPS)]
        model.layers[1].activation = "relu"
        history += [model.train_on_batch(*batch(step)) for step in range(STEPS)]
        model.layers[3].trainable = False
        history += [model.train_on_batch(*batch(step)) for step in range(STEPS)]
        return model, history

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)
    model = made(lenet)
    for step in range(STEPS):
        model.train_on_batch(*batch(step))
    model.layers[1].activation = "relu"
    model.train_on_batch(*batch(0))
    assert states(model) == [None]


def test_another_algorithm_is_taken_from_the_next_step_on(monkeypatch):
    def run():
        model = made(wide)
        history = []
        for algorithm in ("auto", "direct", "winograd", "direct", "auto"):
            with keras.set_convolution(algorithm):
                history += [model.train_on_batch(*batch(step)) for step in range(3)]
        return model, history

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)
    assert states(captured[0]) == [True] * 3


def test_models_that_share_weights_take_turns(monkeypatch):
    def run():
        image = layers.Input((12, 12, 3))
        body = layers.Conv2D(4, 3, activation="relu")
        models = []
        for units in (3, 4):
            x = layers.Flatten()(body(image))
            model = keras.Model(image, layers.Dense(units, activation="softmax")(x))
            for weight in model.weights:
                weight.value[...] = np.random.default_rng(units).normal(0, 0.2, weight.shape)
            model.compile(optimizers.SGD(0.05), _LOSS)
            models.append(model)
        history = []
        for step in range(STEPS):
            history += [model.train_on_batch(*batch(step)) for model in models]
        return models[1], history

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)
    assert states(captured[0]) == [True]


def test_outputs_that_a_loss_keeps_are_not_overwritten():
    kept = []

    class Keeping(losses.MeanSquaredError):
        def forward(self, y_true, y_pred, *arguments, **options):
            kept.append((y_pred, y_pred.copy()))
            return super().forward(y_true, y_pred, *arguments, **options)

    image = layers.Input((12, 12, 3))
    model = keras.Model(image, layers.Conv2D(2, 3)(image))
    model.compile("sgd", Keeping())
    for step in range(STEPS):
        model.train_on_batch(batch(step)[0], np.zeros((5, 10, 10, 2), "float32"))
    assert states(model) == [True]
    for y, then in kept:
        np.testing.assert_array_equal(y, then)


def test_a_step_that_fails_midway_does_no_harm(monkeypatch):
    def run():
        model = made(lenet)
        history = []
        for step in range(STEPS):
            x, y = batch(step)
            if step in (1, 4):
                head = model._step.objective.heads[0]
                with monkeypatch.context() as patch:
                    patch.setattr(type(head), "forward", lambda *_: 1 / 0)
                    with pytest.raises(ZeroDivisionError):
                        model.train_on_batch(x, y)
            history.append(model.train_on_batch(x, y))
        return model, history

    captured, plain = both(monkeypatch, run)
    assert_same(captured, plain)


class Own(layers.Dense):
    """Nobody knows what it may do."""


class Nested(layers.Layer):
    """Composes others."""

    def call(self, x):
        return layers.Dense(3)(x)


REFUSED = {
    "random": lambda x: layers.Dropout(0.5)(x),
    "moving statistics": lambda x: layers.BatchNormalization()(x),
    "a function": lambda x: layers.Lambda(lambda a: a * 2)(x),
    "a class of the user's": lambda x: Own(3)(x),
    "layers inside": lambda x: Nested()(x),
    "a penalty on activity": lambda x: layers.Dense(3, activity_regularizer="l2")(x),
}


@pytest.mark.parametrize("layer", REFUSED.values(), ids=REFUSED)
def test_steps_that_may_differ_from_each_other_are_not_captured(layer):
    def body(image):
        return layers.Dense(3, activation="softmax")(layer(layers.Flatten()(image)))

    model = made(body)
    for step in range(STEPS):
        model.train_on_batch(*batch(step))
    assert states(model) == []


def test_run_eagerly_calls_the_layers_at_every_step(monkeypatch):
    calls = []
    forward = layers.Flatten.forward
    monkeypatch.setattr(
        layers.Flatten, "forward", lambda *given: (calls.append(1), forward(*given))[1]
    )
    model = made(lenet, run_eagerly=True)
    for step in range(STEPS):
        model.train_on_batch(*batch(step))
    assert len(calls) == STEPS
    model.run_eagerly = False
    for step in range(STEPS):
        model.train_on_batch(*batch(step))
    assert len(calls) == STEPS + 3  # one to wait, one captured, one compared


def test_frozen_layers_and_large_networks_are_not_captured(monkeypatch):
    model = made(lenet)
    model.layers[1].trainable = False
    model.compile("sgd", _LOSS)
    for step in range(STEPS):
        model.train_on_batch(*batch(step))
    assert states(model) == []
    model = made(lenet)
    monkeypatch.setattr(repetition, "LARGEST", 5 * 4 * 12 * 12 * 4)
    for step in range(STEPS):
        model.train_on_batch(*batch(step))
    assert states(model) == [None]
