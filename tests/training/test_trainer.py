"""The trainer's own rules: refusals before any work, repeatable runs, every kind of data."""

import tracemalloc
from itertools import chain

import numpy as np
import pytest

import minicnn
from minicnn import callbacks, layers, losses, models, optimizers
from minicnn.data import Dataset
from minicnn_kernels import memory


def classifier(**dense):
    return models.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(**{"units": 3, "activation": "softmax", **dense}),
        ]
    )


@pytest.fixture
def data(rng):
    return rng.normal(size=(20, 6, 6, 1)).astype(np.float32), rng.integers(0, 3, 20)


@pytest.fixture
def model():
    minicnn.set_random_seed(7)
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


def state_of(model):
    step = model.optimizer.get_state()
    return [*model.get_weights(), *(np.asarray(value) for value in step.values())]


# Refusals -----------------------------------------------------------------------------------


def _with(y, row, value):
    y = y.copy()
    y[row] = value
    return y


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x, y: (x, y[:19]), ValueError, "x has 20 rows, y has 19"),
        (lambda x, y: (x[:19], y), ValueError, "x has 19 rows, y has 20"),
        (
            lambda x, y: (x, _with(y, 17, 3)),
            ValueError,
            r"labels must be in 0\.\.2, got 3 in row 17",
        ),
        (
            lambda x, y: (x, _with(y, 4, -1)),
            ValueError,
            r"labels must be in 0\.\.2, got -1 in row 4",
        ),
        (lambda x, y: (x, y.astype(float)), TypeError, "labels must be integers, got float64"),
        (lambda x, y: (x, _with(y.astype(float), 3, np.nan)), TypeError, "float64 with NaN"),
        (lambda x, y: (x, np.eye(3)[y]), ValueError, "go with CategoricalCrossentropy"),
        (
            lambda x, y: (x, np.array(["cat"] * 20)),
            TypeError,
            "y of output .* must be real numbers",
        ),
        (lambda x, y: (x, None), ValueError, "y is missing"),
        (lambda x, y: (x, {"dog": y}), ValueError, "y names an output 'dog'"),
        (lambda x, y: (x[:, :5], y), ValueError, r"must have shape \(None, 6, 6, 1\), got"),
        (lambda x, y: (x[0], y), ValueError, r"must have shape \(None, 6, 6, 1\), got"),
        (lambda x, y: (x.astype(complex), y), TypeError, "must be real numbers, got complex128"),
    ],
)
def test_bad_data_are_refused_before_any_work(model, data, change, error, message):
    model.train_on_batch(*data)
    before = state_of(model)
    bad = change(*data)
    for run in (
        lambda: model.fit(*bad, batch_size=4, verbose=0),
        lambda: model.fit(*data, validation_data=bad, verbose=0),
        lambda: model.train_on_batch(*bad),
        lambda: model.test_on_batch(*bad),
        lambda: model.evaluate(*bad, verbose=0),
        lambda: model.gradients(*bad),
    ):
        with pytest.raises(error, match=message):
            run()
    for old, new in zip(before, state_of(model)):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an integer, got 2.5"),
        ({"epochs": -1}, ValueError, "epochs must be at least 0"),
        ({"validation_split": 1.0}, ValueError, r"validation_split must be in \[0, 1\)"),
        ({"validation_split": 0.99}, ValueError, "leaves one side empty"),
        ({"sample_weight": np.ones(7)}, ValueError, "sample_weight has 7"),
        ({"class_weight": [1, 2]}, TypeError, "class_weight must be a dict"),
        ({"callbacks": [print]}, TypeError, "callbacks: must be Callback objects"),
        ({"verbose": 3}, ValueError, "verbose: must be 0, 1, 2 or 'auto'"),
        ({"speed": 1}, TypeError, "unknown argument 'speed'"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch must be at least 1"),
        ({"validation_data": 3}, ValueError, "validation_data must be"),
    ],
)
def test_bad_options_are_refused(model, data, options, error, message):
    with pytest.raises(error, match=message):
        model.fit(*data, **{"verbose": 0, **options})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimizer": "adm"}, ValueError, "no optimizer is called 'adm'"),
        ({"loss": "mse2"}, ValueError, "no loss is called 'mse2'"),
        ({"loss": "mse", "metrics": ["acuracy"]}, ValueError, "no metric is called 'acuracy'"),
        ({"loss": ["mse", "mse"]}, ValueError, "loss must have one entry for each"),
        ({"loss": {"cat": "mse"}}, ValueError, "loss names an output 'cat'"),
        ({"loss": "mse", "eagerly": True}, TypeError, "unknown argument 'eagerly'"),
    ],
)
def test_compile_refuses_and_leaves_the_model_as_it_was(model, data, options, error, message):
    optimizer = model.optimizer
    with pytest.raises(error, match=message):
        model.compile(**options)
    assert model.optimizer is optimizer
    model.train_on_batch(*data)


