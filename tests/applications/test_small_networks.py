"""The books' small networks: without their top, from a file, with names for their classes."""

import inspect
from importlib import import_module

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import applications
from minicnn.applications import dogs_and_cats, fashion_cnn, lenet5, lenet5_classic
from minicnn.layers.weight import awaiting_values

# Name, last feature maps, weights without the top.
SMALL = [
    ("LeNet5", (1, 1, 120), 50_692),
    ("LeNet5Classic", (1, 1, 120), 49_836),
    ("FashionCNN", (3, 3, 256), 1_109_888),
    ("MnistCNN", (12, 12, 32), 832),
    ("DigitLocalizer", (12, 12, 64), 18_816),
    ("DogsAndCats", (17, 17, 128), 83_584),
    ("HistologyV1", (4, 4, 64), 19_392),
    ("HistologyV2", (18, 18, 64), 120_448),
    ("HistologyV3", (1, 1, 256), 637_184),
    ("HistologyV4", (4, 4, 512), 14_714_688),
]


def module_of(name):
    return import_module(getattr(applications, name).__module__)


@pytest.mark.parametrize("name", applications.NETWORKS)
def test_every_network_has_what_the_others_have(name):
    accepted = inspect.signature(getattr(applications, name)).parameters
    fixed = {"LeNet5Classic": {"input_shape", "classes"}, "DogsAndCats": {"classes"}}
    common = {"include_top", "weights", "input_shape", "classes", "pooling", "name"}
    assert common - set(accepted) == fixed.get(name, set())
    module = module_of(name)
    assert callable(module.preprocess_input)
    assert callable(module.decode_predictions)
    assert "===" in module.__doc__, "a table of shapes"


@pytest.mark.parametrize(("name", "maps", "count"), SMALL)
def test_without_the_top(name, maps, count):
    build = getattr(applications, name)
    with awaiting_values(1e9):
        model = build(include_top=False)
        pooled = build(include_top=False, pooling="max")
        whole = build()
    assert model.output.shape == (None, *maps)
    assert pooled.output.shape == (None, maps[-1])
    assert model.count_params() == pooled.count_params() == count
    doc = module_of(name).__doc__.replace("\n", " ")
    assert f"{whole.count_params():,}" in doc
    assert f"{count:,}" in doc


def test_images_of_any_size_without_the_top(rng):
    model = applications.FashionCNN((None, None, 3), include_top=False, pooling="avg")
    for side in (16, 40):
        x = rng.standard_normal((2, side, side, 3)).astype(np.float32)
        assert model.predict(x, verbose=0).shape == (2, 256)


def test_pooling_in_the_layout_of_the_maps(rng):
    arguments = {"data_format": "channels_first", "include_top": False}
    model = applications.MnistCNN((1, 28, 28), pooling="avg", **arguments)
    maps = applications.MnistCNN((1, 28, 28), **arguments)
    maps.set_weights(model.get_weights())
    x = rng.standard_normal((2, 1, 28, 28)).astype(np.float32)
    expected = maps.predict(x, verbose=0).mean((2, 3))
    assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize("suffix", [".minicnn", ".weights.h5", ".safetensors"])
@pytest.mark.parametrize("name", ["LeNet5", "LeNet5Classic", "HistologyV1"])
def test_weights_of_a_file(name, suffix, tmp_path, rng):
    build = getattr(applications, name)
    model = build()
    model.set_weights([rng.random(weight.shape) for weight in model.weights])
    model.save_weights(tmp_path / f"net{suffix}")
    again = build(weights=tmp_path / f"net{suffix}")
    for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
        assert_array_equal(one, other)


def test_the_classic_lenet5_takes_the_same_arguments(tmp_path):
    model = applications.LeNet5(classic=True)
    model.save_weights(tmp_path / "net.minicnn")
    again = applications.LeNet5(classic=True, weights=tmp_path / "net.minicnn")
    assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    assert applications.LeNet5(classic=True, include_top=False).output.shape == (None, 1, 1, 120)


def test_weights_in_pytorch_s_order(tmp_path, rng):
    """The dense layer of the file reads the maps one after the other."""
    model = applications.MnistCNN()
    kernel, bias, hidden, *rest = [
        rng.standard_normal(weight.shape).astype(np.float32) for weight in model.weights
    ]
    by_map = hidden.reshape(12, 12, 32, 128).transpose(3, 2, 0, 1).reshape(128, -1)
    arrays = [kernel.transpose(3, 2, 0, 1), bias, by_map, rest[0], rest[1].T, rest[2]]
    np.savez(tmp_path / "net.npz", *arrays)
    again = applications.MnistCNN(weights=tmp_path / "net.npz")
    for one, other in zip(again.get_weights(), [kernel, bias, hidden, *rest], strict=True):
        assert_array_equal(one, other)


def test_the_best_classes():
    preds = np.zeros((2, 10), np.float32)
    preds[0, [3, 8]] = 0.25, 0.75
    preds[1, 0] = 1
    assert lenet5.decode_predictions(preds, 2) == [
        [("8", 0.75), ("3", 0.25)],
        [("0", 1.0), ("1", 0.0)],
    ]
    assert fashion_cnn.decode_predictions(preds, 1) == [[("Bag", 0.75)], [("T-shirt/top", 1.0)]]
    assert lenet5_classic.decode_predictions(9 - preds, 1) == [[("8", 8.25)], [("0", 8.0)]]
    assert dogs_and_cats.decode_predictions(np.array([[0.75], [0.25]]), 1) == [
        [("dog", 0.75)],
        [("cat", 0.75)],
    ]
    whole = np.arange(10, dtype=np.uint8)[None]  # whose negative would wrap around
    assert lenet5.decode_predictions(whole, 2) == [[("9", 9.0), ("8", 8.0)]]


def test_names_are_those_of_the_data():
    from minicnn import datasets

    assert tuple(datasets.get("fashion-mnist").CLASS_NAMES) == fashion_cnn.CLASSES
    assert tuple(datasets.get("mnist").CLASS_NAMES) == tuple("0123456789")


def test_pixels():
    x = np.array([[[0], [51], [255]]], np.uint8)
    y = lenet5.preprocess_input(x)
    assert y.dtype == np.float32
    assert_allclose(y.ravel(), [0, 0.2, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: applications.LeNet5(include_top=1), ValueError, "LeNet5: include_top must be"),
        (lambda: applications.LeNet5(pooling="mean"), ValueError, "LeNet5: pooling must be"),
        (
            lambda: applications.LeNet5(weights="imagenet"),
            ValueError,
            "LeNet5: weights must be None or a path: none are published",
        ),
        (lambda: applications.LeNet5(weights=1), TypeError, "LeNet5: weights must be .* got 1"),
        (
            lambda: applications.LeNet5(weights="none.h5"),
            FileNotFoundError,
            "LeNet5: weights must be .* got .none.h5.",
        ),
        (
            lambda: lenet5.decode_predictions(np.zeros((1, 9))),
            ValueError,
            r"preds must have shape \(N, 10\), got \(1, 9\)",
        ),
        (lambda: lenet5.decode_predictions([["a"] * 10]), ValueError, "real numbers, got"),
        (lambda: lenet5.decode_predictions(np.zeros((1, 10)), 0), ValueError, "top must be"),
        (lambda: lenet5.preprocess_input(["a"]), ValueError, "x must be real numbers, got <U1"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
