"""A convolution each of whose maps sees only some of the input's: LeNet-5's layer C3."""

import numpy as np

from minicnn_kernels import backend
from minicnn_kernels.contracts import arrays

from .activated import ActivatedLayer, value_of
from .base import registry
from .windowed import Windowed


@registry.register()
class TableConv2D(Windowed, ActivatedLayer):
    """``y_f = activation(sum over c in table[f] of x_c * kernel_cf + bias_f)``

    Parameters
    ----------
    table : list of list of int
        For each map of the output the maps of the input that it sees.
    kernel_size : int or (int, int)
    strides, padding, data_format
        As of :class:`~minicnn.layers.Conv2D`.
    activation, use_bias, kernel_initializer, bias_initializer
        As of :class:`~minicnn.layers.Conv2D`; a fan counts the filters of all connections.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    Weights: ``kernel [KH, KW, connections]`` in the order of the table, ``bias [filters]``.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner 1998, *Gradient-based learning applied to document
    recognition*, table I: it breaks the symmetry of the maps and keeps connections few.
    """

    def __init__(
        self,
        table,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(activation, **kwargs)
        self.table = self._checked(table)
        self._set_window("kernel_size", kernel_size, strides, padding, data_format)
        self.use_bias = bool(use_bias)
        self._set_rules("kernel", kernel_initializer, None, None)
        self._set_rules("bias", bias_initializer, None, None)
        self._seen = np.array([c for row in self.table for c in row])
        self._seeing = np.array([f for f, row in enumerate(self.table) for _ in row])
        self.kernel = self.bias = None
        self._channels = None

    def _checked(self, table):
        if not isinstance(table, (list, tuple)) or not table:
            raise TypeError(f"{self.label}: table must be a list of lists, got {table!r}")
        rows = [
            arrays.integers(self.label, f"table[{f}]", row, len(row), 0)
            for f, row in enumerate(table)
        ]
        for f, row in enumerate(rows):
            if not row or len(set(row)) != len(row):
                raise ValueError(f"{self.label}: table[{f}] must name maps once each, got {row}")
        return [list(row) for row in rows]

    def output_shape(self, input_shape):
        batch, spatial, channels = self._split(input_shape, self._channels)
        if channels is not None and channels <= self._seen.max():
            raise ValueError(
                f"{self.label}: table names map {self._seen.max()}, "
                f"got input_shape {tuple(input_shape)}"
            )
        out = self.window.output(self.label, spatial, input_shape)
        return self._join(batch, out, len(self.table))

    def build(self, input_shape):
        self.output_shape(input_shape)
        self._channels = self._known_channels(input_shape)
        self.kernel = self._add_ruled_weight("kernel", (*self.kernel_size, self._seen.size))
        if self.use_bias:
            self.bias = self._add_ruled_weight("bias", (len(self.table),))

    def linear_forward(self, x, training, activation="linear"):
        x = self._enter(x)
        w = self._full()
        w[:, :, self._seen, self._seeing] = self.kernel.value
        geometry = (*self.window.geometry(x.shape[1:-1]), 1)
        y = backend.of(x).conv2d_forward(None, x, w, value_of(self.bias), *geometry, activation)
        return self._leave(y), (x, w, geometry)

    def linear_backward(self, dz, cache, needs_dx=True):
        x, w, geometry = cache
        dz = self._enter(dz)
        ops = backend.of(dz)
        if self.is_learning(self.kernel):
            dw = self._full()
            ops.conv2d_backward_weights(dw, x, dz, self.kernel_size, *geometry)
            gradient = self.kernel.gradient()
            gradient += dw[:, :, self._seen, self._seeing]
        self._add_bias_gradient(self.bias, dz)
        if not needs_dx:
            return None
        return self._leave(ops.conv2d_backward_input(None, dz, w, x.shape[1:-1], *geometry))

    def _full(self):
        """A kernel of zeros that connects every map with every other."""
        return np.zeros((*self.kernel_size, self._channels, len(self.table)), self.dtype)