def test_training_needs_a_compiled_model_with_a_loss(data):
    model = classifier()
    with pytest.raises(RuntimeError, match=r"fit: Sequential .* must be compiled first"):
        model.fit(*data)
    model.compile("sgd")
    with pytest.raises(ValueError, match="was compiled without a loss"):
        model.fit(*data)


def test_no_rows_are_refused_by_fit_and_predicted_as_none(model, data):
    x, y = data
    with pytest.raises(ValueError, match="fit: x has no rows"):
        model.fit(x[:0], y[:0], verbose=0)
    with pytest.raises(ValueError, match="evaluate: the data hold no rows"):
        model.evaluate(x[:0], y[:0], verbose=0)
    assert model.predict(x[:0], verbose=0).shape == (0, 3)


# Repeating ----------------------------------------------------------------------------------


def test_a_seed_makes_a_run_repeat_to_the_bit(data):
    results = []
    for seed in (1, 1, 2):
        minicnn.set_random_seed(seed)
        model = models.Sequential(
            [
                layers.Input((6, 6, 1)),
                layers.Conv2D(4, 3, activation="relu"),
                layers.Dropout(0.5),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        history = model.fit(*data, batch_size=3, epochs=3, verbose=0).history
        results.append((history, [w.tobytes() for w in model.get_weights()]))
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_epochs_in_one_fit_or_in_two_are_the_same(data):
    weights = []
    for parts in ([(0, 4)], [(0, 2), (2, 4)]):
        minicnn.set_random_seed(3)
        model = classifier()
        model.compile("adam", "sparse_categorical_crossentropy")
        for start, stop in parts:
            history = model.fit(*data, batch_size=3, initial_epoch=start, epochs=stop, verbose=0)
        assert history.epoch[-1] == 3
        assert model.epochs_done == 4
        weights.append([w.tobytes() for w in model.get_weights()])
    assert weights[0] == weights[1]


def test_shuffling_gives_every_row_once(model, data):
    x = np.arange(20, dtype=np.float32).reshape(20, 1, 1, 1) * np.ones((1, 6, 6, 1), np.float32)
    seen = []

    class Spy(layers.Layer):
        def forward(self, x, training):
            seen.append(x[:, 0, 0, 0].astype(int).tolist())
            return x, None

        def backward(self, dy, cache):
            return dy

    spied = models.Sequential([layers.Input((6, 6, 1)), Spy(), *classifier().layers])
    spied.compile("sgd", "sparse_categorical_crossentropy")
    orders = {}
    for shuffle in (False, True, "batch"):
        seen.clear()
        spied.fit(x, data[1], batch_size=6, epochs=2, shuffle=shuffle, verbose=0)
        assert [len(rows) for rows in seen] == [6, 6, 6, 2] * 2
        epochs = [list(chain(*seen[:4])), list(chain(*seen[4:]))]
        assert all(sorted(rows) == list(range(20)) for rows in epochs)
        orders[shuffle] = epochs
        if shuffle == "batch":
            assert all(rows == list(range(rows[0], rows[0] + len(rows))) for rows in seen)
    assert orders[False] == [list(range(20))] * 2
    assert orders[True][0] != orders[True][1]


# Kinds of data ------------------------------------------------------------------------------


class Pairs:
    """A sequence as Keras' Sequence: batches by number."""

    def __init__(self, x, y, size=5):
        self.x, self.y, self.size, self.epochs = x, y, size, 0

    def __len__(self):
        return len(self.x) // self.size

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        self.epochs += 1


def endless(x, y, size=5):
    while True:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


def test_every_kind_of_data_trains_alike(data):
    x, y = data
    feeds = {
        "arrays": lambda: ((x, y), {"batch_size": 5, "shuffle": False}),
        "generator": lambda: ((endless(x, y),), {"steps_per_epoch": 4}),
        "dataset": lambda: ((Dataset.from_tensor_slices((x, y)).batch(5),), {}),
        "repeated dataset": lambda: (
            (Dataset.from_tensor_slices((x, y)).batch(5).repeat(),),
            {"steps_per_epoch": 4},
        ),
        "sequence": lambda: ((Pairs(x, y),), {"shuffle": False}),
        "strided": lambda: (
            (np.repeat(x, 2, axis=2)[:, :, ::2], y[::-1][::-1]),
            {"batch_size": 5, "shuffle": False},
        ),
        "float64": lambda: ((x.astype(np.float64), y), {"batch_size": 5, "shuffle": False}),
        "no channel axis": lambda: ((x[..., 0], y[:, None]), {"batch_size": 5, "shuffle": False}),
    }
    results = {}
    for name, make in feeds.items():
        minicnn.set_random_seed(5)
        model = classifier()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        arguments, options = make()
        history = model.fit(*arguments, epochs=2, verbose=0, **options)
        results[name] = history.history, [w.tobytes() for w in model.get_weights()]
    for name, result in results.items():
        assert result == results["arrays"], name


def test_bytes_are_cast_batch_by_batch(data):
    x = np.random.default_rng(0).integers(0, 256, (20, 6, 6, 1), dtype=np.uint8)
    weights = []
    for images in (x, x.astype(np.float32)):
        minicnn.set_random_seed(5)
        model = classifier()
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(images, data[1], batch_size=6, verbose=0)
        weights.append([w.tobytes() for w in model.get_weights()])
        assert model.predict(images, batch_size=7, verbose=0).shape == (20, 3)
    assert weights[0] == weights[1]


def test_evaluate_and_predict_take_streams(model, data):
    x, y = data
    pairs = Pairs(x, y)
    whole = model.evaluate(x, y, verbose=0)
    np.testing.assert_allclose(model.evaluate(pairs, verbose=0), whole, rtol=1e-6)
    np.testing.assert_allclose(
        model.evaluate_generator(endless(x, y), steps=4, workers=2), whole, rtol=1e-6
    )
    predicted = model.predict(x, verbose=0)
    np.testing.assert_array_equal(model.predict(pairs, verbose=0), predicted)
    np.testing.assert_array_equal(
        model.predict_generator((x[i : i + 5] for i in range(0, 20, 5)), verbose=0), predicted
    )
    np.testing.assert_array_equal(model.predict_on_batch(x), predicted)


def test_a_sequence_is_told_of_each_epoch_and_may_be_validated_on(model, data):
    pairs = Pairs(*data)
    history = model.fit_generator(
        pairs,
        steps_per_epoch=3,
        epochs=2,
        validation_data=Pairs(*data),
        validation_steps=2,
        verbose=0,
    ).history
    assert pairs.epochs == 2
    assert len(history["val_loss"]) == 2


def test_a_stream_of_bad_labels_is_refused_before_the_step(model, data):
    x, y = data
    before = state_of(model)
    with pytest.raises(ValueError, match=r"labels must be in 0\.\.2, got 9 in row 1"):
        model.fit(Pairs(x, _with(y, 1, 9)), shuffle=False, verbose=0)
    for old, new in zip(before, state_of(model)):
        np.testing.assert_array_equal(old, new)


def test_streams_refuse_what_belongs_in_them(model, data):
    with pytest.raises(ValueError, match="y must come from the data"):
        model.fit(Pairs(*data), data[1], verbose=0)
    with pytest.raises(ValueError, match="validation_split needs arrays"):
        model.fit(Pairs(*data), validation_split=0.5, verbose=0)
    with pytest.raises(ValueError, match="a generator can be read once"):
        model.fit((pair for pair in [data]), epochs=2, verbose=0)
    with pytest.warns(UserWarning, match="the data ended after 1 of 3 batches"):
        model.fit((pair for pair in [data]), steps_per_epoch=3, verbose=0)


def test_inputs_and_targets_by_name(rng):
    a, b = layers.Input((3,), name="a"), layers.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    outputs = [layers.Dense(1, name="u")(joined), layers.Dense(2, name="v")(joined)]
    model = models.Model([a, b], outputs)
    model.compile("sgd", {"v": "mse"}, {"u": ["mae"]})
    xa, xb, v = (rng.normal(size=(8, n)).astype(np.float32) for n in (3, 2, 2))
    with pytest.raises(ValueError, match="y of output 'u' is missing"):
        model.train_on_batch({"a": xa, "b": xb}, {"v": v})
    logs = model.train_on_batch([xa, xb], {"u": xa[:, :1], "v": v}, return_dict=True)
    assert list(logs) == ["loss", "u_mae"] == model.metrics_names
    with pytest.raises(ValueError, match="input 'b' is missing"):
        model.train_on_batch({"a": xa}, {"u": xa[:, :1], "v": v})


def test_the_first_batch_gives_a_model_its_shape(data):
    x, y = data
    for feed, options in (
        ((x, y), {}),
        ((Pairs(x, y),), {}),
        ((endless(x, y),), {"steps_per_epoch": 2}),
    ):
        model = models.Sequential([layers.Flatten(), layers.Dense(3, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(*feed, verbose=0, **options)
        assert model.count_params() == 36 * 3 + 3


# Steps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", ["softmax layer", "activation layer", "used inside"])
def test_the_loss_takes_over_only_what_nobody_else_reads(data, reading):
    x, y = data
    minicnn.set_random_seed(1)
    image = layers.Input((6, 6, 1))
    logits = layers.Dense(3)(layers.Flatten()(image))
    if reading == "softmax layer":
        probabilities = layers.Softmax()(logits)
    else:
        probabilities = layers.Activation("softmax")(logits)
    outputs = [probabilities]
    if reading == "used inside":
        outputs.append(layers.Dense(2)(probabilities))
    model = models.Model(image, outputs)
    model.compile(
        "sgd",
        ["sparse_categorical_crossentropy", None][: len(outputs)],
        [["accuracy"], None][: len(outputs)],
    )
    plain = losses.SparseCategoricalCrossentropy()(
        y, model(x) if len(outputs) == 1 else model(x)[0]
    )
    loss, dweights, (dx,) = model.gradients(x, y)
    assert model._objective.heads[0].fused is (reading != "used inside")
    assert loss == pytest.approx(plain, rel=1e-5)
    assert len(dweights) == len(model.trainable_weights)
    assert dx.shape == x.shape


def test_gradients_are_slopes_of_the_loss(rng):
    model = models.Sequential(
        [
            layers.Input((5, 5, 1), dtype="float64"),
            layers.Conv2D(2, 3, activation="tanh", kernel_regularizer="l2", dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(3, activation="softmax", activity_regularizer="l2", dtype="float64"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y, weight = rng.normal(size=(4, 5, 5, 1)), rng.integers(0, 3, 4), rng.uniform(0.5, 2, 4)
    loss, dweights, (dx,) = model.gradients(x, y, weight)
    assert loss == pytest.approx(model.evaluate(x, y, sample_weight=weight, verbose=0))
    start = model.get_weights()
    directions = [rng.normal(size=w.shape) for w in start]
    values = []
    for step in (1e-6, -1e-6):
        model.set_weights([w + step * d for w, d in zip(start, directions)])
        values.append(model.gradients(x, y, weight)[0])
    slope = sum(np.sum(g * d) for g, d in zip(dweights, directions))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-6)
    model.set_weights(start)
    direction = rng.normal(size=x.shape)
    high, low = (model.gradients(x + s * direction, y, weight)[0] for s in (1e-6, -1e-6))
    assert (high - low) / 2e-6 == pytest.approx(np.sum(dx * direction), rel=1e-6)


def test_gradients_change_nothing(model, data):
    model.train_on_batch(*data)
    before = state_of(model)
    model.gradients(*data)
    for old, new in zip(before, state_of(model)):
        np.testing.assert_array_equal(old, new)


def test_a_custom_loss_trains(data):
    def quartic(y_true, y_pred):
        error = y_pred - y_true
        return error**4, 4 * error**3

    x, y = data
    model = classifier(units=1, activation=None)
    model.compile("adam", quartic, [lambda y_true, y_pred: np.abs(y_true - y_pred)])
    history = model.fit(x, y[:, None], epochs=15, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert list(history) == ["loss", "<lambda>"]


def test_freezing_counts_from_the_next_compile(model, data):
    model.train_on_batch(*data)
    conv, dense = model.layers[0], model.layers[-1]
    conv.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = conv.get_weights(), dense.get_weights()
    model.train_on_batch(*data)
    np.testing.assert_array_equal(conv.get_weights()[0], before[0][0])
    assert (dense.get_weights()[0] != before[1][0]).any()
    assert model.optimizer.get_state()["m"].size < sum(w.size for w in model.weights)
    conv.trainable = True
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(*data)
    assert (conv.get_weights()[0] != before[0][0]).any()


def test_training_a_frozen_model_warns(model, data):
    model.trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(UserWarning, match="no weight of .* learns"):
        model.train_on_batch(*data)


def test_two_models_that_share_layers_may_be_trained_in_turn(data):
    x, y = data
    image = layers.Input((6, 6, 1))
    shared = layers.Dense(4, activation="tanh")
    features = shared(layers.Flatten()(image))
    first = models.Model(image, layers.Dense(3, activation="softmax")(features))
    second = models.Model(image, layers.Dense(1)(features))
    first.compile("sgd", "sparse_categorical_crossentropy")
    second.compile("sgd", "mse")
    for _ in range(3):
        before = shared.get_weights()[0]
        first.train_on_batch(x, y)
        between = shared.get_weights()[0]
        second.train_on_batch(x, y)
        assert (before != between).any()
        assert (between != shared.get_weights()[0]).any()
        features_now = np.tanh(x.reshape(20, -1) @ shared.kernel.value + shared.bias.value)
        np.testing.assert_allclose(
            models.Model(image, features)(x), features_now, rtol=1e-4, atol=1e-5
        )


def test_a_model_that_grew_is_trained_whole(model, data):
    model.train_on_batch(*data)
    model.pop()
    model.add(layers.Dense(5, activation="softmax"))
    model.train_on_batch(*data)
    assert model.predict(data[0], verbose=0).shape == (20, 5)


def test_a_steady_step_takes_no_new_memory(rng):
    model = models.Sequential(
        [
            layers.Input((20, 20, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    x, y = rng.normal(size=(512, 20, 20, 1)).astype(np.float32), rng.integers(0, 3, 512)
    model.fit(x, y, batch_size=256, epochs=2, verbose=0)
    taken = memory.allocated_bytes()
    tracemalloc.start()
    model.fit(x, y, batch_size=256, epochs=3, verbose=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert memory.allocated_bytes() == taken
    one_activation = 256 * 18 * 18 * 4 * 4
    assert peak < one_activation / 4


# Display ------------------------------------------------------------------------------------


def test_verbose_shows_a_bar_a_line_or_nothing(model, data, capsys):
    model.fit(*data, verbose=0)
    assert capsys.readouterr().out == ""
    model.fit(*data, epochs=2, verbose=2, validation_split=0.2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Epoch 2/2 - 1 batches in ")
    assert "val_accuracy" in lines[1]
    model.fit(*data, batch_size=5, verbose=1)
    bar = capsys.readouterr().out
    assert "Epoch 1/1: 100%" in bar
    assert "4/4" in bar
    assert "accuracy 0." in bar
    model.evaluate(*data, verbose=1)
    model.predict(data[0], verbose=1)
    assert capsys.readouterr().out.count("1/1") >= 2


def test_the_history_holds_every_epoch(model, data):
    history = model.fit(*data, epochs=3, validation_data=data, validation_freq=2, verbose=0)
    assert history is model.history
    assert history.epoch == [0, 1, 2]
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert len(history.history["val_loss"]) == 1
    assert history.params["epochs"] == 3


def test_optimizers_can_be_driven_by_hand(model, data):
    optimizer = optimizers.Adam(0.01)
    values = []
    for _ in range(5):
        loss, dweights, _ = model.gradients(*data, training=True)
        optimizer.apply_gradients(zip(dweights, model.trainable_weights))
        values.append(loss)
    assert values[-1] < values[0]


def test_callbacks_may_stop_in_the_middle_of_an_epoch(model, data):
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model.fit(*data, batch_size=4, epochs=5, verbose=0, callbacks=[Stop()])
    assert model.optimizer.iterations == 2
    assert model.history.epoch == [0]
