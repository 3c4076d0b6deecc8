"""``minicnn predict``: pixels go in as the network saw them, classes come out by their names."""

import inspect
import json

import numpy as np
import pytest

from minicnn import applications, layers, models, onnx
from minicnn.applications import resnet_cifar, squeezenet
from minicnn.cli import main, networks
from minicnn.utils.image_utils import img_to_array, load_img, save_img


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two pictures, and the names of a thousand classes."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(6)
    for name in ("one.png", "two.png"):
        save_img(name, rng.integers(0, 256, (40, 50, 3)), scale=False)
    (tmp_path / "imagenet").mkdir()
    names = {str(i): [f"n{i:08}", f"thing_{i}"] for i in range(1000)}
    (tmp_path / "imagenet" / "imagenet_class_index.json").write_text(json.dumps(names))
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    return tmp_path


def told(capsys):
    """``{image: [(class, label, probability), ...]}`` of what was printed."""
    result, rows = {}, None
    for line in capsys.readouterr().out.splitlines()[1:]:
        if not line.startswith(" "):
            rows = result.setdefault(line, [])
            continue
        place, *row = line.split()
        rows.append((row[0], " ".join(row[1:-1]), float(row[-1])))
        assert int(place) == len(rows)
    return result


def randomized(model, seed=1):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(np.abs(rng.normal(0, 0.1, weight.shape)) * rng.choice([-1, 1], weight.shape))
    return model


def pixels(path, side, mode="rgb"):
    return img_to_array(load_img(path, mode, (side, side), "bilinear"))[None]


def assert_best(rows, scores, names):
    order = np.argsort(-scores, kind="stable")[: len(rows)]
    assert [row[:2] for row in rows] == [names[i] for i in order]
    np.testing.assert_allclose([row[2] for row in rows], scores[order], atol=6e-5)


def imagenet_names():
    return [(f"n{i:08}", f"thing_{i}") for i in range(1000)]


def test_a_network_of_imagenet(folder, capsys):
    model = applications.SqueezeNet(input_shape=(64, 64, 3))
    model.save_weights("w.safetensors")
    command = ["predict", "squeezenet", "one.png", "two.png", "--weights", "w.safetensors"]
    assert main([*command, "--top", "3", "--set", "input_shape=[64, 64, 3]"]) == 0
    rows = told(capsys)
    for name in ("one.png", "two.png"):
        x = squeezenet.preprocess_input(pixels(name, 64))
        assert len(rows[name]) == 3
        assert_best(rows[name], model.predict(x, verbose=0)[0], imagenet_names())


def test_a_network_of_cifar_from_its_name_and_from_files(folder, capsys):
    model = randomized(applications.ResNet20())
    model.save("m.minicnn")
    onnx.save(model, "m.onnx", data_format="channels_first")
    x = resnet_cifar.preprocess_input(pixels("one.png", 32))
    scores = model.predict(x, verbose=0)[0]
    names = [(str(i), name) for i, name in enumerate(resnet_cifar.CLASSES)]
    for arguments in (
        ["resnet-20", "--weights", "m.minicnn"],
        ["m.minicnn"],
        ["m.onnx", "--network", "resnet20"],
    ):
        assert main(["predict", arguments[0], "one.png", *arguments[1:]]) == 0
        assert_best(told(capsys)["one.png"], scores, names)


@pytest.mark.parametrize("network", ["MobileNet", "MobileNetV2"])
def test_names_with_width_and_size_are_known(folder, capsys, network):
    builder = getattr(applications, network)
    model = builder((32, 32, 3), 0.35, weights=None, classes=3)
    model.save("m.minicnn")
    assert main(["predict", "m.minicnn", "one.png"]) == 0
    x = applications.mobilenet.preprocess_input(pixels("one.png", 32))
    assert_best(
        told(capsys)["one.png"], model.predict(x, verbose=0)[0], [("0", ""), ("1", ""), ("2", "")]
    )


def test_names_of_all_other_networks_are_known():
    for network in applications.NETWORKS:
        default = inspect.signature(getattr(applications, network)).parameters["name"].default
        assert default is None or networks.find(default).__name__ == network


def test_grey_pictures_of_0_to_1(folder, capsys):
    model = randomized(applications.LeNet5())
    model.save("m.h5")
    assert main(["predict", "m.h5", "one.png", "--top", "20"]) == 0
    scores = model.predict(pixels("one.png", 28, "grayscale") / 255, verbose=0)[0]
    assert_best(told(capsys)["one.png"], scores, [(str(i), str(i)) for i in range(10)])


def test_two_classes_of_one_output(folder, capsys):
    model = randomized(applications.DogsAndCats((30, 30, 3)))
    model.save("m.minicnn")
    (folder / "m.classes").write_text("cats\ndogs\n")
    assert main(["predict", "m.minicnn", "one.png"]) == 0
    second = model.predict(pixels("one.png", 30) / 255, verbose=0)[0, 0]
    scores = np.array([1 - second, second])
    assert_best(told(capsys)["one.png"], scores, [("0", "cats"), ("1", "dogs")])


