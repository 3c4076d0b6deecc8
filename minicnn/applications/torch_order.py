"""Weights as PyTorch and Caffe lay them out: filters first, and listed layer by layer."""

import math

from .. import config
from ..errors import FormatError
from ..io.npz import read_npz
from ..layers import Dense, Flatten
from ..models import Model


def load_npz(model, path):
    """Set all weights of ``model`` from an ``.npz`` file; nothing changes unless all fit.

    The arrays must come in the order of the layers: convolutions ``[out, in, height, width]``,
    dense layers ``[out, in]``, each followed by its bias; normalizations scale, shift, mean,
    variance. Counters of batches are passed over. A dense layer on flattened maps expects them
    one map after the other there, and all maps of a pixel side by side here.

    Parameters
    ----------
    model : Model
    path : path

    Raises
    ------
    FormatError
        Naming the array that does not fit.
    """
    arrays = {
        key: array
        for key, array in read_npz(path).items()
        if not key.endswith("num_batches_tracked")
    }
    weights = model.weights
    if len(arrays) != len(weights):
        raise FormatError(
            f"must hold the {len(weights)} weights of {model.label}, got {len(arrays)}", path
        )
    flattened = dict(_on_flattened_maps(model))
    values = []
    for (key, array), weight in zip(arrays.items(), weights):
        value = _turned(array, flattened.get(id(weight)))
        if value.shape != weight.shape or value.dtype.kind != "f":
            raise FormatError(
                f"must be floats that make {weight.name} {weight.shape} of {model.label}, "
                f"got {array.shape} of {array.dtype}",
                path,
                key=key,
            )
        values.append(value)
    model.set_weights(values)


def _turned(array, maps=None):
    """Filters and inputs last, as MiniCNN has them; ``maps``: ``(height, width, channels)``."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if array.ndim != 2:
        return array
    if maps is not None and math.prod(maps) == array.shape[1]:
        height, width, channels = maps
        pixels = array.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
        array = pixels.reshape(array.shape)
    return array.T


def _on_flattened_maps(model):
    """``(id of the kernel, maps)`` of each dense layer that reads pixel after pixel of maps."""
    for layer in model.layers:
        if isinstance(layer, Model):
            yield from _on_flattened_maps(layer)
        elif isinstance(layer, Dense) and (maps := _maps_before(layer)) is not None:
            yield id(layer.kernel), maps


def _maps_before(dense):
    """``(height, width, channels)`` of what ``dense`` reads if its rows are in that order."""
    tensor = dense.input
    while tensor.node is not None and len(tensor.shape) == 2:
        layer, tensor = tensor.node.layer, tensor.node.inputs[0]
        if isinstance(layer, Flatten) and len(tensor.shape) == 4:
            lengths = tensor.shape[1:]
            if _layout(tensor) == "channels_last":
                return lengths
            moved = layer.data_format == "channels_first"
            return (*lengths[1:], lengths[0]) if moved else None
    return None


def _layout(tensor):
    """The layout of maps: that of the last layer before them that has one."""
    while tensor.node is not None:
        layout = getattr(tensor.node.layer, "data_format", None)
        if layout is not None:
            return layout
        tensor = tensor.node.inputs[0]
    return config.image_data_format()
