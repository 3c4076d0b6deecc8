"""Predictions with what a pass repeats left out: a model prepared for one batch size."""

import threading

import numpy as np

from minicnn_kernels.contracts import arrays

from ..graph.captured import CapturedNetwork


class Predictor:
    """The outputs of a model as it is now; made by :meth:`Model.predictor`.

    Parameters
    ----------
    model : Model
    batch_size : int
        How many it computes at a time.

    Raises
    ------
    ValueError
        If an input has a size that is not fixed, or ``batch_size`` is not positive.
    """

    def __init__(self, model, batch_size=1):
        self._model, self.label = model, f"Predictor of {model.label}"
        self.batch_size = arrays.integer(self.label, "batch_size", batch_size, 1)
        tensors = model.network.inputs
        for tensor, name in zip(tensors, model.input_names):
            if None in tensor.shape[1:]:
                raise ValueError(
                    f"{self.label}: input {name!r} must have a fixed size, its shape is "
                    f"{tensor.shape}"
                )
        shapes = [(self.batch_size, *tensor.shape[1:]) for tensor in tensors]
        network = model._network(False)
        self._captured = CapturedNetwork(network, shapes, [tensor.dtype for tensor in tensors])
        self._lock = threading.Lock()

    def __call__(self, x):
        """The model's outputs.

        Parameters
        ----------
        x : array, or list or dict of arrays, as the model takes them
            Of any length: computed ``batch_size`` at a time.

        Returns
        -------
        ndarray, or list or dict of ndarray
            New arrays, in the form of the model's outputs.

        Raises
        ------
        ValueError, TypeError
            If ``x`` does not fit the inputs, or they differ in length.
        """
        given = self._given(x)
        with self._lock:
            if len(given[0]) == self.batch_size:
                outputs = self._batch(given)
            else:
                outputs = self._batches(given)
        return self._model._like_outputs(outputs)

    @property
    def allocated_bytes(self):
        """Memory of all that lies between inputs and outputs, and of prepared weights."""
        return self._captured.allocated_bytes

    def _given(self, x):
        first, *others = self._captured.inputs
        array = isinstance(x, np.ndarray) and not others
        if array and x.shape == first.shape and x.dtype == first.dtype:
            return [x]  # nothing to look at
        given = self._model.standardize_inputs(x)
        lengths = [len(array) for array in given]
        if len(set(lengths)) > 1:
            raise ValueError(f"{self.label}: inputs must be equally many, got {lengths}")
        return given

    def _batch(self, given):
        for target, array in zip(self._captured.inputs, given):
            target[: len(array)] = array
        self._captured.run()
        return [y[: len(given[0])].copy() for y in self._captured.outputs]

    def _batches(self, given):
        count = len(given[0])
        outputs = [np.empty((count, *y.shape[1:]), y.dtype) for y in self._captured.outputs]
        for first in range(0, count, self.batch_size):
            batch = slice(first, min(first + self.batch_size, count))
            for y, part in zip(outputs, self._batch([array[batch] for array in given])):
                y[batch] = part
        return outputs
