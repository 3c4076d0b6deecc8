"""Transposed convolutions: the input gradient of a convolution, run forward.

Nothing is computed twice: forward is ``conv*_backward_input`` and backward ``conv*_forward``.
"""

from minicnn_kernels import backend, geometry
from minicnn_kernels.contracts import arrays

from .activated import ActivatedLayer, check_flag
from .base import registry
from .windowed import Windowed
from .windows import sizes


class TransposedConvolution(Windowed, ActivatedLayer):
    """The base of ``Conv1DTranspose``, ``Conv2DTranspose`` and ``Conv3DTranspose``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size, strides : int or tuple of int
        The output is about ``strides`` times as large as the input.
    padding : str or tuple
        That of the convolution whose input this is: with "same" the output has
        ``size * stride``, with "valid" ``(size - 1) * stride + max(kernel, stride)`` places; or
        explicit ``(before, after)`` pairs, which are cut off the output.
    output_padding : int or tuple of int, optional
        Places added at the end, less than the strides; gives ``(size - 1) * stride + kernel +
        output_padding`` for "valid" and ``(size - 1) * stride + kernel % 2 + output_padding`` for
        "same", as in Keras.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int or tuple of int
        Strides may be larger than 1 at the same time.
    activation, use_bias, ..., **kwargs
        As of :class:`~minicnn.layers.Dense`.

    Weights: ``kernel [*kernel_size, filters, channels]``, ``bias [filters]``.
    """

    fused = ()  # forward is a gradient's kernel: it knows no activation
    _names = ("conv2d_backward_input", "conv2d_forward", "conv2d_backward_weights")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
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
        label = self.label
        self.filters = arrays.integer(label, "filters", filters, 1)
        self._set_window("kernel_size", kernel_size, strides, padding, data_format, dilation_rate)
        self.dilation_rate = self.window.dilations
        self.output_padding = self._checked_output_padding(output_padding)
        self.use_bias = check_flag(label, "use_bias", use_bias)
        self._set_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None

    def _checked_output_padding(self, value):
        if value is None:
            return None
        value = sizes(self.label, "output_padding", value, self.rank, 0)
        if any(extra >= stride for extra, stride in zip(value, self.strides)):
            raise ValueError(
                f"{self.label}: output_padding must be less than strides {self.strides}, "
                f"got {value}"
            )
        return value

    def output_shape(self, input_shape):
        expected = None if self.kernel is None else self.kernel.shape[-1]
        batch, spatial, _ = self._split(input_shape, expected)
        return self._join(batch, self._output_sizes(spatial, input_shape), self.filters)

    def build(self, input_shape):
        self.output_shape(input_shape)
        channels = self._known_channels(input_shape)
        shape = (*self.kernel_size, self.filters, channels)
        self.kernel = self._add_ruled_weight("kernel", shape)
        if self.use_bias:
            self.bias = self._add_ruled_weight("bias", (self.filters,))

    def linear_forward(self, x, training):
        window = self.window
        x = self._enter(x)
        out = self._output_sizes(x.shape[-1 - self.rank : -1], x.shape)
        out = (1, *out) if self.rank == 1 else out
        w = window.lift_kernel(self.kernel.value)
        ops = backend.of(x)
        y = getattr(ops, self._names[0])(None, x, w, out, *window.geometry(out))
        if self.bias is not None:
            ops.bias_forward(y, y, self.bias.value)
        return self._leave(y), (x, out)

    def linear_backward(self, dz, cache, needs_dx=True):
        (x, out), window = cache, self.window
        dz = self._enter(dz)
        steps = window.geometry(out)
        ops = backend.of(dz)
        if self.is_learning(self.kernel):
            dw = window.lift_kernel(self.kernel.gradient())
            getattr(ops, self._names[2])(dw, dz, x, window.kernel_size, *steps)
        self._add_bias_gradient(self.bias, dz)
        if not needs_dx:
            return None
        w = window.lift_kernel(self.kernel.value)
        return self._leave(getattr(ops, self._names[1])(None, dz, w, None, *steps))

    def _output_sizes(self, spatial, input_shape):
        """Keras' output sizes, checked to be such that the convolution takes them back."""
        extras = self.output_padding or (None,) * self.rank
        pairs = ((0, 0),) * self.rank if isinstance(self.padding, str) else self.padding
        axes = zip(spatial, self.kernel_size, self.strides, pairs, self.dilation_rate, extras)
        out = tuple(self._output_size(*axis) for axis in axes)
        if any(size is not None and size < 1 for size in out):
            raise ValueError(
                f"{self.label}: no output has this input (input_shape {tuple(input_shape)}, "
                f"kernel_size {self.kernel_size}, strides {self.strides}, "
                f"padding {self.padding!r}, output_padding {self.output_padding})"
            )
        return out

    def _output_size(self, size, kernel, stride, pair, dilation, extra):
        """Size of one axis, 0 or less if there is none; ``extra`` is its output padding."""
        if size is None:
            return None
        extent = geometry.dilated_size(kernel, dilation)
        if self.padding == "same":
            if extra is None:
                return size * stride
            # Only more than size - 1 strides give the input's size back.
            more = extent % 2 + extra
            return (size - 1) * stride + more if more else 0
        extra = max(stride - extent, 0) if extra is None else extra
        return geometry.transposed_size(size, kernel, stride, *pair, dilation, extra)


@registry.register("Convolution1DTranspose")
class Conv1DTranspose(TransposedConvolution):
    """Transposed convolution of ``[N, W, C]``; arguments as of :class:`TransposedConvolution`."""

    rank = 1


@registry.register("Convolution2DTranspose")
class Conv2DTranspose(TransposedConvolution):
    """Transposed convolution of ``[N, H, W, C]``; arguments: :class:`TransposedConvolution`.

    >>> Conv2DTranspose(8, 3, strides=2, padding="same").output_shape((None, 5, 5, 3))
    (None, 10, 10, 8)
    """


@registry.register("Convolution3DTranspose")
class Conv3DTranspose(TransposedConvolution):
    """Transposed convolution of ``[N, D, H, W, C]``: see :class:`TransposedConvolution`."""

    rank = 3
    _names = ("conv3d_backward_input", "conv3d_forward", "conv3d_backward_weights")
