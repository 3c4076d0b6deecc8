"""The arguments that every network takes, and where its weights come from."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from minicnn import applications, layers, models
from minicnn.applications.torch_order import load_npz
from minicnn.errors import FormatError
from minicnn.io import download
from minicnn.layers.weight import awaiting_values

# Small enough to build with values: 271,098 weights.
SMALL = applications.ResNet20


PUBLISHED = [
    *("VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", "Xception", "InceptionV3"),
    *("InceptionResNetV2", "DenseNet121", "DenseNet169", "DenseNet201", "MobileNet", "MobileNetV2"),
]


def test_imagenet_is_the_default_where_keras_publishes_weights(tf_keras):
    named = {
        name
        for name in applications.NETWORKS
        if inspect.signature(getattr(applications, name)).parameters.get("weights") is not None
        and inspect.signature(getattr(applications, name)).parameters["weights"].default
    }
    assert named == set(PUBLISHED)
    assert named == {name for name in applications.NETWORKS if hasattr(tf_keras.applications, name)}


def test_arguments_are_those_of_keras(tf_keras):
    for name in applications.__all__:
        peer = getattr(tf_keras.applications, name, None)
        if inspect.isfunction(peer):
            ours = inspect.signature(getattr(applications, name)).parameters
            theirs = inspect.signature(peer).parameters
            assert [(p.name, p.default) for p in ours.values()] == [
                (p.name, p.default) for p in theirs.values()
            ]
    assert inspect.signature(SMALL).parameters["weights"].default is None
    assert inspect.signature(SMALL).parameters["classes"].default == 10


def test_docstrings_tell_the_parameters():
    for name in applications.__all__:
        thing = getattr(applications, name)
        if not inspect.isfunction(thing) or not hasattr(thing, "__wrapped__"):
            continue
        for parameter in inspect.signature(thing).parameters:
            assert f"\n    {parameter} : " in thing.__doc__, (name, parameter)
        assert "Returns\n    -------\n    Model" in thing.__doc__
        assert thing.__doc__.count("Parameters\n") == 1


def test_pooling_without_the_top(rng):
    x = rng.standard_normal((2, 16, 20, 3)).astype(np.float32)
    maps = SMALL(include_top=False)
    assert maps.output.shape == (None, None, None, 64)
    mean, top = (SMALL(include_top=False, pooling=pooling) for pooling in ("avg", "max"))
    for model in (mean, top):
        model.set_weights(maps.get_weights())
    y = maps.predict(x, verbose=0)
    assert y.shape == (2, 4, 5, 64)
    np.testing.assert_allclose(mean.predict(x, verbose=0), y.mean((1, 2)), rtol=1e-5, atol=1e-6)
    assert_array_equal(top.predict(x, verbose=0), y.max((1, 2)))


def test_classifier_activation_none_gives_logits(rng):
    x = rng.standard_normal((2, 32, 32, 3)).astype(np.float32)
    model = SMALL()
    bare = SMALL(classifier_activation=None)
    bare.set_weights(model.get_weights())
    logits = bare.predict(x, verbose=0)
    scores = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(model.predict(x, verbose=0), scores, rtol=1e-4, atol=1e-6)


def test_an_input_tensor_takes_the_place_of_the_input(rng):
    image = layers.Input((40, 40, 3))
    model = SMALL(input_tensor=layers.Cropping2D(4)(image), name="cropped")
    assert model.inputs[0] is image
    assert model.name == "cropped"
    plain = SMALL()
    plain.set_weights(model.get_weights())
    x = rng.standard_normal((1, 40, 40, 3)).astype(np.float32)
    expected = plain.predict(x[:, 4:-4, 4:-4], verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize("suffix", [".minicnn", ".h5", ".weights.h5"])
def test_weights_of_a_file(tmp_path, suffix, rng):
    path = tmp_path / f"net{suffix}"
    model = SMALL()
    model.set_weights([rng.random(weight.shape) for weight in model.weights])
    model.save_weights(path)
    again = SMALL(weights=path)
    for one, other in zip(model.get_weights(), again.get_weights()):
        assert_array_equal(one, other)


def test_a_file_of_another_network_is_refused(tmp_path):
    path = tmp_path / "net.minicnn"
    SMALL().save_weights(path)
    with pytest.raises(FormatError, match="must hold weights of 63 layers"):
        applications.ResNet32(weights=path)


def torch_order(model):
    """The weights as PyTorch names and turns them."""
    found = {}
    for number, weight in enumerate(model.weights):
        value = weight.numpy()
        turned = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
        found[f"{number}.weight"] = turned
    found["bn.num_batches_tracked"] = np.array(7)
    return found


def test_weights_in_pytorch_s_order(tmp_path, rng):
    model = SMALL()
    model.set_weights([rng.random(weight.shape) for weight in model.weights])
    np.savez(tmp_path / "net.npz", **torch_order(model))
    again = SMALL(weights=tmp_path / "net.npz")
    for one, other in zip(model.get_weights(), again.get_weights()):
        assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("layout", "flattened_as"),
    [
        ("channels_last", "channels_last"),
        ("channels_first", "channels_last"),
        ("channels_first", "channels_first"),
    ],
)
def test_a_dense_layer_on_flattened_maps_reads_them_map_by_map(layout, flattened_as, tmp_path, rng):
    first = layout == "channels_first"
    convolution = layers.Conv2D(4, 1, use_bias=False, data_format=layout)
    dense = layers.Dense(5)
    flatten = layers.Flatten(data_format=flattened_as)
    shape = (4, 2, 3) if first else (2, 3, 4)
    chain = [layers.Input(shape), convolution, flatten, layers.Dropout(0.5), dense]
    model = models.Sequential(chain)
    w, b = rng.standard_normal((5, 4 * 2 * 3)).astype(np.float32), np.zeros(5, np.float32)
    same = np.eye(4, dtype=np.float32)[:, :, None, None]
    np.savez(tmp_path / "net.npz", conv=same, weight=w, bias=b)
    load_npz(model, tmp_path / "net.npz")
    maps = rng.standard_normal((3, 4, 2, 3)).astype(np.float32)  # channels first
    x = maps if first else maps.transpose(0, 2, 3, 1)
    y = model.predict(x, verbose=0)
    np.testing.assert_allclose(y, maps.reshape(3, -1) @ w.T, rtol=1e-4, atol=1e-5)


def test_weights_in_pytorch_s_order_that_do_not_fit(tmp_path):
    arrays = torch_order(SMALL())
    name = next(iter(arrays))
    path = tmp_path / "net.npz"
    np.savez(path, **{**arrays, name: arrays[name][:-1]})
    with pytest.raises(FormatError, match=r"must be floats that make kernel \(3, 3, 3, 16\)"):
        SMALL(weights=path)
    np.savez(path, **{**arrays, name: arrays[name].astype(int)})
    with pytest.raises(FormatError, match="of int64"):
        SMALL(weights=path)
    del arrays[name]
    np.savez(path, **arrays)
    with pytest.raises(FormatError, match="must hold the 97 weights"):
        SMALL(weights=path)


def test_imagenet_is_downloaded_with_a_checked_hash(tmp_path, monkeypatch):
    asked = []

    def fetch(urls, folder, name, known_hash):
        asked.append((urls, name, known_hash))
        return tmp_path / "weights.minicnn"

    with awaiting_values(1e9):
        applications.VGG16(weights=None, include_top=False).save_weights(
            tmp_path / "weights.minicnn"
        )
    monkeypatch.setattr(download, "fetch", fetch)
    applications.VGG16(include_top=False)
    ((urls, name, known_hash),) = asked
    assert name == "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    keras = "https://storage.googleapis.com/tensorflow/keras-applications"
    assert urls == [f"{keras}/vgg16/{name}"]
    assert known_hash == "md5:6d6bbae143d832006294945121d1f1fc"


@pytest.fixture
def asks_as_keras_does(monkeypatch, tf_keras):
    """A function: the hash of the file that a network wants, if Keras' wants the same one."""
    from keras.src.utils import file_utils

    asked = []

    class AskedError(Exception):
        pass

    def fetch(urls, folder, name, known_hash):
        asked.append((urls[0], known_hash and known_hash.removeprefix("md5:")))
        raise AskedError

    def get_file(fname, origin, cache_subdir=None, file_hash=None):
        asked.append((origin, file_hash))
        raise AskedError

    def compare(name, **settings):
        for package in (applications, tf_keras.applications):
            with pytest.raises(AskedError):
                getattr(package, name)(**settings)
        ours, theirs = asked[-2:]
        assert ours == theirs
        return ours[1]

    monkeypatch.setattr(download, "fetch", fetch)
    monkeypatch.setattr(file_utils, "get_file", get_file)
    return compare


