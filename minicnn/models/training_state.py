"""Where a training run stands: compile arguments, optimizer, epoch, random streams."""

from .. import losses, metrics, optimizers, random
from ..errors import FormatError
from ..registry import custom_objects, serialize
from .weights import inner_layers, weight_groups


def describe(model):
    """``(content, arrays)`` of a compiled model's training, ``(None, {})`` of another's.

    ``content`` is plain data; functions are named by their names.
    """
    if model.compile_arguments is None:
        return None, {}
    content, arrays = standing(model)
    content = {
        "optimizer": serialize(model.optimizer),
        "compile": {name: serialize(value) for name, value in model.compile_arguments.items()},
        **content,
    }
    return content, arrays


def standing(model):
    """``(content, arrays)``: how far a compiled model's training has come."""
    state = model.optimizer.get_state()
    numbers = {name: value for name, value in state.items() if not hasattr(value, "dtype")}
    arrays = {name: value for name, value in state.items() if name not in numbers}
    content = {
        "epochs_done": model.epochs_done,
        "numbers": numbers,
        "weights": _optimized(model) if arrays else [],
        "random": list(random.get_state()),
        "layers": {path: list(layer.rng_state) for path, layer in random_layers(model).items()},
    }
    return content, arrays


def compile_from(model, arguments, file):
    """Compile ``model`` by arguments that a file describes.

    Raises
    ------
    FormatError
        If a name is unknown or a setting wrong.
    """
    try:
        model.compile(
            optimizer=arguments["optimizer"],
            loss=_made(arguments.get("loss"), losses),
            metrics=_made(arguments.get("metrics"), metrics),
            loss_weights=arguments.get("loss_weights"),
            weighted_metrics=_made(arguments.get("weighted_metrics"), metrics),
        )
    except (TypeError, ValueError) as error:
        raise FormatError(
            f"{error}; give what it names in custom_objects, or load with compile=False",
            file,
            key="compile",
        ) from error


def _made(value, module):
    """What the caller's own names mean, now: they are known only while the file is loaded."""
    if isinstance(value, str):
        return custom_objects().get(value, value)
    if isinstance(value, dict) and "class_name" in value:
        return module.get(value)
    if isinstance(value, dict):
        return {key: _made(item, module) for key, item in value.items()}
    return [_made(item, module) for item in value] if isinstance(value, list) else value


def restore(model, content, arrays, file):
    """Compile ``model`` and go on from :func:`describe`.

    Raises
    ------
    FormatError
        Naming what does not fit.
    """
    try:
        compile_from(model, {**content["compile"], "optimizer": content["optimizer"]}, file)
    except (KeyError, TypeError) as error:
        raise FormatError(f"does not fit the model, {error}", file, key="training") from error
    stand(model, content, arrays, file)


def stand(model, content, arrays, file):
    """Put a compiled model where :func:`standing` found it.

    Raises
    ------
    FormatError
        Naming what does not fit.
    """
    try:
        layers = random_layers(model)
        if set(layers) != set(content["layers"]):
            raise ValueError(f"random layers must be {sorted(layers)}")
        states = {path: [count(part) for part in content["layers"][path]] for path in layers}
        stream = [count(part) for part in content["random"]]
        epochs_done = count(content["epochs_done"])
        _restore_optimizer(model, content, arrays)
        for path, layer in layers.items():
            layer.rng_state = states[path]
        random.set_state(stream)
        model.epochs_done = epochs_done
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"does not fit the model, {error}", file, key="training") from error


def _optimized(model):
    """Labels of the weights in the optimizer's vectors, in their order."""
    labels = {id(w): label for _, weights in weight_groups(model) for label, w in weights}
    mine = model.optimizer.weights
    if any(id(weight) not in labels for weight in mine):
        raise ValueError(
            f"save: {model.label}: its optimizer holds weights of another model; compile anew, "
            "or save with include_optimizer=False"
        )
    return [labels[id(weight)] for weight in mine]


def _restore_optimizer(model, content, arrays):
    if content["weights"] and content["weights"] != _optimized(model):
        weights = {label: w for _, found in weight_groups(model) for label, w in found}
        model.optimizer.build([weights[label] for label in content["weights"]])
    model.optimizer.set_state({**content["numbers"], **arrays})


def random_layers(model):
    """``{path: layer}`` of every layer that keeps a random stream."""
    return dict(_random_layers(model, ""))


def _random_layers(model, path):
    for layer in inner_layers(model):
        where = f"{path}/{layer.name}"
        if hasattr(layer, "rng_state"):
            yield where, layer
        yield from _random_layers(layer, where)


def count(value):
    """``value``, if it is an integer of at least 0 that fits into 64 bits."""
    if type(value) is not int or not 0 <= value < 2**64:
        raise ValueError(f"must be an integer of at least 0, got {value!r}")
    return value


def keras_training(model):
    """Keras' training configuration of a compiled model, ``None`` of another."""
    if model.compile_arguments is None:
        return None
    settings = {name: serialize(value) for name, value in model.compile_arguments.items()}
    return {**settings, "sample_weight_mode": None, "optimizer_config": _keras_optimizer(model)}


def _keras_optimizer(model):
    described = serialize(model.optimizer)
    config = {name: value for name, value in described["config"].items() if name != "decay"}
    return {**described, "config": config}


def from_keras_training(training, plain):
    """Arguments of ``compile`` by Keras' training configuration, ``None`` if it has no optimizer.

    Parameters
    ----------
    training : dict
    plain : callable
        Frees a value of Keras' wrappings.
    """
    optimizer = training.get("optimizer_config", training.get("optimizer"))
    if optimizer is None:
        return None
    names = ("loss", "metrics", "loss_weights", "weighted_metrics")
    arguments = {name: plain(training.get(name)) for name in names}
    return {"optimizer": optimizers.get(plain(optimizer)), **arguments}
