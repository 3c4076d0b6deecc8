"""``minicnn convert``: the same outputs from every form of file."""

import numpy as np
import pytest

from minicnn import applications, layers, models, onnx
from minicnn.cli import main
from minicnn.models.saving import load_model

WHOLE = ["m.minicnn", "m.h5", "m.hdf5", "m.keras", "m.onnx"]
WEIGHTS = ["w.safetensors", "w.weights.h5"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lenet():
    model = applications.LeNet5()
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.2, weight.shape) for weight in model.weights])
    return model


def load(path):
    if path.suffix == ".onnx":
        return onnx.load(path, data_format="channels_last")
    return load_model(path)


def assert_same_outputs(model, other, shape=(3, 28, 28, 1)):
    x = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(other.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("source", WHOLE)
def test_every_whole_model_becomes_every_other(folder, capsys, source):
    model = lenet()
    model.save("start.minicnn")
    if source != "m.minicnn":
        assert main(["convert", "start.minicnn", source]) == 0
    else:
        model.save(source)
    for target in WHOLE:
        made = folder / f"{source}-{target}"
        assert main(["convert", source, str(made)]) == 0
        assert "61,706 parameters" in capsys.readouterr().out
        assert_same_outputs(model, load(made))
    for target in WEIGHTS:
        assert main(["convert", source, f"{source}-{target}"]) == 0
        assert "wrote the weights of" in capsys.readouterr().out
        other = applications.LeNet5()
        other.load_weights(folder / f"{source}-{target}")
        assert_same_outputs(model, other)


@pytest.mark.parametrize("source", [*WEIGHTS, "w.minicnn", "w.h5"])
def test_weights_become_a_model_of_the_named_network(folder, capsys, source):
    model = lenet()
    model.save_weights(source)
    assert main(["convert", source, "m.minicnn"]) == 2
    error = capsys.readouterr().err
    assert error == (
        f"minicnn convert: {source}: holds weights alone; name their network with --network NAME\n"
    )
    assert main(["convert", source, "m.minicnn", "--network", "lenet-5"]) == 0
    assert_same_outputs(model, load_model("m.minicnn"))


def test_weights_as_pytorch_lists_them(folder, capsys):
    rng = np.random.default_rng(3)
    model = applications.ResNet20()
    model.set_weights([rng.uniform(0.1, 0.3, weight.shape) for weight in model.weights])
    turned = [np.transpose(w, (3, 2, 0, 1)) if w.ndim == 4 else w.T for w in model.get_weights()]
    np.savez("w.npz", **{f"{i:03}": array for i, array in enumerate(turned)})
    assert main(["convert", "w.npz", "m.minicnn", "--network", "resnet20"]) == 0
    assert_same_outputs(model, load_model("m.minicnn"), (2, 32, 32, 3))
    assert main(["convert", "w.npz", "n.minicnn"]) == 2
    assert "w.npz: holds weights alone" in capsys.readouterr().err


def test_arguments_of_the_network(folder):
    model = applications.SqueezeNet(
        version="1.1", include_top=False, pooling="avg", input_shape=(64, 48, 3)
    )
    model.save_weights("w.safetensors")
    settings = ["version=1.1", "include_top=false", "pooling=avg", "input_shape=[64, 48, 3]"]
    arguments = [word for text in settings for word in ("--set", text)]
    command = ["convert", "w.safetensors", "m.minicnn", "--network", "squeezenet"]
    assert main([*command, *arguments]) == 0
    assert_same_outputs(model, load_model("m.minicnn"), (2, 64, 48, 3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.h5", "m.minicnn"], "source must be a file, got 'none.h5'"),
        (["m.minicnn", "m.pkl"], "target must end in one of .minicnn, .h5, .hdf5, .keras, .onnx,"),
        (["m.minicnn", "m.npz"], "target must end in one of"),
        (["m.minicnn", "there.h5"], "there.h5 exists; replace it with --overwrite"),
        (["m.minicnn", "n.h5", "--set", "a=1"], "name it with --network"),
        (["m.minicnn", "n.h5", "--network", "lenet6"], "no network is called 'lenet6'; there are"),
        (
            ["m.minicnn", "n.h5", "--network", "lenet5", "--set", "alpha=1"],
            "LeNet5: --set must be ARGUMENT=VALUE of input_shape, classes, activation",
        ),
        (
            ["m.minicnn", "n.h5", "--network", "lenet5", "--set", "classes=7"],
            r"m.minicnn: 'output/kernel': must have shape (84, 7), got (84, 10)",
        ),
        (["m.minicnn", "n.h5", "--network", "vgg16"], "must hold weights of 16 layers, got 5"),
        (["text.minicnn", "n.h5"], "text.minicnn: at byte 0: is no MiniCNN file"),
        (["text.h5", "n.onnx"], "text.h5: at byte 0: is no MiniCNN file"),
        (["text.onnx", "n.h5"], "text.onnx: "),
        (["text.npz", "n.h5", "--network", "lenet5"], "text.npz: damaged zip archive"),
        (["text.npz", "n.h5", "--network", "resnet20"], "text.npz: damaged zip archive"),
        (["m.onnx", "n.h5", "--network", "lenet5"], "m.onnx brings its own architecture"),
        (["lrn.minicnn", "n.h5"], "Keras has no LocalResponseNormalization; save as .minicnn"),
    ],
)
def test_refusals_are_one_line_and_write_nothing(folder, capsys, arguments, message):
    lenet().save("m.minicnn")
    image = layers.Input((4, 4, 3))
    models.Model(image, layers.LocalResponseNormalization()(image)).save("lrn.minicnn")
    for name in ("there.h5", "text.minicnn", "text.h5", "text.onnx", "text.npz", "m.onnx"):
        (folder / name).write_text("a text")
    before = sorted(path.name for path in folder.iterdir())
    assert main(["convert", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("minicnn convert: ") and error.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before
    assert (folder / "there.h5").read_text() == "a text"


def test_overwriting_on_request(folder):
    lenet().save("m.minicnn")
    (folder / "there.h5").write_text("a text")
    assert main(["convert", "m.minicnn", "there.h5", "--overwrite"]) == 0
    assert load_model("there.h5").count_params() == 61706
