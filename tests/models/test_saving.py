"""MiniCNN's own file: what was saved comes back to the bit, and training goes on from there."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import layers, optimizers, random
from minicnn.errors import FormatError
from minicnn.io import archive


def classifier(seed=7, noise=True):
    random.set_random_seed(seed)
    image = layers.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2")(image)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    if noise:
        x = layers.Dropout(0.3)(x)
    return keras.Model(image, layers.Dense(3, activation="softmax")(x), name="classifier")


def digits(rng, rows=40):
    x = rng.normal(size=(rows, 8, 8, 1)).astype(np.float32)
    return x, rng.integers(0, 3, rows)


def assert_equal_weights(model, other):
    assert len(model.weights) == len(other.weights)
    for one, two in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, two)


def compiled(model, optimizer="adam"):
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A trained model and its file."""
    rng = np.random.default_rng(1)
    model = compiled(classifier())
    model.fit(*digits(rng), epochs=1, verbose=0)
    path = tmp_path_factory.mktemp("saved") / "model.minicnn"
    model.save(path)
    return model, path


def test_a_model_comes_back(saved, rng):
    model, path = saved
    loaded = keras.models.load_model(path)
    assert loaded.name == "classifier"
    assert_equal_weights(model, loaded)
    x, y = digits(rng)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert loaded.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert loaded.metrics_names == ["loss", "accuracy"]
    assert loaded.optimizer.iterations == model.optimizer.iterations == 2
    assert loaded.epochs_done == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        lambda: optimizers.RMSprop(centered=True, momentum=0.5),
        lambda: optimizers.Adam(amsgrad=True, clipnorm=1.0),
        lambda: optimizers.Nadam(),
        lambda: optimizers.AdamW(weight_decay=0.01),
        lambda: optimizers.Adagrad(),
        lambda: optimizers.Adam(optimizers.schedules.ExponentialDecay(0.01, 3, 0.9)),
        lambda: optimizers.SGD(lr=0.1, decay=0.01),
    ],
)
def test_training_goes_on_to_the_same_bits(tmp_path, make):
    x, y = digits(np.random.default_rng(2))
    whole = compiled(classifier(), make())
    expected = whole.fit(x, y, epochs=4, batch_size=16, verbose=0).history
    stopped = compiled(classifier(), make())
    first = stopped.fit(x, y, epochs=2, batch_size=16, verbose=0).history
    stopped.save(tmp_path / "stopped.minicnn")
    del stopped
    random.set_random_seed(999)  # another process knows nothing of the stream
    resumed = keras.models.load_model(tmp_path / "stopped.minicnn")
    rest = resumed.fit(
        x, y, epochs=4, initial_epoch=resumed.epochs_done, batch_size=16, verbose=0
    ).history
    assert {name: first[name] + rest[name] for name in first} == expected
    assert_equal_weights(whole, resumed)


def test_saving_changes_nothing(tmp_path):
    x, y = digits(np.random.default_rng(3))
    losses = []
    for save in (False, True):
        model = compiled(classifier())
        model.fit(x, y, epochs=1, verbose=0)
        if save:
            model.save(tmp_path / "model.minicnn")
        losses.append(model.fit(x, y, epochs=1, verbose=0).history["loss"])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("optimizer", ["adam", "nadam", "rmsprop"])
def test_a_model_that_was_only_compiled_can_be_trained(tmp_path, optimizer):
    x, y = digits(np.random.default_rng(2))
    model = compiled(classifier(), optimizer)
    model.save(tmp_path / "m")
    expected = model.fit(x, y, verbose=0).history
    loaded = keras.models.load_model(tmp_path / "m")
    assert loaded.fit(x, y, verbose=0).history == expected


def test_a_changed_learning_rate_is_kept(tmp_path):
    model = compiled(classifier(), optimizers.SGD(0.5))
    model.optimizer.learning_rate = 0.125
    model.save(tmp_path / "m")
    assert float(keras.models.load_model(tmp_path / "m").optimizer.learning_rate) == 0.125


def test_frozen_after_training(tmp_path):
    x, y = digits(np.random.default_rng(4))
    model = compiled(classifier())
    model.fit(x, y, epochs=1, verbose=0)
    model.layers[1].trainable = False
    model.save(tmp_path / "frozen")
    loaded = keras.models.load_model(tmp_path / "frozen")
    assert not loaded.layers[1].trainable
    state, other = model.optimizer.get_state(), loaded.optimizer.get_state()
    assert state.keys() == other.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(other[name], value)


def test_without_optimizer_or_compilation(tmp_path, saved):
    model, path = saved
    assert keras.models.load_model(path, compile=False).optimizer is None
    model.save(tmp_path / "bare", include_optimizer=False)
    assert keras.models.load_model(tmp_path / "bare").optimizer is None
    fresh = classifier()
    fresh.save(tmp_path / "fresh")
    assert keras.models.load_model(tmp_path / "fresh").compile_arguments is None


