"""A run that was interrupted and goes on ends with the bits of one that was not."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import callbacks, layers, random
from minicnn.errors import FormatError


class PowerError(Exception):
    """The power fails."""


class Interrupt(callbacks.Callback):
    """Fails after a batch of an epoch, or after the epoch's end (``batch=None``)."""

    def __init__(self, epoch, batch=None):
        super().__init__()
        self.when, self.now = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.now, batch) == self.when:
            raise PowerError

    def on_epoch_end(self, epoch, logs=None):
        if (epoch, None) == self.when:
            raise PowerError


def compiled(optimizer="adam", metrics=("accuracy",)):
    """A network in which everything that keeps a state takes part."""
    random.set_random_seed(3)
    model = keras.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.RandomFlip(),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(3, activation="softmax"),
        ],
        name="small",
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics))
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(37, 6, 6, 1)).astype(np.float32), rng.integers(0, 3, 37)


def fit(model, data, *watchers, epochs=4, **options):
    return model.fit(
        *data, batch_size=8, epochs=epochs, validation_split=0.2, verbose=0, callbacks=watchers,
        **options,
    ).history  # fmt: skip


def after(history, epochs):
    return {name: values[epochs:] for name, values in history.items()}


def assert_same(model, other):
    for one, two in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, two)
    state, there = model.optimizer.get_state(), other.optimizer.get_state()
    assert state.keys() == there.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(there[name], value)


# Epoch and batch of the failure, how often backups are made, epoch that the second run begins with.
FAILURES = [
    (0, None, "epoch", 1),
    (2, None, "epoch", 3),
    (2, 1, "epoch", 2),
    (0, 2, 1, 0),
    (1, 2, 2, 1),
    (1, 3, 4, 1),
    (2, 0, 3, 2),
]


@pytest.mark.parametrize("same_process", [False, True])
@pytest.mark.parametrize(("epoch", "batch", "save_freq", "begins"), FAILURES)
def test_it_goes_on_to_the_same_bits(data, tmp_path, epoch, batch, save_freq, begins, same_process):
    whole = compiled()
    expected = fit(whole, data)
    stopped = compiled()
    backup = callbacks.BackupAndRestore(tmp_path / "run", save_freq)
    with pytest.raises(PowerError):
        fit(stopped, data, backup, Interrupt(epoch, batch))
    assert (tmp_path / "run").is_dir()
    if not same_process:
        stopped = compiled()
        random.set_random_seed(99)  # another process knows nothing of the stream
    rest = fit(stopped, data, callbacks.BackupAndRestore(tmp_path / "run", save_freq))
    assert rest == after(expected, begins)
    assert stopped.epochs_done == 4
    assert_same(whole, stopped)
    assert not (tmp_path / "run").exists()


