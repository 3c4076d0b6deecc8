"""The picture of a model: a box for every call of a layer, an edge for every tensor."""

from typing import NamedTuple

from .. import extras
from .boxes import boxes_of
from .figure import finish

_DIRECTIONS = ("TB", "BT", "LR", "RL")
_MOST_PIXELS = 2**16 - 1  # along a side, as far as Matplotlib draws


class Options(NamedTuple):
    """What is written into the boxes."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool


def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
):
    """Draw the graph of a model, without Graphviz; arguments as of Keras.

    Parameters
    ----------
    model : Model
        Built.
    to_file : path or None
        Picture to write; its ending tells the format. ``None`` writes none.
    show_shapes : bool
        Shapes of what each layer gives, without the batch.
    show_dtype : bool
    show_layer_names : bool
    rankdir : {"TB", "BT", "LR", "RL"}
        Where the edges go: from top to bottom, or from left to right, and so on.
    expand_nested : bool
        Draw what is inside of models and blocks in the model, in a frame.
    dpi : int
        Pixels an inch; fewer if a side would pass 65,535 pixels.
    show_layer_activations : bool
    show_trainable : bool
        Mark layers whose weights do not learn.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the model has no graph yet, or an argument is not as above.
    """
    if rankdir not in _DIRECTIONS:
        raise ValueError(f"plot_model: rankdir must be one of {_DIRECTIONS}, got {rankdir!r}")
    if isinstance(dpi, bool) or not isinstance(dpi, (int, float)) or not 1 <= dpi <= 2400:
        raise ValueError(f"plot_model: dpi must be in [1, 2400], got {dpi!r}")
    if not getattr(model, "built", False) or not hasattr(model, "network"):
        raise ValueError(f"plot_model: model must be a model that is built, got {model!r}")
    extras.load("matplotlib", "plot", "plot_model")
    from .diagram import Diagram

    options = Options(
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable
    )
    boxes, edges = boxes_of(model.network, expand_nested)
    figure = Diagram(boxes, [_lines(box, options) for box in boxes], edges, rankdir).draw()
    return finish(figure, to_file, min(dpi, _MOST_PIXELS / max(figure.get_size_inches())))


def _lines(box, options):
    """What is written into a box, line by line."""
    layer = box.layer
    lines = [type(layer).__name__]
    if options.names:
        lines.append(layer.name)
    activation = getattr(getattr(layer, "activation", None), "name", None)
    if options.activations and activation:
        lines.append(activation)
    if options.shapes:
        lines += ["×".join(map(_length, shape[1:])) or "scalar" for shape in box.shapes]
    if options.dtype:
        lines.append(box.dtype)
    if options.trainable and layer.weights and not layer.trainable_weights:
        lines.append("frozen")
    return lines


def _length(length):
    return "?" if length is None else str(length)
