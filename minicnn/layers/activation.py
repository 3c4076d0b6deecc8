"""Activations as layers of their own: Activation, ReLU, LeakyReLU, PReLU, ELU, Softmax."""

import math

import numpy as np

from minicnn_kernels import backend
from minicnn_kernels.contracts import activations as contract

from .. import activations, constraints, initializers, regularizers
from ..graph.tensor import OPERATORS
from .base import Layer, registry
from .broadcasting import unbroadcast
from .operands import float_dtype


class _FunctionLayer(Layer):
    """Applies ``self.function``, an object of :mod:`minicnn.activations`."""

    def forward(self, x, training):
        return self.function.forward(x)

    def backward(self, dy, cache):
        return self.function.backward(dy, cache)

    def linear_forward(self, x, training):
        """The layer without its function, for a loss that takes it over."""
        return x, None

    def linear_backward(self, dz, cache, needs_dx=True):
        """Backward of :meth:`linear_forward`."""
        return dz

    def _number(self, name, value):
        """``value`` as a finite float of at least 0."""
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{self.label}: {name} must be a number, got {value!r}")
        if not 0 <= value < math.inf:
            raise ValueError(f"{self.label}: {name} must be at least 0 and finite, got {value}")
        return float(value)


@registry.register()
class Activation(_FunctionLayer):
    """Any activation by name or function.

    Parameters
    ----------
    activation : str, function or Activation
        See :func:`minicnn.activations.get`.
    parameters : list of float, optional
        In place of the activation's default ones, e.g. ``Activation("gelu", parameters=[1.0])``.
    """

    def __init__(self, activation, parameters=None, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.parameters = None if parameters is None else [float(p) for p in parameters]
        self.function = self.activation
        if parameters is not None:
            self.function = activations.Elementwise(self.activation.name, *self.parameters)


@registry.register()
class ReLU(_FunctionLayer):
    """``x`` up to ``max_value``; below ``threshold``, ``negative_slope * (x - threshold)``.

    Parameters
    ----------
    max_value : float, optional
        No limit by default.
    negative_slope, threshold : float
        Default 0.
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else self._number("max_value", max_value)
        self.negative_slope = self._number("negative_slope", negative_slope)
        self.threshold = self._number("threshold", threshold)
        limit = math.inf if max_value is None else self.max_value
        self.function = activations.Elementwise("relu", self.negative_slope, limit, self.threshold)


@registry.register()
class LeakyReLU(_FunctionLayer):
    """``x`` above 0, else ``negative_slope * x`` (Maas et al., 2013).

    Parameters
    ----------
    negative_slope : float
        Default 0.3, as in Keras; ``alpha=`` is its old name.
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = self._number("negative_slope", negative_slope)
        self.function = activations.Elementwise("relu", self.negative_slope)


@registry.register()
class ELU(_FunctionLayer):
    """``x`` above 0, else ``alpha * (exp(x) - 1)`` (Clevert et al., 2016); ``alpha`` 1."""

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = self._number("alpha", alpha)
        self.function = activations.Elementwise("elu", self.alpha)


@registry.register()
class Softmax(_FunctionLayer):
    """``exp(x) / sum exp(x)`` along ``axis`` (default -1, the channels)."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
            raise TypeError(f"{self.label}: axis must be an integer, got {axis!r}")
        self.axis = int(axis)
        self.function = activations.Softmax("softmax", self.axis)

    def output_shape(self, input_shape):
        if not -len(input_shape) <= self.axis < len(input_shape):
            raise ValueError(
                f"{self.label}: axis must name one of {len(input_shape)} axes, got {self.axis}"
            )
        return input_shape


@registry.register()
class PReLU(Layer):
    """``x`` above 0, else ``alpha * x`` with a learned ``alpha`` (He et al., 2015).

    Parameters
    ----------
    alpha_initializer, alpha_regularizer, alpha_constraint : object or name, optional
        Of the slopes, which start at 0.
    shared_axes : int or list of int, optional
        Axes (1 is the first behind the batch) along which one slope serves all, ``[1, 2]`` for one
        a channel. By default every element of a sample has its own.
    """

    def __init__(
        self,
        alpha_initializer="zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            shared_axes = [int(axis) for axis in np.atleast_1d(shared_axes)]
        self.shared_axes = shared_axes

    def build(self, input_shape):
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            if not 1 <= axis <= len(shape):
                raise ValueError(
                    f"{self.label}: shared_axes must lie in 1..{len(shape)}, got {self.shared_axes}"
                )
            shape[axis - 1] = 1
        if None in shape:
            raise ValueError(
                f"{self.label}: axes of unknown length must be in shared_axes, "
                f"got input_shape {tuple(input_shape)}"
            )
        self.alpha = self.add_weight(
            "alpha",
            tuple(shape),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )

    def output_shape(self, input_shape):
        if self.built:
            lengths = zip(self.alpha.shape, input_shape[1:])
            fits = len(input_shape) == len(self.alpha.shape) + 1
            if not fits or any(n not in (1, length) for n, length in lengths):
                raise ValueError(
                    f"{self.label}: input must fit slopes of shape {self.alpha.shape}, "
                    f"got input_shape {tuple(input_shape)}"
                )
        return input_shape

    def forward(self, x, training):
        self.output_shape(x.shape)
        slopes = self._repeated(x.shape)
        rows = x.reshape(-1 if x.size else 0, slopes.size)
        y = backend.of(x).prelu_forward(None, rows, slopes.ravel())
        return y.reshape(x.shape), rows

    def backward(self, dy, cache, needs_dx=True):
        slopes = self._repeated(dy.shape)
        ops = backend.of(dy)
        rows = np.ascontiguousarray(dy).reshape(cache.shape)
        if self.is_learning(self.alpha):
            gradient = ops.prelu_backward_weights(None, cache, rows).reshape(slopes.shape)
            own = self.alpha.shape[-slopes.ndim :]
            self.alpha.gradient()[...] += unbroadcast(gradient, own).reshape(self.alpha.shape)
        if not needs_dx:
            return None
        return ops.prelu_backward_input(None, rows, cache, slopes.ravel()).reshape(dy.shape)

    def _repeated(self, shape):
        """The slopes of the trailing axes, repeated where an axis within them is shared."""
        leading = 0
        while leading < len(shape) - 2 and leading + 1 in (self.shared_axes or ()):
            leading += 1
        slopes = self.alpha.value.reshape(self.alpha.shape[leading:])
        return np.broadcast_to(slopes, shape[1 + leading :])


def _activation_layer(x, activation):
    """The node for ``activation(x)`` on a symbolic tensor."""
    dtype = float_dtype(x)
    if isinstance(activation, activations.Softmax) and activation.name == "softmax":
        return Softmax(activation.axis, dtype=dtype)(x)
    if not isinstance(activation, activations.Elementwise):
        return Activation(activation, dtype=dtype)(x)
    kernel, parameters = activation.kernel, activation.parameters
    if parameters == contract.checked(kernel, kernel, ()):
        return Activation(activation, dtype=dtype)(x)
    if kernel == "relu":
        slope, limit, threshold = parameters
        return ReLU(None if limit == math.inf else limit, slope, threshold, dtype=dtype)(x)
    return Activation(kernel, parameters, dtype=dtype)(x)


OPERATORS["activation"] = _activation_layer
