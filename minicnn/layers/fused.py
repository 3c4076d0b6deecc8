"""Chains of layers that run as one step; :mod:`minicnn.graph.fusion` finds them.

A chain asks before every pass whether its layers still fit together (``fits``): an activation or a
dtype may have been changed since. Types stand in the table below exactly, since a subclass may
compute something else.
"""

import math

import numpy as np

from minicnn_kernels.capture import is_constant

from .. import activations
from ..graph import fusion
from .activation import ELU, Activation, LeakyReLU, ReLU
from .convolution import Conv1D, Conv2D, Conv3D
from .dense import Dense
from .depthwise import DepthwiseConv1D, DepthwiseConv2D
from .merging import Add
from .normalization import BatchNormalization
from .padding import ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from .pooling import MaxPooling1D, MaxPooling2D, MaxPooling3D
from .recomputed import RecomputedChain
from .separable import SeparableConv1D, SeparableConv2D
from .windows import Window

_LINEAR = (
    *(Conv1D, Conv2D, Conv3D, Dense, DepthwiseConv1D, DepthwiseConv2D),
    *(SeparableConv1D, SeparableConv2D),
)
_MEMBERS = {
    "padding": (ZeroPadding1D, ZeroPadding2D, ZeroPadding3D),
    "linear": _LINEAR,
    "normalization": (BatchNormalization,),
    "sum": (Add,),
    "activation": (Activation, ReLU, LeakyReLU, ELU),
    "pooling": (MaxPooling1D, MaxPooling2D, MaxPooling3D),
}
_IDENTITY = activations.get("linear")


class _LinearChain:
    """``[padding] linear [activation]``: the zeros are the window's, the activation the layer's."""

    def __init__(self, linear, padding=None, activation=None):
        self.linear = self.layer = linear
        self.padding, self.activation = padding, activation
        self.windows = {}

    def fits(self, xs, training):
        linear = self.linear
        if self.activation is not None and not (
            linear.activation is _IDENTITY
            and linear.activity_regularizer is None
            and isinstance(self.activation.function, activations.Elementwise)
        ):
            return False
        return self.padding is None or (
            linear.padding == "valid" and linear.data_format == self.padding.data_format
        )

    def forward(self, xs, training):
        function = self._function()
        return self.linear.activated_forward(xs[0], training, function, **self.options())

    def backward(self, dy, cache, wanted):
        return self.linear_backward(self.linear_gradient(dy, cache), cache, wanted)

    def linear_gradient(self, dy, cache):
        """The gradient of what leaves the linear layer; its input is not looked at."""
        return self.linear.linear_gradient(dy, cache, self._function())

    def linear_backward(self, dz, cache, wanted):
        """The rest of :meth:`backward`."""
        return [self.linear.linear_backward(dz, cache[0], wanted[0], **self.options())]

    def is_repeatable(self):
        """Whether :meth:`again` leaves no traces: a penalty would be counted twice."""
        return self.linear.activity_regularizer is None

    def without_output(self, xs, cache):
        """What :meth:`again` needs of a forward pass on ``xs`` that left ``cache``."""
        return xs

    def again(self, xs):
        """``(y, cache)`` of :meth:`forward` once more."""
        return self.forward(xs, True)

    def without_input(self, cache):
        """``cache`` of :meth:`forward` without the array that :meth:`with_input` puts in again."""
        (_, *others), *rest = cache
        return (None, *others), *rest

    def with_input(self, cache, x):
        """What :meth:`without_input` was given, from what it returned and the input."""
        (_, *others), *rest = cache
        return (self.linear._enter(x), *others), *rest

    @property
    def products(self):
        """In how many products an input takes part, if none is skipped and no border near."""
        shape = self.linear.weights[0].shape
        return math.prod(shape[:-2]) * shape[-1] // getattr(self.linear, "groups", 1)

    def options(self):
        """The window that pads, if there is a padding."""
        if self.padding is None:
            return {}
        pairs = self.padding.padding
        if pairs not in self.windows:
            layer, old = self.linear, self.linear.window
            self.windows[pairs] = Window(
                *(layer.label, old.rank, old.name, old.size, old.strides, pairs, old.dilations)
            )
        return {"window": self.windows[pairs]}

    def _function(self):
        return self.linear.activation if self.activation is None else self.activation.function


