"""Learning curves: each quantity over the epochs, training and validation in one panel."""

import numpy as np

from .figure import finish, new_figure

_VALIDATION = "val_"


def plot_history(history, path=None, metrics=None):
    """A panel for each quantity, validation dashed beside training.

    Parameters
    ----------
    history : History or dict
        What ``fit`` returned, or ``{"loss": [...], "val_loss": [...], ...}``, one number an epoch.
    path : path, optional
        Where to write the picture; its ending tells the format.
    metrics : sequence of str, optional
        Quantities to draw, without ``val_``; all if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is nothing to draw or a metric is not in the history.
    """
    curves = getattr(history, "history", history)
    if not isinstance(curves, dict) or not curves:
        raise ValueError(f"plot_history: history must hold at least one curve, got {curves!r}")
    known = list(dict.fromkeys(name.removeprefix(_VALIDATION) for name in curves))
    names = known if metrics is None else list(metrics)
    for name in names:
        if name not in known:
            raise ValueError(f"plot_history: metrics must be among {known}, got {name!r}")
    epochs = getattr(history, "epoch", None)
    figure = new_figure("plot_history", 5 * len(names), 3.6)
    for axes, name in zip(np.atleast_1d(figure.subplots(1, len(names))), names):
        _panel(axes, name, curves, epochs)
    return finish(figure, path)


def _panel(axes, name, curves, epochs):
    for key, label, style in ((name, "training", "-"), (_VALIDATION + name, "validation", "--")):
        values = curves.get(key, ())
        if len(values):
            # A validation that did not run in every epoch has fewer values: no epochs fit them.
            fits = epochs is not None and len(epochs) == len(values)
            x = 1 + np.asarray(epochs if fits else range(len(values)))
            axes.plot(x, values, style, marker="." if len(values) < 30 else None, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel(name.replace("_", " "))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
