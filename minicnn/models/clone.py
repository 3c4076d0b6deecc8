"""A model again, with weights of its own."""

from ..registry import custom_object_scope


def clone_model(model):
    """A new model of the same architecture, with newly initialized weights and no compilation.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Model
        Layers have the same names; none is shared with ``model``.
    """
    with custom_object_scope(_classes(model)):
        return type(model).from_config(model.get_config())


def _classes(layer):
    """Classes of all layers inside, by name: those of the caller's own are known already."""
    found = {type(layer).__name__: type(layer)}
    for inner in layer.sublayers:
        found.update(_classes(inner))
    return found
