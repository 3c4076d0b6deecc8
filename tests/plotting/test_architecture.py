"""Diagrams: every call and tensor of a model is in the picture, with what was asked for."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import applications, layers
from minicnn.plotting import plot_model
from minicnn.plotting.boxes import boxes_of

image = pytest.importorskip("matplotlib.image", reason="pictures need the plot extra")


def texts(figure):
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


@pytest.fixture
def forked():
    x = layers.Input((8, 8, 1), name="image")
    a = layers.Conv2D(2, 3, padding="same", activation="relu", name="left")(x)
    b = layers.MaxPooling2D(1, name="right")(x)
    y = layers.Concatenate(name="join")([a, b])
    return keras.Model(x, layers.Flatten(name="flat")(y))


def test_boxes_are_calls_and_edges_tensors(forked):
    boxes, edges = boxes_of(forked.network)
    names = [box.layer.name for box in boxes]
    assert sorted(names) == ["flat", "image", "join", "left", "right"]
    named = {(names[a], names[b]) for a, b in edges}
    assert named == {
        ("image", "left"), ("image", "right"), ("left", "join"), ("right", "join"),
        ("join", "flat"),
    }  # fmt: skip
    kinds = {box.layer.name: box.kind for box in boxes}
    assert kinds == {
        "image": "input", "left": "convolution", "right": "pooling", "join": "merging",
        "flat": "other",
    }  # fmt: skip


def test_a_shared_layer_has_a_box_for_each_call():
    shared = layers.Dense(3)
    a, b = layers.Input((4,)), layers.Input((4,))
    model = keras.Model([a, b], shared(a) + shared(b))
    boxes, edges = boxes_of(model.network)
    assert [box.layer for box in boxes].count(shared) == 2
    assert len(boxes) == 5 and len(edges) == 4


def test_the_text_is_what_was_asked_for(forked):
    assert texts(plot_model(forked, None)) == [
        "InputLayer", "Conv2D", "MaxPooling2D", "Concatenate", "Flatten"
    ]  # fmt: skip
    forked.get_layer("left").trainable = False
    told = texts(
        plot_model(
            forked, None, show_shapes=True, show_layer_names=True, show_dtype=True,
            show_layer_activations=True, show_trainable=True,
        )
    )  # fmt: skip
    start = told.index("Conv2D")
    assert told[start : start + 6] == ["Conv2D", "left", "relu", "8×8×2", "float32", "frozen"]
    assert told.count("frozen") == 1
    assert told[-4:] == ["Flatten", "flat", "192", "float32"]


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_the_graph_runs_as_told(forked, rankdir):
    figure = plot_model(forked, None, rankdir=rankdir)
    (axes,) = figure.axes
    x, y = {text.get_text(): text.get_position() for text in axes.texts}, None
    (x0, y0), (x1, y1) = x["InputLayer"], x["Flatten"]
    left, top = x1 - x0, y1 - y0  # y points down
    y = {"TB": top, "BT": -top, "LR": left, "RL": -left}[rankdir]
    assert y > 1
    low, high = axes.get_ylim()
    right = axes.get_xlim()[1]
    for box in axes.patches:
        corners = box.get_path().transformed(box.get_patch_transform()).vertices
        assert corners.min() > 0
        assert corners[:, 0].max() < right and corners[:, 1].max() < max(low, high)


def test_inner_models_and_blocks_open_into_frames():
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(3), layers.ReLU()], name="inner")
    outer = keras.Sequential([layers.Input((4,)), inner, layers.Dense(2)])
    assert texts(plot_model(outer, None)) == ["InputLayer", "Sequential", "Dense"]
    opened = plot_model(outer, None, expand_nested=True)
    assert texts(opened) == ["inner", "InputLayer", "Dense", "ReLU", "Dense"]
    block = keras.Sequential([layers.Input((8, 8, 4)), layers.ResidualUnit(4)])
    told = texts(plot_model(block, None, expand_nested=True))
    assert "ResidualUnit" not in told and "Add" in told


@pytest.mark.parametrize("build", ["GoogLeNet", "ResNet50", "MobileNetV2"])
def test_great_networks_are_drawn_whole(build, tmp_path):
    model = getattr(applications, build)(weights=None)
    figure = keras.utils.plot_model(model, tmp_path / "m.svg", expand_nested=True)
    boxes, _ = boxes_of(model.network, True)
    (axes,) = figure.axes
    frames = len({frame for box in boxes for frame in box.frames})
    assert len(axes.patches) == len(boxes) + frames
    assert (tmp_path / "m.svg").read_text().startswith("<?xml")


def test_the_picture_has_the_resolution(forked, tmp_path):
    figure = plot_model(forked, tmp_path / "m.png", dpi=50)
    height, width, _ = image.imread(tmp_path / "m.png").shape
    assert np.abs(np.array([width, height]) - figure.get_size_inches() * 50).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rankdir": "UP"}, "rankdir must be one of .*, got 'UP'"),
        ({"dpi": 0}, "dpi must be in"),
        ({"dpi": True}, "dpi must be in"),
    ],
)
def test_bad_arguments_are_refused(forked, options, message):
    with pytest.raises(ValueError, match=message):
        plot_model(forked, None, **options)


@pytest.mark.parametrize("model", [None, keras.Sequential([layers.Dense(1)])])
def test_what_has_no_graph_is_refused(model):
    with pytest.raises(ValueError, match="plot_model: model must be a model that is built"):
        plot_model(model, None)