def test_logits_and_names_from_a_file(folder, capsys):
    head = [layers.Flatten(), layers.Dense(3)]
    model = randomized(models.Sequential([layers.Input((8, 8, 3)), *head], name="own"))
    model.save("m.minicnn")
    (folder / "names.txt").write_text("a\nb b\nc\n")
    command = ["predict", "m.minicnn", "one.png", "--network", "vgg16", "--classes", "names.txt"]
    assert main(command) == 0
    logits = model.predict(applications.vgg16.preprocess_input(pixels("one.png", 8)), verbose=0)[0]
    scores = np.exp(logits - logits.max())
    names = [("0", "a"), ("1", "b b"), ("2", "c")]
    assert_best(told(capsys)["one.png"], scores / scores.sum(), names)


def test_classes_without_names_are_numbers(folder, capsys):
    randomized(applications.HistologyV1((50, 50, 3), classes=5)).save("m.minicnn")
    assert main(["predict", "m.minicnn", "one.png"]) == 0
    rows = told(capsys)["one.png"]
    assert sorted(row[0] for row in rows) == list("01234") and {row[1] for row in rows} == {""}


def test_models_of_any_size(folder, capsys):
    model = applications.ResNet20(include_top=False, pooling="avg", input_shape=(None, None, 3))
    randomized(model).save("m.minicnn")
    assert main(["predict", "m.minicnn", "one.png"]) == 2
    assert "takes images of any size: choose one with --image-size" in capsys.readouterr().err
    assert main(["predict", "m.minicnn", "one.png", "--image-size", "24"]) == 0
    assert len(told(capsys)["one.png"]) == 5


def test_without_the_index_classes_stay_numbers(folder, capsys, monkeypatch):
    from minicnn.io import download

    def unreachable(*_):
        raise ConnectionError("download: cannot reach it")

    monkeypatch.delenv("MINICNN_DATA")
    monkeypatch.setattr(download, "fetch", unreachable)
    randomized(applications.SqueezeNet(input_shape=(64, 64, 3))).save("m.minicnn")
    assert main(["predict", "m.minicnn", "one.png", "--top", "1"]) == 0
    said = capsys.readouterr()
    assert said.err == "minicnn predict: classes have no names, download: cannot reach it\n"
    assert said.out.splitlines()[2].split()[1].isdigit()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet6", "one.png"], "no network is called 'lenet6'; there are"),
        (["lenet5", "one.png"], "lenet5 knows nothing without weights; give --weights FILE"),
        (["lenet5", "one.png", "--weights", "none.h5"], "none.h5"),
        (["vgg16", "one.png", "--weights", "m.minicnn"], "m.minicnn: must hold weights of 16 l"),
        (["none.h5", "one.png"], "none.h5"),
        (["w.safetensors", "one.png"], "no network is called 'w.safetensors'"),
        (["w.h5", "one.png"], "w.h5: holds weights alone; name their network in its place"),
        (["m.minicnn", "none.png"], "none.png"),
        (["m.minicnn", "text.png"], "text.png: is no BMP, GIF"),
        (["m.minicnn", "one.png", "--weights", "w.h5"], "brings its weights"),
        (["m.minicnn", "one.png", "--top", "0"], "top must be at least 1, got 0"),
        (["m.minicnn", "one.png", "--classes", "text.png"], "must name 10 classes, one a line"),
        (["own.minicnn", "one.png"], "'own' is no network of ours; say with --network NAME"),
        (["own.minicnn", "one.png", "--network", "lenet5"], "own takes no images: its input has"),
    ],
)
def test_refusals_are_one_line(folder, capsys, arguments, message):
    model = applications.LeNet5()
    model.save("m.minicnn")
    model.save_weights("w.h5")
    models.Sequential([layers.Input((4,)), layers.Dense(2)], name="own").save("own.minicnn")
    (folder / "text.png").write_text("a text")
    assert main(["predict", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("minicnn predict: ") and error.count("\n") == 1


def test_photographs(data_folder, capsys):
    weights = data_folder / "weights" / "squeezenet" / "squeezenet_v1.0_deep_compression_oihw.npz"
    eagle, giraffe = (data_folder / "darknet" / f"{name}.jpg" for name in ("eagle", "giraffe"))
    if not (weights.is_file() and eagle.is_file()):
        pytest.skip("the folder of real data has no SqueezeNet or no photographs")
    assert main(["predict", "squeezenet", str(eagle), str(giraffe), "--weights", str(weights)]) == 0
    rows = told(capsys)
    assert "bald_eagle" in [label for _, label, _ in rows[str(eagle)]]
    # ImageNet has no giraffe: the most spotted animal that it has comes first.
    assert rows[str(giraffe)][0][1] == "cheetah"
