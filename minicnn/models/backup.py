"""Backups of a run: weights, optimizer, random streams, and the place within the epoch."""

from ..errors import FormatError
from ..io import archive
from ..training import gathered
from ..training.fitting import Restart
from . import native, training_state
from .weights import set_weights, weight_groups

_OBJECTIVE, _OPTIMIZER = "objective/", "optimizer/"


def write_backup(model, path, epoch, batch):
    """Write where the running ``fit`` of ``model`` stands.

    Parameters
    ----------
    model : Model
        Compiled and in training.
    path : path
        Replaced if it exists; it is there whole or not at all.
    epoch, batch : int
        Number of the epoch, and of batches that it has had.
    """
    content, state = training_state.standing(model)
    place = {"epoch": epoch, "batch": batch, "epoch_stream": list(model.epoch_stream)}
    arrays = {
        **native.weights_arrays(model),
        **{f"{_OPTIMIZER}{name}": array for name, array in state.items()},
    }
    if batch:
        found = gathered.get_state(model._objective)
        arrays.update({f"{_OBJECTIVE}{name}": array for name, array in found.items()})
    header = {"kind": "backup", "training": content, "place": place}
    archive.write(path, {**header, **native.weights_table(model)}, arrays)


def read_backup(model, path):
    """Put ``model`` where it stood at :func:`write_backup`; its ``fit`` goes on from there.

    Raises
    ------
    FormatError
        If the file is damaged, or of another model; ``model`` stays as it was then.
    """
    content, arrays = archive.read(path)
    if content.get("kind") != "backup":
        raise FormatError("is no backup of a run", path, key="kind")
    restart = _restart(content, arrays, path)
    before = model.get_weights()
    set_weights(model, native.stored_weights(content, arrays), path)
    try:
        if restart.batch:
            _check_metrics(model, restart, path)
        training = _in_names_of(model, content)
        training_state.stand(model, training, _part(arrays, _OPTIMIZER), path)
    except (FormatError, KeyError, TypeError, ValueError) as error:
        model.set_weights(before)
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"does not fit the model, {error}", path, key="training") from error
    model.restart = restart


def _restart(content, arrays, path):
    place = content.get("place")
    try:
        count = training_state.count
        return Restart(
            count(place["epoch"]),
            count(place["batch"]),
            tuple(count(part) for part in place["epoch_stream"]),
            tuple(count(part) for part in content["training"]["random"]),
            _part(arrays, _OBJECTIVE),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"must tell epoch and batch, {error}", path, key="place") from error


def _in_names_of(model, content):
    """The training's content with the model's own names: those given by counting may differ."""
    theirs = [label for _, labels in content["weights"] for label in labels]
    mine = [label for _, weights in weight_groups(model) for label, _ in weights]
    names = dict(zip(theirs, theirs if set(theirs) == set(mine) else mine))
    training, layers = content["training"], training_state.random_layers(model)
    weights = [names.get(label) for label in training["weights"]]
    states = dict(training["layers"])
    if len(states) == len(layers) and set(states) != set(layers):
        states = dict(zip(layers, states.values()))
    return {**training, "weights": weights, "layers": states}


def _check_metrics(model, restart, path):
    try:
        gathered.set_state(model._objective, restart.objective)  # fit forgets it and does it again
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"has other losses or metrics, {error}", path, key="objective") from error


def _part(arrays, prefix):
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
