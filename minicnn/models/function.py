"""Keras' ``backend.function``: the values of any tensors of a graph, as a sub-model."""

from .model import Model


def function(inputs, outputs):
    """A callable that computes ``outputs`` from ``inputs``.

    Parameters
    ----------
    inputs, outputs : list of SymbolicTensor

    Returns
    -------
    callable
        Takes a list of arrays, returns a list of arrays (inference mode).
    """
    inputs, outputs = list(inputs), list(outputs)
    model = Model(inputs, outputs)

    def compute(arrays):
        result = model(list(arrays) if len(inputs) > 1 else arrays[0])
        return result if len(outputs) > 1 else [result]

    return compute
