"""The table of a model's layers, shapes and parameter counts, with Keras' numbers."""

from itertools import pairwise


def summary(
    model,
    line_length=None,
    positions=None,
    print_fn=None,
    expand_nested=False,
    show_trainable=False,
    layer_range=None,
):
    """Print a table with a row for every layer.

    Parameters
    ----------
    model : Model
        Must be built.
    line_length : int, optional
        Width in characters; default: what the contents need.
    positions : list of float, optional
        Right edges of the columns as fractions of the width.
    print_fn : callable, optional
        Gets each line; default ``print``.
    expand_nested : bool
        Show the layers of models inside the model, indented.
    show_trainable : bool
        Add a column that says whether a layer learns.
    layer_range : (str, str), optional
        Names of the first and last layer to show.
    """
    if not model.built:
        raise ValueError(
            f"{model.label}: has no shapes yet: build it, call it or give it an input shape"
        )
    head = ["Layer (type)", "Output Shape", "Param #"]
    connected = not _is_chain(model)
    head += ["Connected to"] * connected + ["Trainable"] * show_trainable
    rows = [
        _cells(layer, depth, connected, show_trainable, model)
        for layer, depth in _listed(_in_range(model, layer_range), expand_nested)
    ]
    widths = _widths(head, rows, line_length, positions)
    write = print_fn or print
    write(f'Model: "{model.name}"')
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    for line in (rule, _line(head, widths), "═" * len(rule)):
        write(line)
    for row in rows:
        write(_line(row, widths))
    write("═" * len(rule))
    for line in totals(model):
        write(line)


def totals(model):
    """The three lines under the table: all, trainable and other parameters, with their bytes."""
    trainable = sum(w.size for w in model.trainable_weights)
    everything = model.count_params()
    itemsize = 8 if model.dtype == "float64" else 4
    counts = [
        ("Total params", everything),
        ("Trainable params", trainable),
        ("Non-trainable params", everything - trainable),
    ]
    return [f"{name}: {count:,} ({_size(count * itemsize)})" for name, count in counts]


def _is_chain(model):
    return all(len(node.inputs) == 1 for node in model.network.nodes) and len(
        {id(node.layer) for node in model.network.nodes}
    ) == len(model.network.nodes)


def _in_range(model, layer_range):
    layers = model.layers
    if layer_range is None:
        return layers
    names = [layer.name for layer in layers]
    for name in layer_range:
        if name not in names:
            raise ValueError(f"{model.label}: layer_range names no layer {name!r}")
    first, last = (names.index(name) for name in layer_range)
    return layers[first : last + 1]


def _listed(layers, expand_nested, depth=0):
    for layer in layers:
        yield layer, depth
        if expand_nested and hasattr(layer, "network"):
            yield from _listed(layer.layers, True, depth + 1)


def _cells(layer, depth, connected, show_trainable, model):
    name = "│ " * depth + f"{layer.name} ({type(layer).__name__})"
    cells = [name, _shape_of(layer, model), f"{layer.count_params():,}"]
    if connected:
        cells.append(", ".join(_sources(layer, model)))
    if show_trainable:
        cells.append("-" if not layer.weights else "Y" if layer.trainable_weights else "N")
    return cells


def _shape_of(layer, model):
    """Shape that the layer gives in this model (it may have others elsewhere)."""
    for node in model.network.nodes:
        if node.layer is layer:
            shapes = [tensor.shape for tensor in node.outputs]
            return str(shapes[0] if node.single_output else shapes)
    try:
        tensors = layer.output
    except AttributeError:
        return "?"
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return str(tensors[0].shape if len(tensors) == 1 else [t.shape for t in tensors])


def _sources(layer, model):
    """Names of the layers whose outputs the layer reads in this model."""
    for node in model.network.nodes:
        if node.layer is layer:
            for tensor in node.inputs:
                origin = tensor.node.layer if tensor.node else getattr(tensor, "input_layer", None)
                yield origin.name if origin is not None else tensor.name


def _widths(head, rows, line_length, positions):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    if positions is not None:
        width = line_length or 80
        edges = [0] + [round(p * width) if p <= 1 else int(p) for p in positions[: len(head)]]
        return [max(b - a - 2, 8) for a, b in pairwise(edges)]
    spare = (line_length or 0) - sum(widths) - 2 * (len(widths) - 1)
    widths[0] += max(spare, 0)
    return widths


def _line(cells, widths):
    fitted = [cell if len(cell) <= w else cell[: w - 1] + "…" for cell, w in zip(cells, widths)]
    return "  ".join(
        cell.rjust(w) if index == 2 else cell.ljust(w)
        for index, (cell, w) in enumerate(zip(fitted, widths))
    ).rstrip()


def _size(count):
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:.2f} {unit}"
        count /= 1024
    return f"{count:.2f} GB"