class _PooledChain(_LinearChain):
    """``[padding] linear [activation] pooling``: the maps before the pooling are not kept.

    The derivative is taken where a maximum was found, by the maximum: ``f'`` of an activation that
    knows it from its output. The other places have no gradient.
    """

    def __init__(self, linear, pooling, padding=None, activation=None):
        super().__init__(linear, padding, activation)
        self.pooling = pooling

    def fits(self, xs, training):
        function = self._function()
        derived = function is _IDENTITY or getattr(function, "keeps_output", False)
        return (
            derived
            and self.linear.activity_regularizer is None
            and self.pooling.dtype == self.linear.dtype
            and super().fits(xs, training)
        )

    def forward(self, xs, training):
        y, (cache, *_) = super().forward(xs, training)
        largest, places = self.pooling.forward(y, training)
        return largest, (cache, largest, places)

    def linear_gradient(self, dy, cache):
        _, largest, places = cache
        return self.pooling.backward(self._function().backward(dy, largest), places)


class _NormalizationChain:
    """``normalization [sum] [activation]``: the summand and the activation in the second pass."""

    def __init__(self, normalization, sum=None, activation=None):
        self.normalization = self.layer = normalization
        self.sum, self.activation = sum, activation

    def fits(self, xs, training):
        if self.activation is not None and self.activation.function.rectifier is None:
            return False
        alike = all(x.shape == xs[0].shape and x.dtype == xs[0].dtype for x in xs)
        return alike and all(layer.dtype == xs[0].dtype for layer in self._layers())

    def forward(self, xs, training):
        return self.normalization.forward(xs[0], training, self.kernel(), *xs[1:])

    def backward(self, dy, cache, wanted):
        dxs = self.normalization.backward(dy, cache)
        return dxs if isinstance(dxs, tuple) else [dxs]

    def is_repeatable(self):
        """Always: statistics are counted once."""
        return True

    def without_output(self, xs, cache):
        """What :meth:`again` needs of a forward pass on ``xs`` that left ``cache``."""
        return cache

    def again(self, cache):
        """``(y, cache)`` of :meth:`forward` once more; without a sum."""
        return self.normalization.again(cache), cache

    def kernel(self):
        """Name of the activation."""
        return "linear" if self.activation is None else self.activation.function.rectifier

    def _layers(self):
        return [self.normalization] + [x for x in (self.sum, self.activation) if x is not None]


class _FoldedChain:
    """A linear layer and what follows with fixed statistics; never goes backward.

    Where the output outweighs the weights, these are scaled instead of it: anew in every pass,
    so that they are never those of yesterday. A pass that is captured scales them once.
    """

    def __init__(self, linear, normalization, padding=None, sum=None, activation=None):
        self.linear, self.normalization = linear, normalization
        self.first = _LinearChain(linear, padding)
        self.rest = _NormalizationChain(normalization, sum, activation)

    def fits(self, xs, training):
        linear = self.linear
        return (
            linear.activation is _IDENTITY
            and linear.activity_regularizer is None
            and not self.normalization.is_batch_mode(training)
            and self.first.fits(xs, training)
            and self.rest.fits(xs[:1], training)
            and linear.dtype == self.normalization.dtype
            and self._normalizes_channels()
            and all(x.shape == self._output_shape(xs[0]) for x in xs[1:])
        )

    def forward(self, xs, training):
        if len(xs) == 1 and self._favours_folding(xs[0]):
            scale, shift = self.normalization.affine()
            if np.isfinite(scale).all():
                return self._folded(xs[0], training, scale, shift), None
        z, _ = self.first.forward(xs[:1], training)
        return self.normalization.forward(z, training, self.rest.kernel(), *xs[1:], in_place=True)

    def _folded(self, x, training, scale, shift):
        kernel, bias = self.linear.scaled_weights(scale)
        weights = kernel, shift if bias is None else bias + shift
        activation = self.rest.activation
        function = _IDENTITY if activation is None else activation.function
        options = {**self.first.options(), "weights": weights}
        return self.linear.activated_forward(x, training, function, **options)[0]

    def _favours_folding(self, x):
        weights = self.linear.weights
        if is_constant(weights[0].value):
            return True
        return math.prod(self._output_shape(x)) > sum(weight.size for weight in weights)

    def _output_shape(self, x):
        shape = x.shape
        if self.first.padding is not None:
            shape = self.first.padding.output_shape(shape)
        return self.linear.output_shape(shape)

    def _normalizes_channels(self):
        """Whether the axis of the normalization is that of the filters."""
        rank = getattr(self.linear, "rank", None)
        axis, last = self.normalization.axis, getattr(self.linear, "data_format", None)
        if last in (None, "channels_last"):
            return axis == -1 or (rank is not None and axis == rank + 1)
        return axis in (1, -1 - rank)


fusion.ROLES.update((kind, role) for role, kinds in _MEMBERS.items() for kind in kinds)
fusion.RUNNERS.update(
    linear=_LinearChain,
    pooled=_PooledChain,
    normalization=_NormalizationChain,
    recomputed=RecomputedChain,
    folded=_FoldedChain,
)