class Batches(keras.utils.Sequence):
    """Batches by number, which ``fit`` asks for in an order of its own."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return self.x[rows], self.y[rows]


@pytest.mark.parametrize(
    "kind", [Batches, lambda x, y: keras.data.Dataset.from_tensor_slices((x, y)).batch(8)]
)
def test_it_goes_on_within_batches_that_can_begin_anew(data, tmp_path, kind):
    batches = kind(*data)
    whole = compiled()
    whole.fit(batches, epochs=3, verbose=0)
    stopped = compiled()
    with pytest.raises(PowerError):
        stopped.fit(
            batches, epochs=3, verbose=0,
            callbacks=[callbacks.BackupAndRestore(tmp_path, 1), Interrupt(1, 2)],
        )  # fmt: skip
    stopped = compiled()
    stopped.fit(batches, epochs=3, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path, 1)])
    assert_same(whole, stopped)


def test_every_kind_of_metric_goes_on(data, tmp_path):
    x, y = data
    y = (y > 0).astype(np.float32)[:, None]

    def model():
        random.set_random_seed(4)
        made = keras.Sequential(
            [layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")]
        )
        kinds = ["accuracy", keras.metrics.AUC(), keras.metrics.Precision(), "mse"]
        made.compile("sgd", "binary_crossentropy", metrics=kinds, weighted_metrics=["accuracy"])
        return made

    expected = fit(model(), (x, y), epochs=2)
    backup = callbacks.BackupAndRestore(tmp_path, 1)
    with pytest.raises(PowerError):
        fit(model(), (x, y), backup, Interrupt(0, 1), epochs=2)
    assert fit(model(), (x, y), backup, epochs=2) == expected


def test_a_run_without_interruption_is_as_without_backup(data, tmp_path):
    whole, kept = compiled(), compiled()
    expected = fit(whole, data)
    random.set_random_seed(3)
    kept = compiled()
    keep = callbacks.BackupAndRestore(tmp_path / "run", 1, delete_checkpoint=False)
    assert fit(kept, data, keep) == expected
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["last.minicnn"]


def test_a_finished_run_is_not_trained_again(data, tmp_path):
    keep = callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    model = compiled()
    fit(model, data, keep, epochs=2)
    before = model.get_weights()
    assert fit(model, data, keep, epochs=2) == {}
    for one, two in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, two)


def interrupted(data, folder, double=False):
    backup = callbacks.BackupAndRestore(folder, double_checkpoint=double)
    with pytest.raises(PowerError):
        fit(compiled(), data, backup, Interrupt(2))
    return folder / "last.minicnn"


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def refused(model, data, folder, message, **options):
    before, stream = model.get_weights(), random.get_state()
    with pytest.raises(FormatError, match=message) as caught:
        fit(model, data, callbacks.BackupAndRestore(folder, **options))
    assert "\n" not in str(caught.value)
    for one, two in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, two)
    assert random.get_state() == stream
    assert model.optimizer.iterations == 0


def test_a_damaged_backup_is_refused_in_one_line(data, tmp_path):
    damage(interrupted(data, tmp_path))
    refused(compiled(), data, tmp_path, "last.minicnn.*checksum differs: the file is damaged")


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_two_backups_outlive_damage_of_one(data, tmp_path, how):
    expected = fit(whole := compiled(), data)
    path = interrupted(data, tmp_path, double=True)
    again = compiled()
    backup = callbacks.BackupAndRestore(tmp_path, double_checkpoint=True)
    if how == "damaged":
        damage(path)
        with pytest.warns(UserWarning, match=r"checksum differs.*takes the one before"):
            rest = fit(again, data, backup)
    else:
        path.unlink()
        rest = fit(again, data, backup)
    assert rest == after(expected, 2)
    assert_same(whole, again)


def test_when_both_are_damaged_it_is_refused(data, tmp_path):
    damage(interrupted(data, tmp_path, double=True))
    damage(tmp_path / "previous.minicnn")
    with pytest.warns(UserWarning, match="takes the one before"):
        refused(compiled(), data, tmp_path, r"previous.minicnn.*checksum", double_checkpoint=True)


def test_a_backup_of_another_run_is_refused(data, tmp_path):
    interrupted(data, tmp_path)
    other = keras.Sequential([layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3)])
    other.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    refused(other, data, tmp_path, "last.minicnn")
    refused(compiled("sgd"), data, tmp_path, "last.minicnn.*state must have")
    compiled().save(tmp_path / "last.minicnn")
    refused(compiled(), data, tmp_path, "is no backup of a run")


def test_other_metrics_or_batches_within_an_epoch_are_refused(data, tmp_path):
    backup = callbacks.BackupAndRestore(tmp_path, 3)
    with pytest.raises(PowerError):
        fit(compiled(), data, backup, Interrupt(1, 2))
    refused(compiled(metrics=["mse"]), data, tmp_path, "has other losses or metrics")
    with pytest.raises(ValueError, match="stands after 2 batches of an epoch, the data have 1"):
        compiled().fit(*data, batch_size=64, epochs=4, verbose=0, callbacks=[backup])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backup_dir": ""}, "backup_dir must not be empty"),
        ({"backup_dir": "b", "save_freq": "day"}, "save_freq must be 'epoch' or a number of"),
        ({"backup_dir": "b", "save_freq": 0}, "save_freq must be 'epoch' or a number of batches"),
        ({"backup_dir": "b", "save_freq": True}, "save_freq must be 'epoch' or a number of"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        callbacks.BackupAndRestore(**options)
