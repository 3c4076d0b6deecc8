"""Pixels in and class names out, against Keras."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import applications, layers, models
from minicnn.applications import imagenet_utils
from minicnn.errors import FormatError

MODULES = [
    *("vgg16", "vgg19", "resnet", "resnet50", "xception", "mobilenet", "mobilenet_v2"),
    *("inception_v3", "inception_resnet_v2", "densenet"),
]


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("batch", [True, False])
def test_pixels_are_those_of_keras(tf_keras, mode, data_format, dtype, batch, rng):
    shape = (5, 4, 3) if data_format == "channels_last" else (3, 5, 4)
    x = rng.integers(0, 256, (2, *shape) if batch else shape).astype(dtype)
    before = x.copy()
    y = imagenet_utils.preprocess_input(x, data_format, mode)
    theirs = tf_keras.applications.imagenet_utils.preprocess_input
    expected = theirs(x.copy(), data_format=data_format, mode=mode)
    assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    assert y.dtype == expected.dtype
    assert_array_equal(x, before)


@pytest.mark.parametrize("name", MODULES)
def test_each_module_has_its_own_mode(tf_keras, name, rng):
    x = rng.integers(0, 256, (1, 3, 3, 3)).astype(np.float32)
    ours = getattr(applications, name)
    expected = getattr(tf_keras.applications, name).preprocess_input(x.copy())
    assert_allclose(ours.preprocess_input(x), expected, rtol=1e-5, atol=1e-5)
    assert ours.decode_predictions is imagenet_utils.decode_predictions


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_pixels_inside_a_model(mode, rng):
    image = layers.Input((4, 5, 3))
    model = models.Model(image, imagenet_utils.preprocess_input(image, mode=mode))
    x = rng.uniform(0, 255, (2, 4, 5, 3)).astype(np.float32)
    expected = imagenet_utils.preprocess_input(x, mode=mode)
    assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("x", "settings", "message"),
    [
        (np.zeros((2, 2, 3)), {"mode": "max"}, "mode must be 'caffe', 'tf' or 'torch', got 'max'"),
        (
            np.zeros((2, 2, 4)),
            {},
            r"x must have 3 channels for mode 'caffe', got shape \(2, 2, 4\)",
        ),
        (np.zeros(3), {}, "x must be an image or a batch of images"),
        (np.array([["a"]]), {}, "x must be an image or a batch of images"),
    ],
)
def test_pixels_that_do_not_fit_are_refused(x, settings, message):
    with pytest.raises(ValueError, match=message):
        imagenet_utils.preprocess_input(x, **settings)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A class index of made-up names in the user's own folder."""
    folder = tmp_path / "imagenet"
    folder.mkdir()
    names = {str(i): [f"n{i:08}", f"thing {i}"] for i in range(1000)}
    path = folder / "imagenet_class_index.json"
    path.write_text(json.dumps(names))
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    return path


def test_the_best_classes_come_first(index):
    scores = np.zeros((2, 1000), np.float32)
    scores[0, [7, 999, 3]] = 0.5, 0.3, 0.2
    scores[1, 0] = 1
    first, second = imagenet_utils.decode_predictions(scores, top=3)
    assert [(wnid, name) for wnid, name, _ in first] == [
        ("n00000007", "thing 7"),
        ("n00000999", "thing 999"),
        ("n00000003", "thing 3"),
    ]
    assert_allclose([score for *_, score in first], [0.5, 0.3, 0.2])
    assert second[0] == ("n00000000", "thing 0", 1.0)
    assert len(imagenet_utils.decode_predictions(scores)[0]) == 5


def test_names_are_those_of_keras(tf_keras, data_folder, rng, monkeypatch):
    path = data_folder / "imagenet" / "imagenet_class_index.json"
    peer = tf_keras.applications.imagenet_utils
    module = __import__("keras.src.applications.imagenet_utils", fromlist=["CLASS_INDEX"])
    monkeypatch.setattr(module, "CLASS_INDEX", json.loads(path.read_text()))
    scores = rng.random((2, 1000))
    expected = [[tuple(row) for row in image] for image in peer.decode_predictions(scores, top=4)]
    assert imagenet_utils.decode_predictions(scores, top=4) == expected


@pytest.mark.parametrize(
    ("preds", "top", "message"),
    [
        (np.zeros((1, 10)), 5, r"preds must have shape \(N, 1000\), got \(1, 10\)"),
        (np.zeros(1000), 5, r"got \(1000,\)"),
        (np.zeros((1, 1000)), 0, "top must be an integer from 1 to 1000, got 0"),
        (np.zeros((1, 1000)), 2.5, "top must be an integer from 1 to 1000, got 2.5"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(index, preds, top, message):
    with pytest.raises(ValueError, match=message):
        imagenet_utils.decode_predictions(preds, top)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"0": ["n1"]}', '{"0": ["n1", 2]}', '{"0": 1}', "not JSON"]
)
def test_a_damaged_class_index_is_refused(tmp_path, text):
    path = tmp_path / "index.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"index\.json"):
        imagenet_utils.class_names(path)


def test_without_file_and_network_one_line_says_what_to_do(tmp_path, monkeypatch):
    from minicnn.io import download

    def unreachable(urls, folder, name, known_hash):
        assert known_hash == "md5:c2c37ea517e94d9795004a39431a14cb"
        raise ConnectionError(f"download: cannot reach {urls[0]}")

    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setattr(download, "fetch", unreachable)
    with pytest.raises(ConnectionError, match="imagenet_class_index"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)))
