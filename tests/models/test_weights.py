"""Weights that travel as plain lists of names and arrays: safetensors files of ours and others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import applications, layers
from minicnn.errors import FormatError
from minicnn.io import safetensors


def network(names=("conv", "bn", "last"), units=3):
    return keras.Sequential(
        [
            layers.Input((5, 5, 2)),
            layers.Conv2D(4, 3, name=names[0]),
            layers.BatchNormalization(name=names[1]),
            layers.Flatten(),
            layers.Dense(units, name=names[2]),
        ]
    )


def randomized(model, seed=1):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    return model


def assert_equal_weights(model, other):
    assert len(model.weights) == len(other.weights)
    for one, two in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, two)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model and the bytes of its file."""
    model = randomized(network())
    path = tmp_path_factory.mktemp("saved") / "w.safetensors"
    model.save_weights(path)
    return model, path


def test_arrays_are_named_after_layer_and_weight(saved):
    from safetensors.numpy import load_file

    model, path = saved
    arrays = load_file(path)
    assert set(arrays) == {
        *("conv/kernel", "conv/bias", "last/kernel", "last/bias"),
        *("bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"),
    }
    np.testing.assert_array_equal(arrays["conv/kernel"], model.layers[0].kernel.value)


@pytest.mark.parametrize("names", [("conv", "bn", "last"), ("a", "b", "c")])
def test_weights_come_back_by_name_or_by_order(saved, names):
    other = network(names)
    report = other.load_weights(saved[1])
    assert_equal_weights(saved[0], other)
    assert report.loaded[0] == f"{names[0]}/kernel" and not report.skipped


def test_any_order_of_the_file_does_where_names_agree(saved, tmp_path):
    from safetensors.numpy import load_file, save_file

    save_file(load_file(saved[1]), tmp_path / "sorted")  # the other library orders anew
    other = network()
    other.load_weights(tmp_path / "sorted")  # known by its first bytes, without the extension
    assert_equal_weights(saved[0], other)


def test_some_layers_by_name(saved):
    other = randomized(network(("conv", "new", "last")), seed=2)
    before = other.layers[1].get_weights()
    report = other.load_weights(saved[1], by_name=True)
    assert report.loaded == ["conv/kernel", "conv/bias", "last/kernel", "last/bias"]
    assert (report.not_in_file, report.not_in_model) == (["new"], ["bn"])
    np.testing.assert_array_equal(other.layers[1].get_weights()[0], before[0])


def test_mismatches_are_skipped_on_request(saved):
    other = network(units=5)
    with pytest.warns(UserWarning, match=r"load_weights: skipped .*'last/kernel': must have shape"):
        report = other.load_weights(saved[1], skip_mismatch=True)
    assert report.loaded[:2] == ["conv/kernel", "conv/bias"] and len(report.skipped) == 1


def test_inner_models_frozen_layers_and_names_with_slashes(tmp_path):
    def nested(frozen, names=("a", "d")):
        normalization = layers.BatchNormalization(name="bn")
        inner = keras.Sequential(
            [layers.Input((4,)), normalization, layers.Dense(4, name=names[1])], name=names[0]
        )
        inner.layers[0].trainable = not frozen
        return keras.Sequential([inner, layers.Dense(4, name=f"{names[0]}/{names[1]}")])

    model = randomized(nested(True))
    model.save_weights(tmp_path / "w.safetensors")
    for other in (nested(False), nested(True, ("b", "e"))):
        other.load_weights(tmp_path / "w.safetensors")
        np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))


X = np.random.default_rng(3).normal(size=(2, 4)).astype(np.float32)


def test_networks_take_their_weights_from_such_a_file(tmp_path):
    model = randomized(applications.ResNet20())
    model.save_weights(tmp_path / "w.safetensors")
    assert_equal_weights(model, applications.ResNet20(weights=tmp_path / "w.safetensors"))


def test_float64_goes_into_float32_and_halves_too(tmp_path):
    model = randomized(network())
    for dtype in ("<f8", "<f2"):
        values = {w: a.value.astype(dtype) for w, a in _named(model)}
        safetensors.write(tmp_path / "w", values)
        other = network()
        other.load_weights(tmp_path / "w")
        for weight, value in zip(other.weights, values.values()):
            assert weight.dtype == np.float32
            np.testing.assert_array_equal(weight.value, value.astype(np.float32))


def _named(model):
    return [(f"{layer.name}/{w.name}", w) for layer in model.layers for w in layer.weights]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda arrays: arrays.pop("bn/gamma"),
            r"'bn': must have 4 weights \['bn/gamma', .*\], got 3$",
        ),
        (
            lambda arrays: arrays.update({"conv/kernel": arrays["conv/kernel"].T.copy()}),
            r"'conv/kernel': must have shape \(3, 3, 2, 4\), got \(4, 2, 3, 3\)$",
        ),
        (
            lambda arrays: arrays.update({"conv/bias": np.zeros(4, np.int32)}),
            "'conv/bias': must hold floats, got int32$",
        ),
        (
            lambda arrays: arrays.update({"more/bias": np.zeros(4, np.float32)}),
            "must hold weights of 3 layers, got 4; the first to differ is layer 4: "
            "expected none, got 'more'$",
        ),
        (
            lambda arrays: [arrays.pop(name) for name in ("conv/kernel", "conv/bias")],
            "must hold weights of 3 layers, got 2; the first to differ is layer 1: "
            "expected 'conv', got 'bn'$",
        ),
        (
            lambda arrays: arrays.clear(),
            "must hold weights of 3 layers, got 0; the first to differ is layer 1: "
            "expected 'conv', got none$",
        ),
    ],
)
def test_arrays_that_do_not_fit_change_nothing(saved, tmp_path, change, message):
    arrays = {name: weight.value.copy() for name, weight in _named(saved[0])}
    change(arrays)
    safetensors.write(tmp_path / "w.safetensors", arrays)
    model = network()
    before = model.get_weights()
    with pytest.raises(FormatError, match=rf"w\.safetensors: {message}"):
        model.load_weights(tmp_path / "w.safetensors")
    for one, two in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, two)


@settings(max_examples=100)
@given(data=st.data())
def test_damaged_files_are_refused_or_give_all_weights(saved, tmp_path_factory, data):
    content = bytearray(saved[1].read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    position = data.draw(st.integers(0, header - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), position]))])
    model = network()
    before = model.get_weights()
    try:
        report = model.load_weights(path)
    except FormatError as error:
        assert "damaged.safetensors" in str(error) and "\n" not in str(error)
        for one, two in zip(before, model.get_weights()):
            np.testing.assert_array_equal(one, two)
    else:  # another name for a layer: by order then
        assert len(report.loaded) == len(model.weights)


def test_whole_models_are_neither_written_nor_read(saved, tmp_path):
    with pytest.raises(ValueError, match=r"a \.safetensors file holds weights alone: use save_w"):
        saved[0].save(tmp_path / "m.safetensors")
    assert not (tmp_path / "m.safetensors").exists()
    with pytest.raises(FormatError, match=r"w\.safetensors: holds weights alone: use load_weights"):
        keras.models.load_model(saved[1])


def test_the_form_is_known_by_the_content(saved, tmp_path):
    model = saved[0]
    for form in ("h5", "minicnn"):
        model.save_weights(tmp_path / "w.safetensors", save_format=form)
        other = network()
        other.load_weights(tmp_path / "w.safetensors")
        assert_equal_weights(model, other)
