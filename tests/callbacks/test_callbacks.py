"""Callbacks: Keras' hooks in Keras' order, and its decisions from the same numbers."""

import csv

import numpy as np
import pytest

import minicnn
from minicnn import callbacks, layers, models


@pytest.fixture
def data(rng):
    x = rng.normal(size=(12, 3)).astype(np.float32)
    return x, (x @ np.array([[1.0], [-2.0], [0.5]])).astype(np.float32)


@pytest.fixture
def model():
    minicnn.set_random_seed(1)
    model = models.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Script(callbacks.Callback):
    """Puts given numbers into the logs of the epochs, before the callbacks that read them."""

    def __init__(self, name, values):
        super().__init__()
        self.name, self.values = name, values

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]


OLD_HOOKS = ("on_batch_begin", "on_batch_end")


def recorder(base, calls):
    """A callback class over ``base`` that writes down every hook it hears."""

    def hook(name):
        def call(self, *arguments, logs=None):
            calls.append((name, *(a for a in arguments if isinstance(a, int))))

        return call

    hooks = {name: hook(name) for name in callbacks.base.HOOKS if name not in OLD_HOOKS}
    return type("Recorder", (base,), hooks)


def test_hooks_are_heard_in_keras_order(tf, model, data):
    peer = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(1)])
    peer.compile("sgd", "mse", run_eagerly=True)
    heard = []
    for trained, base in ((model, callbacks.Callback), (peer, tf.keras.callbacks.Callback)):
        calls = []
        watcher = recorder(base, calls)()
        trained.fit(
            *data, batch_size=5, epochs=2, validation_data=data, validation_batch_size=7,
            verbose=0, callbacks=[watcher],
        )  # fmt: skip
        trained.evaluate(*data, verbose=0, callbacks=[watcher])
        trained.predict(data[0], batch_size=8, verbose=0, callbacks=[watcher])
        heard.append(calls)
    assert heard[0] == heard[1]


def test_old_batch_hooks_and_logs(model, data):
    seen = []

    class Old(callbacks.Callback):
        def on_batch_begin(self, batch, logs=None):
            seen.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            seen.append(("end", batch, sorted(logs)))

    model.fit(*data, batch_size=8, verbose=0, callbacks=[Old()])
    assert seen == [("begin", 0), ("end", 0, ["loss"]), ("begin", 1), ("end", 1, ["loss"])]


def test_lambda_callback_hears_its_hooks(model, data):
    epochs, batches = [], []
    watcher = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append((epoch, set(logs))),
        on_train_batch_end=lambda batch, logs: batches.append(batch),
        on_train_end=None,
    )
    model.fit(*data, batch_size=6, epochs=2, verbose=0, callbacks=[watcher])
    assert epochs == [(0, {"loss"}), (1, {"loss"})]
    assert batches == [0, 1, 0, 1]
    model.fit(*data, verbose=0, callbacks=[callbacks.LambdaCallback(None, watcher.on_epoch_end)])
    assert epochs[2:] == [(0, {"loss"})]
    with pytest.raises(TypeError, match="no hook is called 'on_sunday'"):
        callbacks.LambdaCallback(on_sunday=print)


STOPPING = [
    ({"patience": 0}, [3, 2, 2, 1]),
    ({"patience": 2}, [3, 2, 2.5, 2.4, 1, 0.5]),
    ({"patience": 1, "min_delta": 0.5}, [3, 2.8, 2.6, 2.4, 2.2]),
    ({"patience": 1, "mode": "max"}, [1, 2, 3, 2, 2, 9]),
    ({"patience": 1, "baseline": 1.0}, [3, 2, 1.5, 0.5]),
    ({"patience": 1, "start_from_epoch": 2}, [1, 2, 3, 4, 5, 6]),
    ({"patience": 1, "restore_best_weights": True}, [3, 1, 2, 2, 2]),
]


