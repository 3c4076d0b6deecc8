"""Batch normalization over any axis, and layer normalization."""

import numpy as np

from minicnn_kernels import backend

from .. import initializers
from .activated import value_of
from .base import registry
from .scaled import ScaledLayer


@registry.register()
class BatchNormalization(ScaledLayer):
    """``y = gamma * (x - mean) / sqrt(variance + epsilon) + beta``, channel by channel.

    In training mean and variance are those of the batch, and the moving statistics follow them:
    ``moving = momentum * moving + (1 - momentum) * batch`` (biased variance, as in Keras 3). At
    inference, and wherever the layer is not trainable, the moving statistics are used.

    Parameters
    ----------
    axis : int
        The channels, default -1.
    momentum : float
        In [0, 1], default 0.99.
    epsilon : float
        Default 1e-3.
    center, scale : bool
        Whether there is a ``beta``, a ``gamma``.
    moving_mean_initializer, moving_variance_initializer : object or name
    synchronized : bool
        Kept for Keras' sake: there is one device, so the statistics always span the batch.
    **kwargs
        Initializers, regularizers and constraints of beta and gamma; see :class:`ScaledLayer`.

    References
    ----------
    Ioffe and Szegedy 2015, *Batch normalization*, algorithms 1 and 2.
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        synchronized=False,
        **kwargs,
    ):
        super().__init__(epsilon, center, scale, beta_initializer, gamma_initializer, **kwargs)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]  # Keras 2 wrote lists
        if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
            raise TypeError(f"{self.label}: axis must be an integer, got {axis!r}")
        self.axis = int(axis)
        self.synchronized = bool(synchronized)
        self.momentum = self._number("momentum", momentum, 1)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def output_shape(self, input_shape):
        axis = self.checked_axis(self.axis, input_shape)
        if self.built and input_shape[axis] != self.moving_mean.size:
            raise ValueError(
                f"{self.label}: axis {self.axis} must have length {self.moving_mean.size}, "
                f"got input_shape {tuple(input_shape)}"
            )
        return input_shape

    def build(self, input_shape):
        shape = (input_shape[self.checked_axis(self.axis, input_shape)],)
        self.add_scale_and_shift(shape)
        self.moving_mean = self.add_weight(
            "moving_mean", shape, self.moving_mean_initializer, trainable=False
        )
        self.moving_variance = self.add_weight(
            "moving_variance", shape, self.moving_variance_initializer, trainable=False
        )

    def forward(self, x, training, activation="linear", residual=None, in_place=False):
        """As of any layer, followed by more in the same pass.

        Parameters
        ----------
        x : array
        training : bool
        activation : {"linear", "relu", "relu6"}
        residual : array, optional
            Added before the activation, shaped as ``x``; :meth:`backward` then returns the
            gradients of both.
        in_place : bool
            At inference, the result may take the memory of ``x``.
        """
        self.output_shape(x.shape)
        rows = self._rows(x)
        gamma, beta = value_of(self.gamma), value_of(self.beta)
        ops, more = backend.of(x), (activation, None if residual is None else self._rows(residual))
        training = self.is_batch_mode(training)
        if training:
            if not x.size:
                raise ValueError(f"{self.label}: training needs a batch, got shape {x.shape}")
            y, mean, variance = ops.batch_norm_forward(
                None, None, None, rows, gamma, beta, self.epsilon, *more
            )
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        else:
            # Copies: the statistics may move before this pass goes backward.
            mean, variance = self.moving_mean.numpy(), self.moving_variance.numpy()
            target = rows if in_place and rows.flags.carray else None
            y = ops.batch_norm_inference(
                target, rows, gamma, beta, mean, variance, self.epsilon, *more
            )
        kept = None if residual is None else y
        cache = rows, mean, variance, training, activation, kept, x.shape
        return self._restored(y, x.shape), cache

    def again(self, cache):
        """The output of the pass that left ``cache``, to the same bits; not one with a residual."""
        rows, mean, variance, _, activation, _, shape = cache
        y = backend.of(rows).batch_norm_inference(
            *(None, rows, value_of(self.gamma), value_of(self.beta), mean, variance),
            *(self.epsilon, activation),
        )
        return self._restored(y, shape)

    def is_batch_mode(self, training):
        """Whether mean and variance are those of the batch."""
        return bool(training and self.trainable)

    def _follow(self, moving, batch):
        moving.value *= self.momentum
        moving.value += (1 - self.momentum) * batch

    def backward(self, dy, cache):
        rows, mean, variance, training, activation, y, _ = cache
        ops, dz = backend.of(dy), self._rows(dy)
        if y is not None and activation != "linear":
            dz = ops.activation_backward(None, dz, None, y, activation)
        dx, _, _ = ops.batch_norm_backward(
            None,
            self.gradient_of(self.gamma),
            self.gradient_of(self.beta),
            dz,
            rows,
            mean,
            variance,
            value_of(self.gamma),
            self.epsilon,
            training,
            "linear" if y is not None else activation,
            value_of(self.beta),
        )
        dx = self._restored(dx, dy.shape)
        return dx if y is None else (dx, self._restored(dz, dy.shape))

    def affine(self):
        """``(scale, shift)`` such that, with the moving statistics, ``y = scale x + shift``."""
        with np.errstate(all="ignore"):
            scale = 1 / np.sqrt(self.moving_variance.value.astype(float) + self.epsilon)
            scale = scale if self.gamma is None else self.gamma.value * scale
            shift = -self.moving_mean.value * scale
            shift = shift if self.beta is None else self.beta.value + shift
        return scale.astype(self.dtype), shift.astype(self.dtype)

    def _rows(self, x):
        """``x`` as ``[M, C]``, the channels last."""
        axis = self.axis % x.ndim
        moved = x if axis == x.ndim - 1 else np.moveaxis(x, axis, -1)
        return np.ascontiguousarray(moved).reshape(-1 if x.size else 0, x.shape[axis])

    def _restored(self, rows, shape):
        axis = self.axis % len(shape)
        if axis == len(shape) - 1:
            return rows.reshape(shape)
        lengths = (*shape[:axis], *shape[axis + 1 :], shape[axis])
        return np.ascontiguousarray(np.moveaxis(rows.reshape(lengths), -1, axis))


@registry.register()
class LayerNormalization(ScaledLayer):
    """``y = gamma * (x - mean) / sqrt(variance + epsilon) + beta``, sample by sample.

    Parameters
    ----------
    axis : int or list of int
        Axes over which mean and variance are taken, default -1.
    epsilon : float
        Default 1e-3.
    center, scale : bool
        Whether there is a ``beta``, a ``gamma``; their shape is that of the axes.
    **kwargs
        Initializers, regularizers and constraints of beta and gamma; see :class:`ScaledLayer`.

    References
    ----------
    Ba, Kiros and Hinton 2016, *Layer normalization*.
    """

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, **kwargs):
        super().__init__(epsilon, center, scale, **kwargs)
        self.axis = [int(a) for a in axis] if isinstance(axis, (list, tuple)) else int(axis)

    def output_shape(self, input_shape):
        self._axes(input_shape)
        return input_shape

    def _axes(self, shape):
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        return tuple(sorted(self.checked_axis(axis, shape) for axis in axes))

    def build(self, input_shape):
        self.add_scale_and_shift(tuple(input_shape[axis] for axis in self._axes(input_shape)))

    def forward(self, x, training):
        axes = self._axes(x.shape)
        centred = x - x.mean(axis=axes, keepdims=True)
        variance = np.mean(np.square(centred), axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))
        unit = centred * inverse
        y = unit
        if self.gamma is not None:
            y = y * self._spread(self.gamma, x.shape, axes)
        if self.beta is not None:
            y = y + self._spread(self.beta, x.shape, axes)
        return y, (unit, inverse, axes)

    def backward(self, dy, cache):
        unit, inverse, axes = cache
        others = tuple(axis for axis in range(dy.ndim) if axis not in axes)
        if self.is_learning(self.beta):
            self.beta.gradient()[...] += dy.sum(axis=others)
        if self.is_learning(self.gamma):
            self.gamma.gradient()[...] += (dy * unit).sum(axis=others)
        if self.gamma is not None:
            dy = dy * self._spread(self.gamma, dy.shape, axes)
        mean = dy.mean(axis=axes, keepdims=True)
        along = (dy * unit).mean(axis=axes, keepdims=True)
        return inverse * (dy - mean - unit * along)

    def _spread(self, weight, shape, axes):
        return weight.value.reshape([n if i in axes else 1 for i, n in enumerate(shape)])
