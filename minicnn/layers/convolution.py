"""Convolutions over one, two and three spatial axes."""

from minicnn_kernels import backend
from minicnn_kernels.contracts import arrays

from .activated import ActivatedLayer, check_flag, value_of
from .base import registry
from .windowed import Windowed

LIGHT = 32  # products of one output, of layers that take little time beside the next one


class Convolution(Windowed, ActivatedLayer):
    """``y = activation(x * kernel + bias)``: the base of ``Conv1D``, ``Conv2D`` and ``Conv3D``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int or tuple of int
    strides : int or tuple of int
    padding : str or tuple
        ``"valid"``: none. ``"same"``: ``ceil(size / stride)`` outputs, an odd zero after the
        input. ``"causal"`` (one axis): all zeros before it. Or explicit zeros, a
        ``(before, after)`` pair for each axis; uneven ones too.
    data_format : {"channels_last", "channels_first"}, optional
        Default: :func:`minicnn.config.image_data_format`.
    dilation_rate : int or tuple of int
        Distance of the kernel's taps. Strides may be larger than 1 at the same time.
    groups : int
        Filters of one group see the channels of that group only.
    activation, use_bias, ..., **kwargs
        As of :class:`~minicnn.layers.Dense`.

    Weights: ``kernel [*kernel_size, channels / groups, filters]``, ``bias [filters]``.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range; in :meth:`output_shape` for inputs that do not fit.
    """

    _names = tuple(f"conv2d_{part}" for part in ("forward", "backward_input", "backward_weights"))

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
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
        causal = self.rank == 1
        self._set_window(
            "kernel_size", kernel_size, strides, padding, data_format, dilation_rate, causal
        )
        self.dilation_rate = self.window.dilations
        self.groups = arrays.integer(label, "groups", groups, 1)
        if self.filters % self.groups:
            raise ValueError(f"{label}: groups must divide filters {filters}, got groups {groups}")
        self.use_bias = check_flag(label, "use_bias", use_bias)
        self._set_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None

    def output_shape(self, input_shape):
        expected = None if self.kernel is None else self.kernel.shape[-2] * self.groups
        batch, spatial, channels = self._split(input_shape, expected)
        if channels is not None and channels % self.groups:
            raise ValueError(
                f"{self.label}: groups must divide the {channels} channels of input_shape "
                f"{tuple(input_shape)}, got groups {self.groups}"
            )
        return self._join(batch, self.window.output(self.label, spatial, input_shape), self.filters)

    def build(self, input_shape):
        self.output_shape(input_shape)
        channels = self._known_channels(input_shape) // self.groups
        shape = (*self.kernel_size, channels, self.filters)
        self.kernel = self._add_ruled_weight("kernel", shape)
        if self.use_bias:
            self.bias = self._add_ruled_weight("bias", (self.filters,))

    def linear_forward(self, x, training, activation="linear", window=None, weights=None):
        x, window = self._enter(x), window or self.window
        kernel, bias = weights or (self.kernel.value, value_of(self.bias))
        forward = getattr(backend.of(x), self._names[0])
        y = forward(
            None,
            x,
            window.lift_kernel(kernel),
            bias,
            *window.geometry(x.shape[1:-1]),
            self.groups,
            activation,
        )
        return self._leave(y), (x,)

    def linear_backward(self, dz, cache, needs_dx=True, window=None):
        (x,), window = cache, window or self.window
        dz = self._enter(dz)
        geometry = (*window.geometry(x.shape[1:-1]), self.groups)
        ops = backend.of(dz)
        if self.is_learning(self.kernel):
            dw, add = self.kernel.gradient_target()
            add_gradient = getattr(ops, self._names[2])
            add_gradient(window.lift_kernel(dw), x, dz, window.kernel_size, *geometry, add)
        self._add_bias_gradient(self.bias, dz)
        if not needs_dx:
            return None
        w = window.lift_kernel(self.kernel.value)
        return self._leave(getattr(ops, self._names[1])(None, dz, w, x.shape[1:-1], *geometry))

    @property
    def is_light(self):
        """Whether making its maps again costs little beside a convolution that reads them."""
        return self.kernel is not None and self.kernel.size <= LIGHT * self.filters

    def scaled_weights(self, scale):
        """``(kernel, bias)`` of a layer whose output is ``scale`` times this one's."""
        bias = None if self.bias is None else self.bias.value * scale
        return self.kernel.value * scale, bias


@registry.register("Convolution1D")
class Conv1D(Convolution):
    """Convolution of ``[N, W, C]``; arguments as of :class:`Convolution`."""

    rank = 1


@registry.register("Convolution2D")
class Conv2D(Convolution):
    """Convolution of ``[N, H, W, C]``; arguments as of :class:`Convolution`.

    >>> Conv2D(64, 7, padding="same").output_shape((None, 28, 28, 1))
    (None, 28, 28, 64)
    """


@registry.register("Convolution3D")
class Conv3D(Convolution):
    """Convolution of ``[N, D, H, W, C]``; arguments as of :class:`Convolution`."""

    rank = 3
    _names = tuple(f"conv3d_{part}" for part in ("forward", "backward_input", "backward_weights"))