@pytest.mark.parametrize(("options", "values"), STOPPING)
def test_early_stopping_stops_where_keras_does(tf, model, data, options, values):
    peer = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(1)])
    peer.compile("sgd", "mse", run_eagerly=True)
    peer.set_weights(model.get_weights())
    script = type("Script", (tf.keras.callbacks.Callback,), {"on_epoch_end": Script.on_epoch_end})()
    script.name, script.values = "val_score", values
    mode = options.get("mode", "min")
    ran = []
    for trained, keras, numbers in (
        (model, callbacks, Script("val_score", values)),
        (peer, tf.keras.callbacks, script),
    ):
        stop = keras.EarlyStopping("val_score", **{**options, "mode": mode})
        history = trained.fit(
            *data, epochs=len(values), verbose=0, shuffle=False, callbacks=[numbers, stop]
        )
        ran.append((len(history.epoch), stop.stopped_epoch, stop.best))
    assert ran[0] == ran[1]
    for a, b in zip(model.get_weights(), peer.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_early_stopping_says_so(model, data, capsys):
    stop = callbacks.EarlyStopping(
        "score", patience=1, verbose=1, mode="max", restore_best_weights=True
    )
    model.fit(*data, epochs=5, verbose=0, callbacks=[Script("score", [1, 3, 2, 2, 2]), stop])
    assert capsys.readouterr().out == (
        "Epoch 3: early stopping\nRestoring the weights of epoch 2\n"
    )


@pytest.mark.parametrize(
    ("monitor", "up"),
    [("val_accuracy", True), ("acc", True), ("val_auc", True), ("val_loss", False), ("mae", False)],
)
def test_auto_mode_knows_which_way_is_better(monitor, up):
    watcher = callbacks.EarlyStopping(monitor)
    assert watcher.is_better(2.0, 1.0) is up
    assert watcher.is_better(1.0, 2.0) is not up


def test_a_missing_name_warns(model, data):
    for watcher in (
        callbacks.EarlyStopping("val_loss"),
        callbacks.ReduceLROnPlateau("val_loss"),
    ):
        with pytest.warns(UserWarning, match="logs have no 'val_loss', only loss"):
            model.fit(*data, verbose=0, callbacks=[watcher])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own
@pytest.mark.parametrize(
    "options",
    [
        {"factor": 0.5, "patience": 1},
        {"factor": 0.5, "patience": 2, "cooldown": 2},
        {"factor": 0.1, "patience": 1, "min_lr": 0.005},
        {"factor": 0.5, "patience": 1, "mode": "max", "min_delta": 0.2},
    ],
)
def test_the_rate_falls_where_keras_lets_it_fall(tf, model, data, options):
    values = [3, 2, 2, 2, 2.1, 2.15, 1, 1, 1, 1.3, 1.3, 1.3]
    peer = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(1)])
    peer.compile("sgd", "mse", run_eagerly=True)
    script = type("Script", (tf.keras.callbacks.Callback,), {"on_epoch_end": Script.on_epoch_end})()
    script.name, script.values = "score", values
    rates = []
    for trained, keras, numbers in (
        (model, callbacks, Script("score", values)),
        (peer, tf.keras.callbacks, script),
    ):
        history = trained.fit(
            *data, epochs=len(values), verbose=0,
            callbacks=[numbers, keras.ReduceLROnPlateau("score", **{"mode": "min", **options})],
        )  # fmt: skip
        rates.append(history.history["learning_rate"])
    np.testing.assert_allclose(*rates, rtol=1e-6)
    assert rates[0][0] > rates[0][-1]


@pytest.mark.parametrize("old", [False, True])
def test_the_scheduler_sets_the_rate_of_each_epoch(model, data, old):
    schedule = (lambda epoch: 0.1 / (epoch + 1)) if old else (lambda epoch, rate: rate / 2)
    history = model.fit(
        *data, epochs=3, verbose=0, callbacks=[callbacks.LearningRateScheduler(schedule)]
    ).history
    expected = [0.1, 0.05, 0.1 / 3] if old else [0.005, 0.0025, 0.00125]
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-6)
    wrong = callbacks.LearningRateScheduler(lambda epoch, rate: "fast")
    with pytest.raises(TypeError, match="schedule must return a float, got 'fast'"):
        model.fit(*data, verbose=0, callbacks=[wrong])


