"""A function as a layer."""

from ..registry import serialize
from .base import Layer, registry


@registry.register()
class Lambda(Layer):
    """Applies ``function``, which composes layers, operators and functions of :mod:`minicnn.nn`.

    The function runs once, on symbolic tensors; what it composed is what the layer computes and
    what its gradients go through. It holds no weights of its own that a file could restore: code
    is never saved and never loaded, so a model with a ``Lambda`` is rebuilt by its program and
    takes its weights from a file.

    Parameters
    ----------
    function : callable
        ``function(tensor)`` or ``function(tensor, **arguments)``; gets a list for several inputs.
    output_shape : tuple, optional
        Without the batch axis; only checked, the shape is known from what was composed.
    mask : None
        Keras' third argument: there are no masks.
    arguments : dict, optional

    Examples
    --------
    >>> import numpy as np
    >>> Lambda(lambda x: x / 2 + 1)(np.array([[2.0, 4.0]]))
    array([[2., 3.]], dtype=float32)
    """

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        if not callable(function):
            raise TypeError(
                f"Lambda: function must be callable, got {function!r} "
                f"(code is never loaded from a configuration)"
            )
        super().__init__(**kwargs)
        if mask is not None:
            raise ValueError(f"{self.label}: mask must be None, got {mask!r}")
        self.function = function
        self.arguments = dict(arguments or {})
        self.declared_shape = None if output_shape is None else tuple(output_shape)

    def output_shape(self, input_shape):
        shape = super().output_shape(input_shape)
        if self.declared_shape is not None and tuple(shape[1:]) != self.declared_shape:
            raise ValueError(
                f"{self.label}: output_shape says {self.declared_shape}, "
                f"the function gives {tuple(shape[1:])}"
            )
        return shape

    def call(self, inputs):
        return self.function(inputs, **self.arguments)

    def get_config(self):
        """Plain data that names the function for the reader; :meth:`from_config` refuses it."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            "function": getattr(self.function, "__name__", type(self.function).__name__),
            "arguments": serialize(self.arguments),
        }