BIG = ("ResNet101", "ResNet152", "InceptionResNetV2", "DenseNet169", "DenseNet201")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in BIG else []) for n in PUBLISHED]
)
def test_every_published_network_has_its_address(name, asks_as_keras_does):
    """Address and hash are Keras' own, which publishes no hashes of the MobileNets' files."""
    settings = {"include_top": False, "input_shape": (224, 224, 3)}
    for known_hash in (asks_as_keras_does(name), asks_as_keras_does(name, **settings)):
        assert (known_hash is None) == name.startswith("MobileNet")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined:UserWarning")  # Keras', of side 200
@pytest.mark.parametrize("side", [128, 160, 200, 224])
@pytest.mark.parametrize(
    ("name", "widths"), [("MobileNet", (0.25, 0.5, 0.75, 1.0)), ("MobileNetV2", (0.35, 0.75, 1.4))]
)
def test_every_published_width_has_its_address(name, widths, side, asks_as_keras_does):
    for alpha in widths:
        settings = {"include_top": False, "input_shape": (side, side, 3)}
        assert asks_as_keras_does(name, alpha=alpha, **settings) is None


def test_without_a_network_one_line_says_where_to_put_the_file(monkeypatch):
    import requests

    def refuse(*args, **kwargs):
        raise requests.ConnectionError("offline")

    monkeypatch.setenv("MINICNN_CACHE", "/nonexistent-cache")
    monkeypatch.setattr("pooch.retrieve", refuse)
    with pytest.raises(ConnectionError, match=r"cannot reach .*xception.*; with the file") as told:
        applications.Xception()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "mean"}, "ResNet20: pooling must be None, 'avg' or 'max', got 'mean'"),
        ({"classes": 0}, "ResNet20: classes must be a positive integer, got 0"),
        ({"classes": True}, "ResNet20: classes must be a positive integer, got True"),
        ({"include_top": "no"}, "ResNet20: include_top must be True or False, got 'no'"),
        ({"input_shape": (32, 32)}, r"ResNet20: input_shape must be three lengths, got \(32, 32\)"),
        ({"input_shape": 32}, "ResNet20: input_shape must be three lengths, got 32"),
        ({"input_shape": (32.0, 32, 3)}, r"input_shape must be three lengths, got \(32.0, 32, 3\)"),
        ({"input_shape": (4, 32, 3)}, "ResNet20: input_shape must be at least 8x8"),
        ({"input_shape": (None, 32, 3)}, "input_shape must be known with include_top"),
        ({"input_tensor": np.zeros(3)}, "input_tensor must be a symbolic tensor"),
        ({"weights": "imagenet"}, "ResNet20: weights must be None or a path: none are published"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SMALL(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": 10}, "VGG16: classes must be 1000 with weights 'imagenet', got 10"),
        ({"input_shape": (224, 224, 1)}, "of 3 channels with weights 'imagenet'"),
        ({"input_shape": (96, 96, 3)}, "of 224x224 with include_top and weights 'imagenet', got"),
        ({"classifier_activation": "sigmoid"}, "classifier_activation must be None or 'softmax'"),
    ],
)
def test_what_does_not_fit_imagenet_is_refused_before_any_download(settings, message, monkeypatch):
    monkeypatch.setattr(download, "fetch", lambda *a: pytest.fail("nothing must be downloaded"))
    with pytest.raises(ValueError, match=message):
        applications.VGG16(**settings)


