"""Weights as PyTorch and Caffe lay them out: filters first, and listed layer by layer."""

from ..errors import FormatError
from ..io.npz import read_npz


def load_npz(model, path):
    """Set all weights of ``model`` from an ``.npz`` file; nothing changes unless all fit.

    The arrays must come in the order of the layers: convolutions ``[out, in, height, width]``,
    dense layers ``[out, in]``, each followed by its bias; normalizations scale, shift, mean,
    variance. Counters of batches are passed over.

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
    values = []
    for (key, array), weight in zip(arrays.items(), weights):
        value = _turned(array)
        if value.shape != weight.shape or value.dtype.kind != "f":
            raise FormatError(
                f"must be floats that make {weight.name} {weight.shape} of {model.label}, "
                f"got {array.shape} of {array.dtype}",
                path,
                key=key,
            )
        values.append(value)
    model.set_weights(values)


def _turned(array):
    """Filters and inputs last, as MiniCNN has them."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array.T if array.ndim == 2 else array
