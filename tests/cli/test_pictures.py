"""The commands that draw."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.cli import main

pytest.importorskip("matplotlib", reason="pictures need the plot extra")
pytest.importorskip("PIL", reason="Pillow reads the images")


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    """Here: an image and the file of a model."""
    monkeypatch.chdir(tmp_path)
    keras.utils.save_img("photo.png", rng.integers(0, 256, (20, 24, 3)).astype(np.uint8))
    model = keras.Sequential(
        [layers.Input((16, 16, 3)), layers.Conv2D(4, 3, name="c"), layers.Flatten()], name="mine"
    )
    model.save("mine.minicnn")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "picture"),
    [
        (["plot", "lenet5"], "lenet5.png"),
        (["plot", "squeezenet", "--names", "--direction", "LR", "--out", "s.svg"], "s.svg"),
        (["plot", "mine.minicnn", "--expand", "--dpi", "40"], "mine.png"),
        (["plot", "mobilenetv2", "--set", "alpha=0.35", "--out", "m.png"], "m.png"),
        (["filters", "mine.minicnn"], "mine-filters.png"),
        (["filters", "lenet5", "--layer", "C3", "--channel", "2", "--out", "f.png"], "f.png"),
        (["features", "mine.minicnn", "photo.png", "--layer", "c"], "mine-c.png"),
        (["features", "lenet5", "photo.png", "--layer", "0", "--most", "3"], "lenet5-0.png"),
        (["augment", "photo.png", "--count", "3"], "photo-augmented.png"),
        (["augment", "photo.png", "--rotate", "20", "--shear", "5", "--out", "a.png"], "a.png"),
    ],
)
def test_a_picture_is_saved(folder, capsys, arguments, picture):
    assert main(arguments) == 0
    assert f"saved {picture}" in capsys.readouterr().out
    assert (folder / picture).stat().st_size > 500


def test_random_weights_are_told(folder, capsys):
    main(["features", "lenet5", "photo.png", "--layer", "C1"])
    assert "no --weights: the network's weights are random" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plot", "lenet6"], "no network is called 'lenet6'"),
        (["plot", "mine.minicnn", "--weights", "w"], "a file brings its own"),
        (["filters", "mine.minicnn", "--layer", "flatten"], "has no"),
        (["features", "mine.minicnn", "photo.png", "--layer", "d"], "has no layer 'd'"),
        (["features", "mine.minicnn", "none.png", "--layer", "c"], "none.png"),
        (["augment", "mine.minicnn"], "mine.minicnn"),
        (["augment", "photo.png", "--count", "0"], "count must be"),
    ],
)
def test_mistakes_are_told_in_one_line(folder, capsys, arguments, message):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"minicnn {arguments[0]}: ") and message in error
    assert error.count("\n") == 1
