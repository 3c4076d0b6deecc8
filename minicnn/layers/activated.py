"""Layers that end in an activation: the linear part is theirs, the rest is written here once."""

import numpy as np

from minicnn_kernels import backend

from .. import activations, constraints, initializers, regularizers
from .base import Layer, registry


class ActivatedLayer(Layer):
    """Base of layers with an ``activation`` argument.

    A subclass writes ``linear_forward(x, training, activation="linear")``, whose result must be a
    fresh array, and ``linear_backward(dz, cache, needs_dx=True)``. ``activation`` is one that the
    kernel applies in its last step; a layer whose kernel knows none sets ``fused = ()``. What
    ``options`` they take beside these is between them and :mod:`minicnn.layers.fused`.

    Parameters
    ----------
    activation : str, function, Layer or None
        See :func:`minicnn.activations.get`.
    activity_regularizer : str, Regularizer or None
        Penalty on the output, divided by the batch size as in Keras. Its gradient is added in
        :meth:`backward`; its value goes to :func:`minicnn.regularizers.activity_penalties`.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.
    """

    fused: tuple[str, ...] = ("relu", "relu6")

    def __init__(self, activation=None, activity_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.activation = activation
        self.activity_regularizer = regularizers.get(activity_regularizer)

    @property
    def activation(self):
        """The :class:`~minicnn.activations.Activation`; what :func:`activations.get` takes."""
        return self._activation

    @activation.setter
    def activation(self, value):
        if isinstance(value, dict) and value.get("class_name") in registry:
            value = registry.get(value)  # a layer that stands as an activation
        self._activation = activations.get(value)

    def forward(self, x, training):
        return self.activated_forward(x, training, self._activation)

    def backward(self, dy, cache, needs_dx=True):
        return self.activated_backward(dy, cache, self._activation, needs_dx)

    def activated_forward(self, x, training, activation, **options):
        """:meth:`forward` with any activation; ``options`` are those of ``linear_forward``."""
        name = activation.rectifier
        if name in self.fused:
            y, cache = self.linear_forward(x, training, activation=name, **options)
            kept = y
        else:
            z, cache = self.linear_forward(x, training, **options)
            y, kept = activation.forward(z, in_place=True)
        if self.activity_regularizer is None:
            return y, (cache, kept, None)
        penalty = self.activity_regularizer(y) / max(len(y), 1)
        regularizers.report_activity(penalty)
        return y, (cache, kept, y)

    def activated_backward(self, dy, cache, activation, needs_dx=True, **options):
        """Backward of :meth:`activated_forward`; ``options`` are those of ``linear_backward``."""
        dz = self.linear_gradient(dy, cache, activation)
        return self.linear_backward(dz, cache[0], needs_dx, **options)

    def linear_gradient(self, dy, cache, activation):
        """The gradient of what entered the activation, from that of its output."""
        _, kept, y = cache
        if y is not None:
            share = y.dtype.type(1 / max(len(y), 1))
            dy = dy + self.activity_regularizer.gradient(y) * share
        return activation.backward(dy, kept)

    def _add_bias_gradient(self, bias, dz):
        """Add to the gradient of ``bias``, which may be ``None`` or frozen, the sums of ``dz``."""
        if self.is_learning(bias):
            db, add = bias.gradient_target()
            backend.of(dz).bias_backward(db, dz, add)

    def _set_rules(self, name, initializer, regularizer, constraint):
        """Keep the three arguments of weight ``name`` under Keras' names of them."""
        setattr(self, f"{name}_initializer", initializers.get(initializer))
        setattr(self, f"{name}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{name}_constraint", constraints.get(constraint))

    def _add_ruled_weight(self, name, shape, weight_name=None):
        """Make the weight that :meth:`_set_rules` described."""
        return self.add_weight(
            weight_name or name,
            shape,
            getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
        )

    def linear_forward(self, x, training, activation="linear"):
        """``(z, cache)``: the layer without its activation, ``z`` a fresh array."""
        raise TypeError(f"{self.label}: must define linear_forward(x, training, activation)")

    def linear_backward(self, dz, cache, needs_dx=True):
        """Add to the weights' gradients; return that of the input."""
        raise TypeError(f"{self.label}: must define linear_backward(dz, cache, needs_dx)")

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self._activation)}


def value_of(weight):
    """The array of a weight, ``None`` for ``None``."""
    return None if weight is None else weight.value


def check_flag(label, name, value):
    """``value`` as ``bool``; ``TypeError`` for anything else."""
    if not isinstance(value, (bool, np.bool_)) and value not in (0, 1):
        raise TypeError(f"{label}: {name} must be True or False, got {value!r}")
    return bool(value)