def test_an_unbuilt_sequential(tmp_path):
    keras.Sequential([layers.Dense(3), layers.Dense(2)]).save(tmp_path / "m")
    loaded = keras.models.load_model(tmp_path / "m")
    assert not loaded.built
    assert loaded(np.ones((1, 5), np.float32)).shape == (1, 2)


def test_float64(tmp_path, rng):
    model = keras.Sequential(
        [layers.Input((4,), dtype="float64"), layers.Dense(3, dtype="float64")]
    )
    model.save(tmp_path / "m")
    loaded = keras.models.load_model(tmp_path / "m")
    assert loaded.weights[0].dtype == np.float64
    assert_equal_weights(model, loaded)


def test_loading_runs_no_initializer_and_draws_no_seed(saved, monkeypatch):
    _, path = saved
    monkeypatch.setattr(
        keras.initializers.GlorotUniform, "__call__", lambda *_, **__: pytest.fail("ran")
    )
    keras.models.load_model(path)


def test_overwriting_must_be_allowed(tmp_path, saved):
    model, _ = saved
    (tmp_path / "m").write_bytes(b"mine")
    for save in (model.save, model.save_weights):
        with pytest.raises(FileExistsError, match="exists and overwrite is false"):
            save(tmp_path / "m", overwrite=False)
    assert (tmp_path / "m").read_bytes() == b"mine"


def mean_cubed(y_true, y_pred):
    difference = y_pred - y_true
    return np.mean(np.abs(difference) ** 3, -1), 3 * difference * np.abs(difference) / y_pred.shape[
        -1
    ]


def sometimes(y_true, y_pred):
    return np.abs(y_true - y_pred).mean(-1)


def test_functions_of_ones_own_must_be_given_back(tmp_path):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2)])
    model.compile("sgd", mean_cubed, metrics=[sometimes, "mae"])
    model.save(tmp_path / "m")
    with pytest.raises(
        FormatError, match=r"'compile': .*'mean_cubed'.*custom_objects, or load with"
    ):
        keras.models.load_model(tmp_path / "m")
    assert keras.models.load_model(tmp_path / "m", compile=False).optimizer is None
    own = {"mean_cubed": mean_cubed, "sometimes": sometimes}
    loaded = keras.models.load_model(tmp_path / "m", custom_objects=own)
    x, y = np.ones((3, 4), np.float32), np.zeros((3, 2), np.float32)
    assert loaded.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_compile_arguments_of_several_outputs(tmp_path):
    x = layers.Input((4,))
    model = keras.Model(x, [layers.Dense(2, name="a")(x), layers.Dense(3, name="b")(x)])
    model.compile(
        "adam",
        {"a": keras.losses.Huber(delta=0.5), "b": "mse"},
        metrics={"a": ["mae"], "b": [keras.metrics.MeanSquaredError(name="squares")]},
        loss_weights={"a": 0.25, "b": 2.0},
    )
    model.save(tmp_path / "m")
    loaded = keras.models.load_model(tmp_path / "m")
    given = np.ones((3, 4), np.float32)
    targets = {"a": np.zeros((3, 2), np.float32), "b": np.zeros((3, 3), np.float32)}
    expected = model.evaluate(given, targets, verbose=0, return_dict=True)
    assert loaded.evaluate(given, targets, verbose=0, return_dict=True) == expected


def test_lambda_is_never_loaded_from_a_file(tmp_path):
    def halved(x):
        return x / 2

    model = keras.Sequential([layers.Input((4,)), layers.Dense(2), layers.Lambda(halved)])
    model.save(tmp_path / "m")
    with pytest.raises(FormatError, match=r"m: .*Lambda cannot be made, .*code is never loaded"):
        keras.models.load_model(tmp_path / "m")
    loaded = keras.models.load_model(tmp_path / "m", custom_objects={"halved": halved})
    given = np.ones((1, 4), np.float32)
    np.testing.assert_array_equal(loaded(given), model(given))
    with pytest.raises(ValueError, match="safe_mode must be true"):
        keras.models.load_model(tmp_path / "m", safe_mode=False)


# Weights alone ----------------------------------------------------------------------------------


def two_layers(names=("one", "two"), units=(3, 2)):
    return keras.Sequential(
        [layers.Input((4,)), *(layers.Dense(u, name=n) for u, n in zip(units, names))]
    )


def test_weights_alone(tmp_path, saved):
    model, path = saved
    model.save_weights(tmp_path / "w.minicnn")
    for source in (tmp_path / "w.minicnn", path):  # a whole model also has weights
        other = classifier(seed=8)
        report = other.load_weights(source)
        assert_equal_weights(model, other)
        assert report.loaded[0].endswith("/kernel") and not report.skipped
    with pytest.raises(FormatError, match="'kind': holds weights alone: use load_weights"):
        keras.models.load_model(tmp_path / "w.minicnn")


