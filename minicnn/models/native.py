"""What MiniCNN's own files hold: a model or its weights, and where training stands."""

from ..errors import FormatError
from ..io import archive
from ..layers.weight import awaiting_values
from . import training_state
from .config import layer_config
from .construction import model_from_entry
from .weights import Stored, set_weights, weight_groups

_WEIGHTS, _OPTIMIZER = "weights/", "optimizer/"


def write_model(path, model, include_optimizer):
    """Architecture, weights and, on request, the state of training."""
    content = {"kind": "model", "model": layer_config(model), **weights_table(model)}
    arrays = weights_arrays(model)
    if include_optimizer:
        content["training"], state = training_state.describe(model)
        arrays.update({f"{_OPTIMIZER}{name}": array for name, array in state.items()})
    archive.write(path, content, arrays)


def read_model(path, compile_it):
    """The model of a file; with ``compile_it`` compiled and where its training stood.

    Raises
    ------
    FormatError
        If anything in the file is not as it must be.
    """
    content, arrays = archive.read(path)
    if content.get("kind") != "model":
        raise FormatError("holds weights alone: use load_weights", key="kind")
    stored = stored_weights(content, arrays)
    with awaiting_values(sum(array.size for array in arrays.values())):
        model = model_from_entry(content.get("model"))
    set_weights(model, stored, path)
    training = content.get("training")
    if compile_it and training is not None:
        state = {
            name.removeprefix(_OPTIMIZER): array
            for name, array in arrays.items()
            if name.startswith(_OPTIMIZER)
        }
        training_state.restore(model, training, state, path)
    return model


def write_weights(path, model):
    """The weights alone."""
    content = {"kind": "weights", **weights_table(model)}
    archive.write(path, content, weights_arrays(model))


def read_weights(path):
    """The weights of a file, as ``set_weights`` takes them."""
    return stored_weights(*archive.read(path))


def holds_weights_alone(path):
    """Whether there is no architecture beside the weights."""
    return archive.read(path)[0].get("kind") != "model"


def weights_table(model):
    """Labels of the weights by layer, as plain data."""
    groups = weight_groups(model)
    return {"weights": [[name, [label for label, _ in weights]] for name, weights in groups]}


def weights_arrays(model):
    """The weights by the names that they have in a file."""
    return {
        f"{_WEIGHTS}{label}": weight.value
        for _, weights in weight_groups(model)
        for label, weight in weights
    }


def stored_weights(content, arrays):
    """The weights of a file, as ``set_weights`` takes them."""
    try:
        stored = [
            (name, [(label, Stored(label, arrays[f"{_WEIGHTS}{label}"])) for label in labels])
            for name, labels in content["weights"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"must list arrays of the file, {error}", key="weights") from error
    listed = [label for _, weights in stored for label, _ in weights]
    held = [name for name in arrays if name.startswith(_WEIGHTS)]
    if len(set(listed)) != len(listed) or len(held) != len(listed):
        raise FormatError("must list every array once", key="weights")
    return stored
