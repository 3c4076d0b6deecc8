"""Convolutions whose filters are an operand: an array, or what other layers compute."""

from minicnn_kernels import backend
from minicnn_kernels.contracts import arrays

from .. import config
from .base import registry
from .layout import from_last, join_shape, split_shape, to_last
from .operands import OperandLayer
from .windows import Window


class _FilterLayer(OperandLayer):
    """Operands: an input ``[N, *spatial, C]`` and filters of as many spatial axes and two more.

    Parameters
    ----------
    rank : int
        Number of spatial axes: 1, 2 or 3.
    strides, padding, data_format, dilations
        As of :class:`~minicnn.layers.Conv2D`.
    constants : list, optional
        See :class:`~minicnn.layers.operands.OperandLayer`.
    """

    def __init__(
        self,
        rank=2,
        strides=1,
        padding="valid",
        data_format=None,
        dilations=1,
        constants=None,
        **kwargs,
    ):
        super().__init__(constants, **kwargs)
        self.rank = arrays.integer(self.label, "rank", rank, 1)
        if self.rank > 3:
            raise ValueError(f"{self.label}: rank must be 1, 2 or 3, got {rank}")
        window = self._window((1,) * self.rank, strides, padding, dilations)
        self.strides, self.padding, self.dilations = (
            window.strides,
            window.padding,
            window.dilations,
        )
        self.data_format = config.data_format(self.label, data_format)

    def _window(self, size, strides, padding, dilations):
        return Window(self.label, self.rank, "filters", size, strides, padding, dilations)

    def _parts(self, x_shape, w_shape):
        """``(batch, spatial, channels, window)``, checked."""
        batch, spatial, channels = split_shape(self.label, x_shape, self.rank, self.data_format)
        if len(w_shape) != self.rank + 2 or None in w_shape or min(w_shape) < 1:
            raise ValueError(
                f"{self.label}: filters must have {self.rank + 2} axes, none empty, "
                f"got shape {tuple(w_shape)}"
            )
        size = tuple(w_shape[: self.rank])
        return (
            batch,
            spatial,
            channels,
            self._window(size, self.strides, self.padding, self.dilations),
        )

    def _enter(self, array, window):
        return window.lift(to_last(array, self.data_format))

    def _leave(self, array, window):
        return from_last(window.lower(array), self.data_format)

    def _kernel(self, ops, part):
        return getattr(ops, f"conv{max(self.rank, 2)}d_{part}")


