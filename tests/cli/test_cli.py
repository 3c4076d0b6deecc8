"""The command line: what it prints, saves and refuses."""

import numpy as np
import pytest

from minicnn.callbacks import ModelCheckpoint
from minicnn.cli import main
from minicnn.models.saving import load_model


def test_summary_of_a_network(capsys):
    assert main(["summary", "fashion-cnn"]) == 0
    assert "Total params: 1,413,834 " in capsys.readouterr().out


def test_unknown_network_is_told_in_one_line(capsys):
    assert main(["summary", "lenet6"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("minicnn summary: no network is called 'lenet6'; there are ")
    assert error.count("\n") == 1


def test_info_names_cpu_threads_and_cache(capsys):
    assert main(["info"]) == 0
    told = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert {"cpu", "threads", "cache", "backends"} <= set(told)


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
    assert names == {"lenet5.minicnn", "lenet5-curves.png", "lenet5-filters.png"}
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
    ],
)
def test_train_refuses(arguments, message, in_folder, capsys):
    assert main(["train", "lenet5", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (in_folder / "runs").exists()
