"""Learning curves show the numbers that they were given."""

import numpy as np
import pytest

from minicnn.plotting import plot_history

pytest.importorskip("matplotlib", reason="pictures need the plot extra")

CURVES = {
    "loss": [2.0, 1.0, 0.5],
    "accuracy": [0.1, 0.5, 0.9],
    "val_loss": [2.5, 1.5, 1.0],
    "val_accuracy": [0.1, 0.4, 0.8],
}


class History:
    def __init__(self, epoch, history):
        self.epoch, self.history = epoch, history


def drawn(figure):
    """``{label of the y axis: {label of the line: (x, y)}}``."""
    return {
        axes.get_ylabel(): {
            line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
            for line in axes.get_lines()
        }
        for axes in figure.axes
    }


def test_training_and_validation_share_a_panel():
    panels = drawn(plot_history(CURVES))
    assert list(panels) == ["loss", "accuracy"]
    assert panels["loss"] == {
        "training": ([1, 2, 3], [2.0, 1.0, 0.5]),
        "validation": ([1, 2, 3], [2.5, 1.5, 1.0]),
    }


def test_a_resumed_history_starts_at_its_epoch():
    panels = drawn(plot_history(History([4, 5, 6], CURVES)))
    assert panels["accuracy"]["training"][0] == [5, 6, 7]
    assert panels["accuracy"]["validation"][0] == [5, 6, 7]


def test_validation_in_fewer_epochs():
    panels = drawn(plot_history(History([0, 1, 2, 3], {"loss": [4, 3, 2, 1], "val_loss": [3]})))
    assert panels["loss"]["validation"] == ([1], [3])


def test_chosen_metrics_and_a_curve_without_training():
    assert list(drawn(plot_history(CURVES, metrics=["accuracy"]))) == ["accuracy"]
    assert list(drawn(plot_history({"val_loss": [1.0]}))["loss"]) == ["validation"]


@pytest.mark.parametrize(
    "name, magic", [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a", b"\x89PNG")]
)
def test_written_where_asked(tmp_path, name, magic):
    figure = plot_history(CURVES, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(magic)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert len(figure.axes) == 2


def test_nothing_is_left_in_pyplot():
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    plot_history(CURVES)
    assert pyplot.get_fignums() == before


def test_not_a_number_is_a_gap(tmp_path):
    panels = drawn(plot_history({"loss": [1.0, np.nan, 0.5]}, tmp_path / "a.png"))
    assert np.isnan(panels["loss"]["training"][1][1])


@pytest.mark.parametrize("history", [{}, None, [1, 2], History([], {})])
def test_nothing_to_draw_is_refused(history):
    with pytest.raises(ValueError, match="plot_history: history must hold at least one curve"):
        plot_history(history)


def test_unknown_metric_and_format_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"metrics must be among \['loss', 'accuracy'\], got 'x'"):
        plot_history(CURVES, metrics=["x"])
    with pytest.raises(ValueError, match="xyz"):
        plot_history(CURVES, tmp_path / "a.xyz")
    assert not list(tmp_path.iterdir())