def test_weights_by_order_where_names_differ(tmp_path):
    model, other = two_layers(), two_layers(("three", "four"))
    model.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    assert_equal_weights(model, other)


def test_weights_by_name_where_the_order_differs(tmp_path):
    model = two_layers(units=(4, 4))
    model.save_weights(tmp_path / "w")
    other = two_layers(("two", "one"), units=(4, 4))
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other.layers[1].kernel.value, model.layers[0].kernel.value)


def test_weights_of_some_layers_by_name(tmp_path):
    two_layers().save_weights(tmp_path / "w")
    other = two_layers(("one", "new"))
    before = other.layers[1].get_weights()
    report = other.load_weights(tmp_path / "w", by_name=True)
    assert report.loaded == ["one/kernel", "one/bias"]
    assert (report.not_in_file, report.not_in_model) == (["new"], ["two"])
    np.testing.assert_array_equal(other.layers[1].get_weights()[0], before[0])


def test_weights_do_not_depend_on_what_was_frozen(tmp_path):
    def nested():
        inner = keras.Sequential(
            [layers.Input((4,)), layers.BatchNormalization(name="bn"), layers.Dense(4, name="d")],
            name="inner",
        )
        return keras.Sequential([inner, layers.Dense(2, name="last")])

    model, other = nested(), nested()
    model.layers[0].layers[0].trainable = False
    for weight in model.weights:
        weight.assign(np.random.default_rng(weight.size).normal(size=weight.shape))
    model.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    assert_equal_weights(model, other)


def test_names_with_slashes_do_not_mix_up_weights(tmp_path):
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(4, name="d")], name="a")
    model = keras.Sequential([inner, layers.Dense(4, name="a/d")])
    model.save(tmp_path / "m")
    assert_equal_weights(keras.models.load_model(tmp_path / "m"), model)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (two_layers(units=(3, 5)), r"w: 'two/kernel': must have shape \(3, 5\), got \(3, 2\)"),
        (two_layers(("a", "b"), (5, 2)), r"'a/kernel': must have shape \(4, 5\), got \(4, 3\)"),
        (
            two_layers(("one",), (3,)),
            r"w: must hold weights of 1 layers, got 2; the first to differ is layer 2: "
            r"expected none, got 'two'$",
        ),
        (
            keras.Sequential(
                [layers.Input((4,)), layers.Dense(3, use_bias=False, name="one"), layers.Dense(2)]
            ),
            r"'one': must have 1 weights \['one/kernel'\], got 2",
        ),
    ],
)
def test_weights_that_do_not_fit_change_nothing(tmp_path, other, message):
    two_layers().save_weights(tmp_path / "w")
    before = other.get_weights()
    with pytest.raises(FormatError, match=message):
        other.load_weights(tmp_path / "w")
    for one, two in zip(before, other.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_mismatches_are_skipped_on_request(tmp_path):
    model, other = two_layers(), two_layers(units=(3, 5))
    model.save_weights(tmp_path / "w")
    with pytest.warns(UserWarning, match=r"load_weights: skipped .*'two/kernel': must have shape"):
        report = other.load_weights(tmp_path / "w", skip_mismatch=True)
    assert report.loaded == ["one/kernel", "one/bias"] and len(report.skipped) == 1
    np.testing.assert_array_equal(other.layers[0].kernel.value, model.layers[0].kernel.value)


# Files of strangers -----------------------------------------------------------------------------


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_are_refused_by_name(saved, tmp_path_factory, data):
    content = bytearray(saved[1].read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.minicnn"
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), position]))])
    model = classifier(seed=1)
    before = model.get_weights()
    with pytest.raises(FormatError, match=r"damaged\.minicnn"):
        keras.models.load_model(path)
    with pytest.raises(FormatError, match=r"damaged\.minicnn"):
        model.load_weights(path)
    for one, two in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, two)


def forged(saved, tmp_path, change):
    """The saved file with other content under a valid checksum."""
    content, arrays = archive.read(saved[1])
    content, arrays = json.loads(json.dumps(content)), dict(arrays)
    change(content, arrays)
    path = tmp_path / "forged.minicnn"
    archive.write(path, content, arrays)
    return path


def layer_entry(content, class_name):
    found = content["model"]["config"]["layers"]
    return next(entry for entry in found if entry["class_name"] == class_name)


def renamed(arrays, old, new):
    arrays[new] = arrays.pop(old)


