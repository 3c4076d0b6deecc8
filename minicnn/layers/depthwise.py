"""Depthwise convolutions: every channel is convolved on its own."""

from minicnn_kernels import backend
from minicnn_kernels.contracts import arrays

from .activated import ActivatedLayer, check_flag, value_of
from .base import registry
from .windowed import Windowed


class DepthwiseConvolution(Windowed, ActivatedLayer):
    """Filter ``m`` of channel ``c`` writes channel ``c * depth_multiplier + m``.

    Base of ``DepthwiseConv1D`` and ``DepthwiseConv2D``.

    Parameters
    ----------
    kernel_size, strides : int or tuple of int
        Strides may differ between the axes.
    padding : str or tuple
        As of :class:`~minicnn.layers.Conv2D`, without "causal".
    depth_multiplier : int
        Filters of each channel.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int or tuple of int
    activation, use_bias : optional
    depthwise_initializer, bias_initializer : str or Initializer
        Default "glorot_uniform" and "zeros".
    depthwise_regularizer, bias_regularizer, activity_regularizer : str or Regularizer, optional
    depthwise_constraint, bias_constraint : str or Constraint, optional
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    Weights: ``kernel [*kernel_size, channels, depth_multiplier]``,
    ``bias [channels * depth_multiplier]``.
    """

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activation, activity_regularizer, **kwargs)
        label = self.label
        self._set_window("kernel_size", kernel_size, strides, padding, data_format, dilation_rate)
        self.dilation_rate = self.window.dilations
        self.depth_multiplier = arrays.integer(label, "depth_multiplier", depth_multiplier, 1)
        self.use_bias = check_flag(label, "use_bias", use_bias)
        self._set_rules(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self._set_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None

    @property
    def depthwise_kernel(self):
        """The name that Keras 2 had for :attr:`kernel`."""
        return self.kernel

    def output_shape(self, input_shape):
        expected = None if self.kernel is None else self.kernel.shape[-2]
        batch, spatial, channels = self._split(input_shape, expected)
        out = self.window.output(self.label, spatial, input_shape)
        return self._join(
            batch, out, None if channels is None else channels * self.depth_multiplier
        )

    def build(self, input_shape):
        self.output_shape(input_shape)
        channels = self._known_channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._add_ruled_weight("depthwise", shape, "kernel")
        if self.use_bias:
            self.bias = self._add_ruled_weight("bias", (channels * self.depth_multiplier,))

    def linear_forward(self, x, training, activation="linear", window=None, weights=None):
        x, window = self._enter(x), window or self.window
        kernel, bias = weights or (self.kernel.value, value_of(self.bias))
        y = backend.of(x).depthwise_conv2d_forward(
            None,
            x,
            window.lift_kernel(kernel),
            bias,
            *window.geometry(x.shape[1:-1]),
            activation,
        )
        return self._leave(y), (x,)

    def linear_backward(self, dz, cache, needs_dx=True, window=None):
        (x,), dz = cache, self._enter(dz)
        self._add_bias_gradient(self.bias, dz)
        learning = self.is_learning(self.kernel)
        dx = depthwise_backward(window or self.window, self.kernel, x, dz, learning, needs_dx)
        return self._leave(dx) if needs_dx else None

    def scaled_weights(self, scale):
        """``(kernel, bias)`` of a layer whose output is ``scale`` times this one's."""
        bias = None if self.bias is None else self.bias.value * scale
        return self.kernel.value * scale.reshape(self.kernel.shape[-2:]), bias


def depthwise_backward(window, weight, x, dy, learning, needs_dx):
    """Add to the gradient of a depthwise kernel; return that of the input (lifted), or ``None``."""
    ops = backend.of(dy)
    geometry = window.geometry(x.shape[1:-1])
    w = window.lift_kernel(weight.value)
    if learning:
        dw = window.lift_kernel(weight.gradient())
        if needs_dx:
            return ops.depthwise_conv2d_backward(None, dw, x, dy, w, *geometry)[0]
        ops.depthwise_conv2d_backward_weights(dw, x, dy, window.kernel_size, *geometry)
    if not needs_dx:
        return None
    return ops.depthwise_conv2d_backward_input(None, dy, w, x.shape[1:-1], *geometry)


@registry.register()
class DepthwiseConv1D(DepthwiseConvolution):
    """Depthwise convolution of ``[N, W, C]``; arguments as of :class:`DepthwiseConvolution`."""

    rank = 1


@registry.register()
class DepthwiseConv2D(DepthwiseConvolution):
    """Depthwise convolution of ``[N, H, W, C]``; arguments as of :class:`DepthwiseConvolution`.

    >>> DepthwiseConv2D(3, strides=2, padding="same").output_shape((None, 7, 7, 8))
    (None, 4, 4, 8)
    """
