"""``minicnn train``: it learns from data sets and from folders, saves, resumes and refuses."""

import numpy as np
import pytest

from minicnn import applications, datasets
from minicnn.callbacks import ModelCheckpoint
from minicnn.cli import main, networks, recipes, train, training_images
from minicnn.models.saving import load_model
from minicnn.utils.image_utils import save_img


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_train_learns_saves_and_draws(in_folder, capsys):
    assert main(["train", "lenet5", "--epochs", "2"]) == 0
    said = capsys.readouterr().out
    assert "1,347 training and 450 test images" in said
    assert "test accuracy" in said
    names = {path.name for path in (in_folder / "runs").iterdir()}
    assert names == {
        *("lenet5.minicnn", "lenet5.classes"),
        *("lenet5-curves.png", "lenet5-filters.png"),
    }
    model = load_model(in_folder / "runs" / "lenet5.minicnn")
    assert model.epochs_done == 2


def test_an_interrupted_run_is_resumed_to_the_same_bits(in_folder, monkeypatch):
    quiet = ["train", "lenet5", "--no-pictures", "--seed", "5", "--epochs", "3"]
    assert main([*quiet, "--save", "whole.minicnn"]) == 0
    checkpoint = ModelCheckpoint.on_epoch_end

    def interrupt(self, epoch, logs=None):
        checkpoint(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(ModelCheckpoint, "on_epoch_end", interrupt)
    assert main([*quiet, "--save", "part.minicnn"]) == 130
    monkeypatch.setattr(ModelCheckpoint, "on_epoch_end", checkpoint)
    assert main([*quiet, "--save", "part.minicnn", "--resume"]) == 0
    whole, part = (load_model(in_folder / f"{name}.minicnn") for name in ("whole", "part"))
    for a, b in zip(whole.get_weights(), part.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "minicnn train: epochs must be at least 1, got 0"),
        (["--batch-size", "-1"], "minicnn train: batch_size must be at least 1, got -1"),
        (["--resume", "--save", "none.minicnn"], "none.minicnn"),
        (["--optimizer", "adamm"], "did you mean 'adam'?"),
        (
            ["--data", "mnits"],
            "data must be one of digits, mnist, fashion-mnist, cifar10 or a fold",
        ),
        (["--data", "pictures", "--held-out", "1"], "held-out must be between 0 and 1, got 1.0"),
        (["--image-size", "20"], "image-size is for folders of images, digits has its own"),
        (["--data", "pictures"], "no images found"),
    ],
)
def test_train_refuses(arguments, message, in_folder, capsys):
    (in_folder / "pictures" / "empty").mkdir(parents=True)
    assert main(["train", "lenet5", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (in_folder / "runs").exists()


# Folders of images ------------------------------------------------------------------------------


@pytest.fixture
def pictures(in_folder):
    """Twenty dark and twenty bright pictures."""
    rng = np.random.default_rng(4)
    for name, level in (("bright", 180), ("dark", 20)):
        (in_folder / "pictures" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(level, level + 50, (20, 24, 3))
            save_img(in_folder / "pictures" / name / f"{number:02}.png", pixels, scale=False)
    return in_folder


@pytest.mark.parametrize(
    ("name", "size", "rate"), [("lenet5", "28", "0.01"), ("dogs-and-cats", "24", "0.0005")]
)
def test_train_on_a_folder(pictures, capsys, name, size, rate):
    settings = [
        "--image-size",
        size,
        "--epochs",
        "12",
        "--batch-size",
        "8",
        "--learning-rate",
        rate,
    ]
    assert main(["train", name, "--data", "pictures", *settings, "--no-pictures"]) == 0
    said = capsys.readouterr().out
    assert "32 training and 8 test images" in said
    assert "test accuracy 100.00% (8 of 8 images)" in said
    assert (pictures / "runs" / f"{name}.classes").read_text() == "bright\ndark\n"
    held_out = ["pictures/dark/00.png", "pictures/bright/00.png"]
    assert main(["predict", f"runs/{name}.minicnn", *held_out, "--top", "1"]) == 0
    first, second = (
        line.split() for line in capsys.readouterr().out.splitlines()[1:] if line.startswith(" ")
    )
    assert first[1:3] == ["1", "dark"] and second[1:3] == ["0", "bright"]


def test_a_folder_is_resumed_to_the_same_bits(pictures, monkeypatch):
    quiet = ["train", "lenet5", "--data", "pictures", "--no-pictures", "--epochs", "3"]
    assert main([*quiet, "--save", "whole.minicnn"]) == 0
    checkpoint = ModelCheckpoint.on_epoch_end

    def interrupt(self, epoch, logs=None):
        checkpoint(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(ModelCheckpoint, "on_epoch_end", interrupt)
    assert main([*quiet, "--save", "part.minicnn"]) == 130
    monkeypatch.setattr(ModelCheckpoint, "on_epoch_end", checkpoint)
    assert main([*quiet, "--save", "part.minicnn", "--resume"]) == 0
    whole, part = (load_model(pictures / f"{name}.minicnn") for name in ("whole", "part"))
    for a, b in zip(whole.get_weights(), part.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["alexnet"], "alexnet learns from images of yours: name their folder, which holds one"),
        (["lenet5-classic", "--data", "pictures"], "lenet5-classic reads digits: data must be"),
        (["dogs-and-cats", "--data", "mnist"], "tells 2 classes apart, the images have 10"),
        (
            ["alexnet", "--data", "pictures", "--image-size", "32"],
            "input_shape must be at least 67",
        ),
        (["lenet7"], "no network is called 'lenet7'; there are"),
    ],
)
def test_networks_and_images_that_do_not_fit(pictures, capsys, monkeypatch, arguments, message):
    pixels = np.zeros((10, 150, 150, 3), np.uint8)
    few = (pixels[:2], np.zeros(2)), (pixels[:1], np.zeros(1))
    monkeypatch.setattr(datasets.mnist, "load_data", lambda: few)
    assert main(["train", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (pictures / "runs").exists()


# Recipes ----------------------------------------------------------------------------------------


def parsed(*arguments):
    import argparse

    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("network", recipes.RECIPES)
def test_every_recipe_names_a_network_that_it_can_train(network):
    options = parsed(network.lower(), "--data", recipes.RECIPES[network].data or "cifar10")
    classes = tuple("ab") if network == "DogsAndCats" else tuple("0123456789")
    shape = networks.build(network, empty=True).inputs[0].shape[1:]
    data = training_images.Images(None, None, np.zeros(1), classes, shape)
    model = train._model(options, recipes.recipe_of(getattr(applications, network)), data)
    x = np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)
    assert np.isfinite(model.train_on_batch(x, np.array([0, 1]))).all()


def test_the_1998_net_learns_digits(in_folder, capsys):
    assert main(["train", "lenet5-classic", "--epochs", "1", "--no-pictures"]) == 0
    assert "nearest_accuracy" in capsys.readouterr().out
    digits = np.zeros((28, 28, 1), np.uint8)
    save_img("black.png", digits, scale=False)
    assert main(["predict", "runs/lenet5-classic.minicnn", "black.png", "--top", "10"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert sorted(row[2] for row in rows) == list("0123456789")
    assert sum(float(row[3]) for row in rows) == pytest.approx(1, abs=1e-3)


def test_cifar_images_move_and_flip_in_training_alone(in_folder, monkeypatch):
    rng = np.random.default_rng(2)
    part = rng.integers(0, 256, (8, 32, 32, 3), np.uint8), np.arange(8).reshape(-1, 1)
    monkeypatch.setattr(datasets.cifar10, "load_data", lambda: (part, part))
    settings = ["--epochs", "1", "--batch-size", "4", "--no-pictures"]
    assert main(["train", "resnet20", *settings]) == 0
    model = load_model("runs/resnet20.minicnn")
    assert [layer.name for layer in model.layers[1:3]] == ["shift", "flip"]
    assert model.count_params() == 271098
    plain = applications.ResNet20()
    plain.set_weights(model.get_weights())
    x = applications.resnet_cifar.preprocess_input(part[0])
    np.testing.assert_array_equal(model.predict(x, verbose=0), plain.predict(x, verbose=0))