KERNEL = "weights/dense/kernel"
FORGERIES = {
    "code for a layer": (
        lambda c, a: layer_entry(c, "Dense").update(class_name="subprocess.Popen"),
        "no layer is called 'subprocess.Popen'",
    ),
    "a bomb of weights": (
        lambda c, a: layer_entry(c, "Dense")["config"].update(units=10**7),
        r"shape \(\d+, 10000000\) asks for more than the file holds",
    ),
    "a layer in place of a model": (
        lambda c, a: c.update(model=layer_entry(c, "Dense")),
        "'model': must describe a model, got 'Dense'",
    ),
    "no model": (lambda c, a: c.pop("model"), "'class_name'|'layers': must be described"),
    "a weight missing": (lambda c, a: a.pop(a_key(a)), "'weights': must list arrays of the file"),
    "a weight renamed": (
        lambda c, a: renamed(a, a_key(a), "weights/other"),
        "'weights': must list arrays of the file",
    ),
    "a weight too many": (
        lambda c, a: a.update({"weights/more": np.zeros(3)}),
        "'weights': must list every array once",
    ),
    "a weight twice": (
        lambda c, a: c["weights"][0][1].append(c["weights"][0][1][0]),
        "'weights': must list every array once",
    ),
    "a weight of another shape": (
        lambda c, a: a.update({a_key(a): np.zeros((2, 2), np.float32)}),
        r"must have shape .* got \(2, 2\)|asks for more than the file holds",
    ),
    "a weight of integers": (
        lambda c, a: a.update({a_key(a): a[a_key(a)].astype(np.int32)}),
        "must hold floats, got int32",
    ),
    "no table of weights": (lambda c, a: c.update(weights=3), "'weights': must list arrays"),
    "no optimizer state": (
        lambda c, a: a.pop("optimizer/m"),
        "'training': does not fit the model, Adam: state must have",
    ),
    "a shorter optimizer state": (
        lambda c, a: a.update({"optimizer/m": np.zeros(3)}),
        "'training': does not fit the model, Adam: state 'm' must have shape",
    ),
    "an optimizer of unknown name": (
        lambda c, a: c["training"]["optimizer"].update(class_name="os.system"),
        "'compile': .*'os.system'",
    ),
    "an optimizer of unknown weights": (
        lambda c, a: c["training"]["weights"].__setitem__(0, "no/kernel"),
        "'training': does not fit the model, 'no/kernel'",
    ),
    "a loss of unknown name": (
        lambda c, a: c["training"]["compile"].update(loss="eval"),
        "'compile': .*'eval'",
    ),
    "a random stream that is none": (
        lambda c, a: c["training"].update(random=[-1, 0.5]),
        "'training': does not fit the model, must be an integer of at least 0, got -1",
    ),
    "noise of another layer": (
        lambda c, a: c["training"].update(layers={"/other": [1, 2]}),
        "'training': does not fit the model, random layers must be",
    ),
    "training that is none": (
        lambda c, a: c.update(training=["fit"]),
        "'training': does not fit the model",
    ),
}


def a_key(arrays):
    return next(name for name in arrays if name.startswith("weights/") and name.endswith("kernel"))


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_files_are_refused(saved, tmp_path, name):
    change, message = FORGERIES[name]
    path = forged(saved, tmp_path, change)
    stream = random.get_state()
    with pytest.raises(FormatError, match=message) as caught:
        keras.models.load_model(path)
    assert "forged.minicnn" in str(caught.value)
    assert random.get_state() == stream


def test_the_forger_can_make_a_valid_file(saved, tmp_path):
    path = forged(saved, tmp_path, lambda content, arrays: None)
    assert_equal_weights(keras.models.load_model(path), saved[0])


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95pickle", b"---\n- yaml", b"MiniCNN\n"])
def test_files_of_another_kind(tmp_path, content):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(FormatError, match="m: at byte"):
        keras.models.load_model(tmp_path / "m")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        keras.models.load_model(tmp_path / "absent")


# JSON and clones --------------------------------------------------------------------------------


def test_architecture_as_json(rng):
    model = classifier()
    copy = keras.models.model_from_json(model.to_json(indent=1))
    assert copy.get_config() == model.get_config()
    with pytest.raises(FormatError, match="must be JSON text"):
        keras.models.model_from_json("{")
    with pytest.raises(FormatError, match="must describe a model, got 'Dense'"):
        keras.models.model_from_json('{"class_name": "Dense", "config": {"units": 3}}')


class Doubled(layers.Layer):
    """Known to this file alone."""

    def call(self, inputs):
        return inputs + inputs


def test_clones_share_nothing():
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3), Doubled()])
    clone = keras.models.clone_model(model)
    assert clone.get_config() == model.get_config()
    assert not np.array_equal(clone.weights[0].value, model.weights[0].value)
    clone.set_weights(model.get_weights())
    clone.weights[0].value[...] = 0
    assert model.weights[0].value.any()