@registry.register()
class FilterConvolution(_FilterLayer):
    """Convolution with filters ``[*kernel, C / groups, F]`` that are an operand.

    ``groups`` follows from the channels of input and filters, as in TensorFlow. Parameters as of
    the base class.
    """

    def shape_of(self, x, w):
        batch, spatial, channels, window = self._parts(x, w)
        if channels is not None and (channels % w[-2] or w[-1] % (channels // w[-2])):
            raise ValueError(
                f"{self.label}: filters must have as many input channels as the input, or divide "
                f"them into groups; got filters {tuple(w)} for input {tuple(x)}"
            )
        return join_shape(batch, window.output(self.label, spatial, x), w[-1], self.data_format)

    def compute(self, x, w):
        self.shape_of(x.shape, w.shape)
        window = self._parts(x.shape, w.shape)[-1]
        x = self._enter(x, window)
        geometry = (*window.geometry(x.shape[1:-1]), x.shape[-1] // w.shape[-2])
        forward = self._kernel(backend.of(x), "forward")
        y = forward(None, x, window.lift_kernel(w), None, *geometry)
        return self._leave(y, window), (x, w, window, geometry)

    def gradients(self, dy, cache, wanted):
        x, w, window, geometry = cache
        dy = self._enter(dy, window)
        ops = backend.of(dy)
        dx = dw = None
        if wanted[0]:
            run = self._kernel(ops, "backward_input")
            dx = run(None, dy, window.lift_kernel(w), x.shape[1:-1], *geometry)
            dx = self._leave(dx, window)
        if wanted[1]:
            run = self._kernel(ops, "backward_weights")
            dw = run(None, x, dy, window.kernel_size, *geometry).reshape(w.shape)
        return [dx, dw]


@registry.register()
class FilterDepthwise(_FilterLayer):
    """Depthwise convolution with filters ``[KH, KW, C, M]`` that are an operand.

    Parameters as of the base class; one or two spatial axes.
    """

    def shape_of(self, x, w):
        batch, spatial, channels, window = self._parts(x, w)
        if channels not in (None, w[-2]):
            raise ValueError(
                f"{self.label}: filters must have the input's channels on their third axis, "
                f"got filters {tuple(w)} for input {tuple(x)}"
            )
        out = window.output(self.label, spatial, x)
        return join_shape(batch, out, w[-2] * w[-1], self.data_format)

    def compute(self, x, w):
        self.shape_of(x.shape, w.shape)
        window = self._parts(x.shape, w.shape)[-1]
        x = self._enter(x, window)
        geometry = window.geometry(x.shape[1:-1])
        forward = backend.of(x).depthwise_conv2d_forward
        y = forward(None, x, window.lift_kernel(w), None, *geometry)
        return self._leave(y, window), (x, w, window, geometry)

    def gradients(self, dy, cache, wanted):
        x, w, window, geometry = cache
        dy = self._enter(dy, window)
        ops = backend.of(dy)
        dx = dw = None
        if wanted[0]:
            run = ops.depthwise_conv2d_backward_input
            dx = run(None, dy, window.lift_kernel(w), x.shape[1:-1], *geometry)
            dx = self._leave(dx, window)
        if wanted[1]:
            run = ops.depthwise_conv2d_backward_weights
            dw = run(None, x, dy, window.kernel_size, *geometry).reshape(w.shape)
        return [dx, dw]


@registry.register()
class FilterTransposed(_FilterLayer):
    """Transposed convolution with filters ``[*kernel, F, C]`` that are an operand.

    Parameters
    ----------
    size : list of int
        Spatial sizes of the output: several have the same input, so it must be said which.
    rank, strides, padding, data_format, dilations, constants
        As of the base class.
    """

    def __init__(self, size, rank=2, **kwargs):
        super().__init__(rank, **kwargs)
        self.size = arrays.integers(self.label, "size", size, self.rank, 1)

    def shape_of(self, x, w):
        batch, spatial, channels, window = self._parts(x, w)
        if channels not in (None, w[-1]):
            raise ValueError(
                f"{self.label}: filters must have the input's channels on their last axis, "
                f"got filters {tuple(w)} for input {tuple(x)}"
            )
        back = window.output(self.label, self.size, x)
        if any(n not in (None, m) for n, m in zip(spatial, back)):
            raise ValueError(
                f"{self.label}: no convolution of size {self.size} gives the input "
                f"{tuple(spatial)}: it would give {back}"
            )
        return join_shape(batch, self.size, w[-2], self.data_format)

    def compute(self, x, w):
        self.shape_of(x.shape, w.shape)
        window = self._parts(x.shape, w.shape)[-1]
        x = self._enter(x, window)
        size = self.size if self.rank > 1 else (1, *self.size)
        geometry = window.geometry(size)
        run = self._kernel(backend.of(x), "backward_input")
        y = run(None, x, window.lift_kernel(w), size, *geometry)
        return self._leave(y, window), (x, w, window, geometry)

    def gradients(self, dy, cache, wanted):
        x, w, window, geometry = cache
        dy = self._enter(dy, window)
        ops = backend.of(dy)
        dx = dw = None
        if wanted[0]:
            dx = self._kernel(ops, "forward")(None, dy, window.lift_kernel(w), None, *geometry)
            dx = self._leave(dx, window)
        if wanted[1]:
            run = self._kernel(ops, "backward_weights")
            dw = run(None, dy, x, window.kernel_size, *geometry).reshape(w.shape)
        return [dx, dw]
