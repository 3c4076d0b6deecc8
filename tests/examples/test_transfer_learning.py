"""The example runs, freezes what it says, and with real weights beats random ones by far."""

import importlib.util
import tarfile
from pathlib import Path

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.applications import MobileNetV2

pytest.importorskip("PIL", reason="Pillow reads the images")


@pytest.fixture(scope="module")
def example():
    path = Path(__file__).parents[2] / "examples" / "transfer_learning.py"
    spec = importlib.util.spec_from_file_location("transfer_learning", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def photos(tmp_path, rng):
    """Two classes of noise, one bright and one dark."""
    for name, low in (("bright", 120), ("dark", 0)):
        (tmp_path / name).mkdir()
        for number in range(8):
            image = rng.integers(low, low + 130, (36, 40, 3)).astype(np.uint8)
            keras.utils.save_img(tmp_path / name / f"{number}.png", image)
    return tmp_path


@pytest.fixture
def weights(tmp_path):
    """A file that has the network inside another model, as exported by others."""
    keras.utils.set_random_seed(5)
    network = MobileNetV2((32, 32, 3), 0.35, include_top=False, pooling="avg", weights=None)
    path = tmp_path / "exported.minicnn"
    keras.Sequential([keras.Sequential([network]), layers.Dense(3)]).save(path)
    return path, network


def test_the_comparison_runs_on_any_folders(example, photos, weights, capsys):
    results = example.main(
        [str(photos), "--weights", str(weights[0]), "--size", "32", "--epochs", "2",
         "--thawed-epochs", "1"]
    )  # fmt: skip
    assert set(results) == {"trained", "random", "random, normalized"}
    told = capsys.readouterr().out
    assert "12 training and 4 test images of bright, dark" in told
    assert told.count("frozen: Total params: 412,770, Trainable params: 2,562,") == 3
    assert told.count("thawed: Total params: 412,770, Trainable params: 384,610,") == 3


def test_the_weights_are_those_inside_the_file(example, weights):
    path, network = weights
    x = np.linspace(0, 255, 2 * 32 * 32 * 3, dtype=np.float32).reshape(2, 32, 32, 3)
    found = example.load_backbone(32, str(path)).predict(x, verbose=0)
    expected = network.predict(x / 127.5 - 1, verbose=0)
    assert expected.any()
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_a_file_of_another_network_is_refused(example, tmp_path):
    keras.Sequential([layers.Input((3,)), layers.Dense(2)], name="other").save(tmp_path / "m")
    with pytest.raises(ValueError, match="no part of other has the weights of mobile"):
        example.load_backbone(32, tmp_path / "m")


def test_frozen_weights_stay_and_thawed_ones_move(example, rng):
    backbone = example.load_backbone(32, None)
    model = keras.Sequential([backbone, layers.Dense(2, activation="softmax")])
    x, y = rng.integers(0, 256, (4, 32, 32, 3)).astype(np.uint8), np.array([0, 1, 0, 1])
    example.measure_statistics(backbone, x)
    backbone.trainable = False
    example.compile_for(model, 0.1)
    before = backbone.get_weights()
    model.fit(x, y, verbose=0)
    for old, now in zip(before, backbone.get_weights()):
        np.testing.assert_array_equal(old, now)
    example.thaw(backbone)
    example.compile_for(model, 0.1)
    model.fit(x, y, verbose=0)
    still = {id(w) for layer in example.normalizations(backbone) for w in layer.weights}
    for weight, old in zip(backbone.weights, before):
        assert np.array_equal(weight.value, old) == (id(weight) in still), weight.name


@pytest.mark.slow
def test_real_weights_beat_random_ones_on_flowers(example, data_folder, tmp_path):
    archive = data_folder / "flowers" / "tf_flowers_600x5_160px_jpeg.tar"
    weights = data_folder / "weights" / "mobilenetv2-0.35" / "keras_model.h5"
    for path in (archive, weights):
        if not path.is_file():
            pytest.skip(f"MINICNN_DATA has no {path.name}")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    results = example.main(
        [str(tmp_path / "flowers"), "--weights", str(weights), "--size", "96",
         "--thawed-epochs", "1"]
    )  # fmt: skip
    assert min(results["trained"]) > 0.75
    assert max(results["random"] + results["random, normalized"]) < 0.5


def test_layers_are_removed_and_added_on_shared_weights(example):
    """As the page on transfer learning tells it."""
    network = MobileNetV2((32, 32, 3), 0.35, include_top=False, pooling="avg", weights=None)
    model = keras.Sequential([network, layers.Dense(5, name="old")])
    model.pop()
    model.add(layers.Dense(3, activation="softmax", name="new"))
    assert [layer.name for layer in model.layers] == [network.name, "new"]
    assert model.output.shape == (None, 3)
    cut = keras.Model(network.input, network.get_layer("block_13_project_BN").output)
    y = layers.Dense(3)(layers.GlobalAveragePooling2D()(cut.output))
    short = keras.Model(cut.input, y)
    assert short.count_params() == cut.count_params() + 3 * 56 + 3
    kernel = network.get_layer("Conv1").kernel
    assert short.get_layer("Conv1").kernel is kernel and kernel in model.weights
