"""Whole training runs follow Keras' from the same weights and batches.

Keras runs eagerly: a dozen steps of a tiny model take less than tracing it.
"""

import numpy as np
import pytest

import minicnn
from minicnn import layers, models

ROWS = 20


@pytest.fixture
def data(rng):
    x = rng.normal(size=(ROWS, 9, 8, 2)).astype(np.float32)
    return x, rng.integers(0, 4, ROWS)


def small_cnn(keras, **dense):
    return keras.Sequential(
        [
            keras.layers.Input((9, 8, 2)),
            keras.layers.Conv2D(5, 3, activation="relu", kernel_regularizer="l2"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(4, 2, padding="same", activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(**{"units": 4, "activation": "softmax", **dense}),
        ]
    )


def two_heads(keras):
    image = keras.layers.Input((9, 8, 2))
    x = keras.layers.Conv2D(3, 3, strides=2, activation="relu")(image)
    x = keras.layers.Flatten()(x)
    kind = keras.layers.Dense(4, activation="softmax", name="kind")(x)
    box = keras.layers.Dense(3, name="box", kernel_constraint="non_neg")(x)
    return keras.models.Model(image, [kind, box])


def pair(tf, build, **options):
    mine, peer = build(minicnn, **options), build(tf.keras, **options)
    mine.set_weights(peer.get_weights())
    return mine, peer


def check_logs(mine, peer, rtol=1e-4):
    assert set(mine) == set(peer)
    for name, value in peer.items():
        np.testing.assert_allclose(mine[name], value, rtol=rtol, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        ("SGD", {"momentum": 0.9, "nesterov": True}),
        ("RMSprop", {}),
        ("Adam", {"clipnorm": 0.5}),
        ("AdamW", {}),
        ("Nadam", {}),
        ("Adagrad", {}),
    ],
)
def test_ten_steps_of_each_optimizer(tf, data, rng, optimizer, options):
    x, y = data
    mine, peer = pair(tf, small_cnn)
    for model, keras in ((mine, minicnn), (peer, tf.keras)):
        chosen = getattr(keras.optimizers, optimizer)(**options)
        model.compile(
            optimizer=chosen,
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            run_eagerly=True,
        )
    for _ in range(10):
        rows = rng.permutation(ROWS)[:7]
        np.testing.assert_allclose(
            mine.train_on_batch(x[rows], y[rows]), peer.train_on_batch(x[rows], y[rows]), rtol=1e-4
        )
    for a, b in zip(mine.get_weights(), peer.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(mine.test_on_batch(x, y), peer.test_on_batch(x, y), rtol=1e-4)
    np.testing.assert_allclose(
        mine.predict(x, verbose=0, batch_size=6), peer.predict(x, verbose=0), rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize(
    ("dense", "loss", "targets"),
    [
        ({}, "categorical_crossentropy", "onehot"),
        ({"activation": None}, "SparseCategoricalCrossentropy", "labels"),
        ({"units": 1, "activation": "sigmoid"}, "binary_crossentropy", "bits"),
        ({"units": 3, "activation": None}, "mse", "real"),
        ({"units": 3, "activation": "tanh"}, "mae", "real"),
        ({"units": 3, "activation": None}, "huber", "real"),
    ],
)
def test_fit_logs_what_keras_logs(tf, data, rng, dense, loss, targets):
    x, labels = data
    y = {
        "onehot": np.eye(4, dtype=np.float32)[labels],
        "labels": labels,
        "bits": labels % 2,
        "real": rng.normal(size=(ROWS, 3)),
    }[targets]
    weight = rng.uniform(0.5, 2, ROWS)
    mine, peer = pair(tf, small_cnn, **dense)
    logs = []
    for model, keras in ((mine, minicnn), (peer, tf.keras)):
        logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(
            optimizer="adam",
            loss=logits if targets == "labels" else loss,
            metrics=["mae"] if targets == "real" else ["accuracy"],
            weighted_metrics=["mse"] if targets != "labels" else ["acc"],
            run_eagerly=True,
        )
        history = model.fit(
            x,
            y,
            batch_size=6,
            epochs=3,
            verbose=0,
            shuffle=False,
            sample_weight=weight,
            validation_split=0.25,
        )
        logs.append(history)
    assert logs[0].epoch == logs[1].epoch
    check_logs(logs[0].history, logs[1].history)


def test_class_weights_are_those_of_keras(tf, data):
    x, y = data
    mine, peer = pair(tf, small_cnn)
    histories = []
    for model in (mine, peer):
        model.compile(
            optimizer="sgd",
            loss="sparse_categorical_crossentropy",
            metrics=["acc"],
            run_eagerly=True,
        )
        histories.append(
            model.fit(
                x, y, batch_size=8, epochs=2, verbose=0, shuffle=False,
                class_weight={0: 2.0, 1: 0.5, 3: 0.0},
            ).history
        )  # fmt: skip
    check_logs(*histories)
    assert "acc" in histories[0]


@pytest.mark.parametrize("form", ["list", "dict"])
def test_two_outputs_with_loss_weights(tf, data, rng, form):
    x, kind = data
    y = [kind, rng.normal(size=(ROWS, 3)).astype(np.float32)]
    loss, metrics, weights = (
        ["sparse_categorical_crossentropy", "mse"],
        [["accuracy"], ["mae", "mse"]],
        [0.8, 0.2],
    )
    if form == "dict":
        y, loss, metrics, weights = (
            dict(zip(("kind", "box"), part)) for part in (y, loss, metrics, weights)
        )
    mine, peer = pair(tf, two_heads)
    histories, evaluated = [], []
    for model in (mine, peer):
        model.compile(
            optimizer="adam", loss=loss, metrics=metrics, loss_weights=weights, run_eagerly=True
        )
        histories.append(
            model.fit(
                x,
                y,
                batch_size=6,
                epochs=3,
                verbose=0,
                shuffle=False,
                validation_data=(x[:9], _cut(y, 9)),
            ).history
        )
        evaluated.append(model.evaluate(x, y, verbose=0, return_dict=True))
    check_logs(*histories)
    check_logs(*evaluated)
    kind, box = mine.predict(x, verbose=0)
    assert kind.shape == (ROWS, 4)
    assert box.shape == (ROWS, 3)
    assert (mine.get_layer("box").kernel.value >= 0).all()


def _cut(y, rows):
    return {k: v[:rows] for k, v in y.items()} if isinstance(y, dict) else [v[:rows] for v in y]


def test_a_subclassed_and_a_functional_model_train_alike(data):
    x, y = data

    class Net(models.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(3, 3, activation="relu")
            self.head = layers.Dense(4, activation="softmax")

        def call(self, x):
            return self.head(layers.Flatten()(self.conv(x)))

    net = Net()
    net.compile("adam", "sparse_categorical_crossentropy")
    first = net.train_on_batch(x, y)
    image = layers.Input((9, 8, 2))
    again = models.Model(image, net.head(layers.Flatten()(net.conv(image))))
    again.compile("adam", "sparse_categorical_crossentropy")
    assert net.train_on_batch(x, y) < first
    assert again.evaluate(x, y, verbose=0) == pytest.approx(net.evaluate(x, y, verbose=0))
