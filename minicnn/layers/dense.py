"""The fully connected layer."""

import math

from minicnn_kernels import backend
from minicnn_kernels.contracts import arrays

from .activated import ActivatedLayer, check_flag, value_of
from .base import registry


@registry.register()
class Dense(ActivatedLayer):
    """``y = activation(x @ kernel + bias)`` over the last axis, whatever stands before it.

    Parameters
    ----------
    units : int
        Length of the output's last axis.
    activation : str or function, optional
    use_bias : bool
    kernel_initializer, bias_initializer : str or Initializer
        Default "glorot_uniform" and "zeros".
    kernel_regularizer, bias_regularizer, activity_regularizer : str or Regularizer, optional
    kernel_constraint, bias_constraint : str or Constraint, optional
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    Weights: ``kernel [in, units]``, ``bias [units]``.
    """

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activation, activity_regularizer, **kwargs)
        self.units = arrays.integer(self.label, "units", units, 1)
        self.use_bias = check_flag(self.label, "use_bias", use_bias)
        self._set_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None

    def output_shape(self, input_shape):
        self._features(input_shape)
        return (*input_shape[:-1], self.units)

    def build(self, input_shape):
        features = self._features(input_shape)
        self.kernel = self._add_ruled_weight("kernel", (features, self.units))
        if self.use_bias:
            self.bias = self._add_ruled_weight("bias", (self.units,))

    def linear_forward(self, x, training, activation="linear", weights=None):
        rows = self._enter(x)
        kernel, bias = weights or (self.kernel.value, value_of(self.bias))
        y = backend.of(x).dense_forward(None, rows, kernel, bias, activation)
        return y.reshape(*x.shape[:-1], self.units), (rows, x.shape)

    def linear_backward(self, dz, cache, needs_dx=True):
        x, shape = cache
        dz = self._enter(dz)
        ops = backend.of(dz)
        if self.is_learning(self.kernel):
            self.kernel.add_product(x, dz)
        self._add_bias_gradient(self.bias, dz)
        if not needs_dx:
            return None
        return ops.dense_backward_input(None, dz, self.kernel.value).reshape(shape)

    def scaled_weights(self, scale):
        """``(kernel, bias)`` of a layer whose output is ``scale`` times this one's."""
        bias = None if self.bias is None else self.bias.value * scale
        return self.kernel.value * scale, bias

    def _enter(self, array):
        """``array`` as the kernels take it: as rows."""
        if array.ndim == 2:
            return array
        return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])

    def _features(self, input_shape):
        """Length of the input's last axis, checked."""
        shape = tuple(input_shape)
        if len(shape) < 2 or isinstance(shape[0], (list, tuple)):
            raise ValueError(
                f"{self.label}: input must have at least 2 axes (batch, ..., features), "
                f"got input_shape {input_shape}"
            )
        features = shape[-1]
        if features is None or features < 1:
            raise ValueError(
                f"{self.label}: the last axis must have a known, positive length, "
                f"got input_shape {shape}"
            )
        if self.kernel is not None and self.kernel.shape[0] != features:
            raise ValueError(
                f"{self.label}: input must have {self.kernel.shape[0]} features, "
                f"got input_shape {shape}"
            )
        return features
