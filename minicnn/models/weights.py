"""Which weight of a model belongs to which array of a file; all are set or none."""

import itertools
import warnings
from dataclasses import dataclass, field

import numpy as np

from ..errors import FormatError
from .keras_order import keras_layers


@dataclass
class LoadedWeights:
    """What loading weights did.

    Attributes
    ----------
    loaded : list of str
        Weights that were set, ``layer/weight``.
    skipped : list of str
        What did not fit and was left as it was, with the reason.
    not_in_file, not_in_model : list of str
        Layers with weights that have no counterpart (only when loading by name).
    """

    loaded: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    not_in_file: list = field(default_factory=list)
    not_in_model: list = field(default_factory=list)


class Stored:
    """An array of a file: ``shape``, ``dtype``, ``key``, and :meth:`read` for its values."""

    def __init__(self, key, array):
        self.key, self.shape, self.dtype, self._array = key, array.shape, array.dtype, array

    def read(self):
        """The values."""
        return self._array


def weight_groups(model):
    """``[(layer name, [(label, weight), ...]), ...]``, layers without weights left away.

    Layers come in the order of Keras, in each the weights that learn before the others. A label is
    the path to the weight, ``inner_model/layer/kernel``; no two are equal.
    """
    layers = {id(layer): layer for layer in (*keras_layers(model), *model.layers)}.values()
    taken = set()
    groups = [(layer.name, labelled_weights(layer, taken)) for layer in layers]
    own = [(_unique(f"{model.name}/{weight.name}", taken), weight) for weight in model._weights]
    return [(name, weights) for name, weights in [*groups, (model.name, own)] if weights]


def labelled_weights(layer, taken=None):
    """``[(label, weight), ...]`` of one layer or inner model, learning ones first.

    ``taken`` is the set of labels that are used already; the new ones are added.
    """
    taken = set() if taken is None else taken
    weights = {
        id(weight): (path, weight) for path, weight in reversed([*_paths(layer, layer.name)])
    }
    found = [(_unique(path, taken), weight) for path, weight in reversed(weights.values())]
    learning = {id(weight) for weight in layer.trainable_weights}
    return sorted(found, key=lambda item: id(item[1]) not in learning)


def _unique(label, taken):
    """``label``, counted up if it is taken: names of layers may hold slashes."""
    unique, count = label, 0
    while unique in taken:
        count += 1
        unique = f"{label}_{count}"
    taken.add(unique)
    return unique


def by_layer(labelled):
    """``[(path of a layer, [(label, item), ...]), ...]`` of a plain list of labels and items."""
    groups = {}
    for label, item in labelled:
        groups.setdefault(label.rpartition("/")[0], []).append((label, item))
    return list(groups.items())


def inner_layers(layer):
    """Layers inside a layer or model, in the order of Keras."""
    if not layer.sublayers:
        return []
    return keras_layers(layer) if hasattr(layer, "network") else layer.sublayers


def _paths(layer, path):
    for weight in layer._weights:
        yield f"{path}/{weight.name}", weight
    for inner in inner_layers(layer):
        yield from _paths(inner, f"{path}/{inner.name}")


def set_weights(model, stored, file=None, by_name=False, skip_mismatch=False, by_path=False):
    """Set the weights of ``model`` from arrays of a file; nothing changes unless all fit.

    Parameters
    ----------
    model : Model
    stored : list of (str, list of (str, array))
        As of :func:`weight_groups`, with anything that has ``shape``, ``dtype``, ``key`` and
        ``read()`` in place of weights.
    file : path, optional
        For messages.
    by_name : bool
        Only layers whose name the file has. Otherwise every layer must have its counterpart: by
        name if all names agree, else by order.
    skip_mismatch : bool
        Leave a layer as it is, with a warning, where number or shape of its weights differ.
    by_path : bool
        ``stored`` is a plain list of (label, array): the layers are the paths of the labels, and
        those inside an inner model count one by one.

    Returns
    -------
    LoadedWeights

    Raises
    ------
    FormatError
        Naming the layer or weight that does not fit.
    """
    report, plan = LoadedWeights(), []
    groups = weight_groups(model)
    if by_path:
        groups = by_layer(item for _, weights in groups for item in weights)
        stored = by_layer(stored)
    for (layer, weights), (_, arrays) in _pairs(groups, stored, by_name, file, report):
        try:
            plan += _matched(layer, weights, arrays, file)
        except FormatError as error:
            if not skip_mismatch:
                raise
            report.skipped.append(str(error))
    values = [np.asarray(array.read(), weight.dtype) for _, weight, array in plan]
    for (label, weight, _), value in zip(plan, values):
        weight.assign(value)
        report.loaded.append(label)
    for told in report.skipped:
        warnings.warn(f"load_weights: skipped {told}", stacklevel=4)
    return report


def _pairs(groups, stored, by_name, file, report):
    """Layers of the model with layers of the file."""
    known = {name: (name, arrays) for name, arrays in stored if arrays}
    names = [name for name, _ in groups]
    if len(known) != len([name for name, arrays in stored if arrays]):
        raise FormatError("two layers of the file have one name", file)
    if by_name:
        report.not_in_file = [name for name in names if name not in known]
        report.not_in_model = [name for name in known if name not in names]
        return [(group, known[group[0]]) for group in groups if group[0] in known]
    if set(names) == set(known):
        return [(group, known[group[0]]) for group in groups]
    if len(groups) != len(known):
        raise FormatError(_first_difference(names, list(known)), file)
    return list(zip(groups, known.values()))


def _first_difference(expected, came):
    """One short line about two lists of layers, of which a file may have thousands."""
    pairs = enumerate(itertools.zip_longest(expected, came), 1)
    number, (ours, theirs) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    ours, theirs = ("none" if name is None else repr(name)[:80] for name in (ours, theirs))
    return (
        f"must hold weights of {len(expected)} layers, got {len(came)}; "
        f"the first to differ is layer {number}: expected {ours}, got {theirs}"
    )


def _matched(layer, weights, arrays, file):
    """``[(label, weight, array), ...]`` of one layer."""
    if len(weights) != len(arrays):
        labels = [label for label, _ in weights]
        raise FormatError(
            f"must have {len(weights)} weights {labels}, got {len(arrays)}", file, key=layer
        )
    arrays = _reordered([label for label, _ in weights], arrays)
    for (label, weight), array in zip(weights, arrays):
        if tuple(array.shape) != weight.shape:
            raise FormatError(
                f"must have shape {weight.shape}, got {tuple(array.shape)}", file, key=label
            )
        if array.dtype.kind != "f":
            raise FormatError(f"must hold floats, got {array.dtype}", file, key=label)
    return [(label, weight, array) for (label, weight), array in zip(weights, arrays)]


def _reordered(labels, arrays):
    """``arrays`` in the order of ``labels``, by as much of their paths as agrees."""
    for parts in (0, 2, 1):
        wanted = [_tail(label, parts) for label in labels]
        known = {_tail(label, parts): array for label, array in arrays}
        if len(known) == len(arrays) and set(wanted) == set(known):
            return [known[label] for label in wanted]
    return [array for _, array in arrays]


def _tail(label, parts):
    """The last ``parts`` components of a path (0: all), without TensorFlow's ``:0``."""
    return "/".join(label.partition(":")[0].split("/")[-parts:])
