"""Separable convolutions: depthwise in space, then 1x1 across channels."""

from minicnn_kernels import backend
from minicnn_kernels.contracts import arrays

from . import recomputed
from .activated import ActivatedLayer, check_flag, value_of
from .base import registry
from .depthwise import depthwise_backward
from .windowed import Windowed


class SeparableConvolution(Windowed, ActivatedLayer):
    """A depthwise convolution followed by a 1x1 convolution, with nothing between them.

    Large maps between the two are not kept for the backward pass, but made again there.

    Base of ``SeparableConv1D`` and ``SeparableConv2D``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size, strides : int or tuple of int
        Of the depthwise part.
    padding : str or tuple
        As of :class:`~minicnn.layers.Conv2D`; "causal" for one axis.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int or tuple of int
    depth_multiplier : int
        Filters of each channel in the depthwise part.
    activation, use_bias : optional
    depthwise_initializer, pointwise_initializer, bias_initializer : str or Initializer
    depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer : optional
    depthwise_constraint, pointwise_constraint, bias_constraint : optional
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    Weights: ``depthwise_kernel [*kernel_size, channels, depth_multiplier]``,
    ``pointwise_kernel [1, ..., channels * depth_multiplier, filters]``, ``bias [filters]``.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activation, activity_regularizer, **kwargs)
        label = self.label
        self.filters = arrays.integer(label, "filters", filters, 1)
        causal = self.rank == 1
        self._set_window(
            "kernel_size", kernel_size, strides, padding, data_format, dilation_rate, causal
        )
        self.dilation_rate = self.window.dilations
        self.depth_multiplier = arrays.integer(label, "depth_multiplier", depth_multiplier, 1)
        self.use_bias = check_flag(label, "use_bias", use_bias)
        self._set_rules(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self._set_rules(
            "pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint
        )
        self._set_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.depthwise_kernel = self.pointwise_kernel = self.bias = None

    def output_shape(self, input_shape):
        expected = None if self.depthwise_kernel is None else self.depthwise_kernel.shape[-2]
        batch, spatial, _ = self._split(input_shape, expected)
        return self._join(batch, self.window.output(self.label, spatial, input_shape), self.filters)

    def build(self, input_shape):
        self.output_shape(input_shape)
        channels = self._known_channels(input_shape)
        self.depthwise_kernel = self._add_ruled_weight(
            "depthwise", (*self.kernel_size, channels, self.depth_multiplier), "depthwise_kernel"
        )
        self.pointwise_kernel = self._add_ruled_weight(
            "pointwise",
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            "pointwise_kernel",
        )
        if self.use_bias:
            self.bias = self._add_ruled_weight("bias", (self.filters,))

    def linear_forward(self, x, training, activation="linear", window=None, weights=None):
        x, window = self._enter(x), window or self.window
        pointwise, bias = weights or (self.pointwise_kernel.value, value_of(self.bias))
        middle = self._depthwise(x, window)
        y = backend.of(x).conv2d_forward(
            None,
            middle,
            window.lift_kernel(pointwise),
            bias,
            activation=activation,
        )
        return self._leave(y), (x, middle if middle.nbytes < recomputed.LEAST_BYTES else None)

    def _depthwise(self, x, window):
        """What lies between the two convolutions."""
        return backend.of(x).depthwise_conv2d_forward(
            None,
            x,
            window.lift_kernel(self.depthwise_kernel.value),
            None,
            *window.geometry(x.shape[1:-1]),
        )

    def linear_backward(self, dz, cache, needs_dx=True, window=None):
        (x, middle), window = cache, window or self.window
        dz = self._enter(dz)
        ops = backend.of(dz)
        self._add_bias_gradient(self.bias, dz)
        if self.is_learning(self.pointwise_kernel):
            if middle is None:
                middle = self._depthwise(x, window)
            dw, add = self.pointwise_kernel.gradient_target()
            ops.conv2d_backward_weights(window.lift_kernel(dw), middle, dz, (1, 1), add=add)
        del cache, middle  # back to the pool, for what comes next
        learning = self.is_learning(self.depthwise_kernel)
        if not (learning or needs_dx):
            return None
        w = window.lift_kernel(self.pointwise_kernel.value)
        dmiddle = ops.conv2d_backward_input(None, dz, w, dz.shape[1:-1])
        dx = depthwise_backward(window, self.depthwise_kernel, x, dmiddle, learning, needs_dx)
        return self._leave(dx) if needs_dx else None

    def scaled_weights(self, scale):
        """``(pointwise_kernel, bias)`` of a layer whose output is ``scale`` times this one's."""
        bias = None if self.bias is None else self.bias.value * scale
        return self.pointwise_kernel.value * scale, bias


@registry.register("SeparableConvolution1D")
class SeparableConv1D(SeparableConvolution):
    """Separable convolution of ``[N, W, C]``; arguments as of :class:`SeparableConvolution`."""

    rank = 1


@registry.register("SeparableConvolution2D")
class SeparableConv2D(SeparableConvolution):
    """Separable convolution of ``[N, H, W, C]``; arguments as of :class:`SeparableConvolution`.

    >>> layer = SeparableConv2D(16, 3, padding="same")
    >>> layer.build((None, 8, 8, 4))
    >>> layer.count_params()
    116
    """