def test_an_error_inside_a_schedule_is_not_hidden(model, data):
    def schedule(epoch, rate):
        return rate + "x"

    with pytest.raises(TypeError, match="unsupported operand"):
        model.fit(*data, verbose=0, callbacks=[callbacks.LearningRateScheduler(schedule)])


def test_nan_ends_training(model, data, capsys):
    x, y = data
    y = y.copy()
    y[7] = np.nan
    history = model.fit(
        x,
        y,
        batch_size=3,
        epochs=4,
        verbose=0,
        shuffle=False,
        callbacks=[callbacks.TerminateOnNaN()],
    )
    assert len(history.epoch) == 1
    assert model.optimizer.iterations == 3
    assert "Batch 2: loss is nan" in capsys.readouterr().out


def rows_of(path, delimiter=","):
    with path.open() as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_csv_holds_one_row_an_epoch(model, data, tmp_path):
    path = tmp_path / "log.csv"
    model.fit(*data, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(path)])
    log = callbacks.CSVLogger(path, append=True)
    history = model.fit(*data, initial_epoch=2, epochs=4, verbose=0, callbacks=[log])
    rows = rows_of(path)
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert [float(row["loss"]) for row in rows[2:]] == history.history["loss"]


def test_csv_marks_what_an_epoch_lacks(model, data, tmp_path):
    path = tmp_path / "log.csv"
    log = callbacks.CSVLogger(path, separator=";")

    class Once(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                logs["extra"] = 1

    model.fit(*data, epochs=2, verbose=0, callbacks=[Once(), log])
    rows = rows_of(path, ";")
    assert [row["extra"] for row in rows] == ["1", "NA"]


class Saves:
    """Stands in for a model's two ways to save."""

    def __init__(self, model, monkeypatch):
        self.paths = []
        monkeypatch.setattr(model, "save", lambda path: self.paths.append(("model", path)))
        monkeypatch.setattr(
            model, "save_weights", lambda path: self.paths.append(("weights", path))
        )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["m-0001", "m-0002", "m-0003", "m-0004"]),
        ({"period": 2}, ["m-0002", "m-0004"]),
        ({"save_best_only": True, "monitor": "score"}, ["m-0001", "m-0003"]),
        ({"save_best_only": True, "monitor": "score", "mode": "max"}, ["m-0001", "m-0002"]),
        (
            {"save_best_only": True, "monitor": "score", "initial_value_threshold": 1.5},
            ["m-0003"],
        ),
        ({"save_freq": 3}, ["m-0002", "m-0003"]),
    ],
)
@pytest.mark.parametrize("weights", [False, True])
def test_checkpoints_are_saved_when_due(model, data, monkeypatch, options, expected, weights):
    saves = Saves(model, monkeypatch)
    keep = callbacks.ModelCheckpoint("m-{epoch:04d}", save_weights_only=weights, **options)
    model.fit(
        *data, batch_size=6, epochs=4, verbose=0, callbacks=[Script("score", [2, 3, 1, 1.5]), keep]
    )
    assert saves.paths == [("weights" if weights else "model", path) for path in expected]


def test_checkpoint_names_may_hold_logs(model, data, monkeypatch, tmp_path, capsys):
    saves = Saves(model, monkeypatch)
    keep = callbacks.ModelCheckpoint(tmp_path / "{epoch:02d}-{score:.2f}.h5", verbose=1)
    model.fit(*data, verbose=0, callbacks=[Script("score", [0.1234]), keep])
    assert saves.paths == [("model", str(tmp_path / "01-0.12.h5"))]
    assert "saving to" in capsys.readouterr().out
    wrong = callbacks.ModelCheckpoint("{acc:.2f}")
    with pytest.raises(ValueError, match=r"names 'acc', which is not in the logs \['loss'\]"):
        model.fit(*data, verbose=0, callbacks=[wrong])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: callbacks.EarlyStopping(mode="best"), "mode must be 'auto', 'min' or 'max'"),
        (lambda: callbacks.ReduceLROnPlateau(factor=1.0), "factor must be below 1"),
        (lambda: callbacks.ModelCheckpoint("m", save_freq="day"), "save_freq must be 'epoch'"),
        (lambda: callbacks.ModelCheckpoint("m", save_freq=0), "save_freq must be 'epoch'"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