def test_a_path_without_a_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"ResNet20: weights must be .* got .*nothing"):
        SMALL(weights=tmp_path / "nothing.h5")


@pytest.mark.parametrize("weights", [1, True, b"net.h5", ["net.h5"], np.zeros(2)])
def test_weights_that_are_no_path_are_refused(weights):
    """A number would be the file that the process has open under it."""
    with pytest.raises(TypeError, match="ResNet20: weights must be None, 'imagenet' or the path"):
        SMALL(weights=weights)


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2"])
@pytest.mark.parametrize("alpha", [0, -1.0, float("nan"), float("inf"), "1", [1]])
def test_widths_that_are_no_positive_number_are_refused(name, alpha):
    with pytest.raises((ValueError, TypeError), match=f"{name}: alpha must be .*, got"):
        getattr(applications, name)(weights=None, alpha=alpha)


def test_an_unknown_argument_names_the_network():
    with pytest.raises(TypeError, match="ResNet20: got an unexpected keyword argument 'depth'"):
        SMALL(depth=3)


def test_networks_save_and_load_whole(tmp_path, rng):
    for name in ("ResNet20", "SqueezeNet", "GoogLeNet"):
        model = getattr(applications, name)(input_shape=(48, 48, 3), classes=3)
        model.save(tmp_path / "net.minicnn")
        again = models.load_model(tmp_path / "net.minicnn")
        x = rng.standard_normal((1, 48, 48, 3)).astype(np.float32)
        assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_modules_load_when_they_are_used():
    code = (
        "import sys, minicnn.applications as a; assert not [m for m in sys.modules if 'vgg' in m];"
        "a.vgg16.VGG16; assert 'minicnn.applications.vgg16' in sys.modules;"
        "assert 'minicnn.applications.vgg19' not in sys.modules; assert 'VGG19' in dir(a)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'VGG17'"):
        applications.VGG17  # noqa: B018
