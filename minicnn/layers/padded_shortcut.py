"""The shortcut without weights of residual networks."""

from minicnn_kernels import memory
from minicnn_kernels.contracts import arrays

from .. import config
from .base import Layer, registry
from .layout import join_shape, split_shape


@registry.register()
class PaddedShortcut(Layer):
    """Takes every ``strides``-th pixel and adds maps of zeros, as many before as after.

    Parameters
    ----------
    filters : int
        Maps of the output; of an odd number of zero maps the last one stands after.
    strides : int
    data_format : {"channels_last", "channels_first"}, optional

    References
    ----------
    He, Zhang, Ren and Sun 2016, *Deep residual learning for image recognition*, option A.

    >>> PaddedShortcut(32).output_shape((None, 32, 32, 16))
    (None, 16, 16, 32)
    """

    def __init__(self, filters, strides=2, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.filters = arrays.integer(self.label, "filters", filters, 1)
        self.strides = arrays.integer(self.label, "strides", strides, 1)
        self.data_format = config.data_format(self.label, data_format)

    def output_shape(self, input_shape):
        batch, sides, channels = split_shape(self.label, input_shape, 2, self.data_format)
        if channels is None or channels > self.filters:
            raise ValueError(
                f"{self.label}: input must have at most filters {self.filters} channels, "
                f"got input_shape {tuple(input_shape)}"
            )
        sides = [None if side is None else -(-side // self.strides) for side in sides]
        return join_shape(batch, sides, self.filters, self.data_format)

    def forward(self, x, training):
        y = memory.zeros(self.output_shape(x.shape), x.dtype)
        y[self._inside(x.shape)] = x[self._taken()]
        return y, x.shape

    def backward(self, dy, cache):
        dx = memory.zeros(cache, dy.dtype)
        dx[self._taken()] = dy[self._inside(cache)]
        return dx

    def _taken(self):
        step = slice(None, None, self.strides)
        return join_shape(slice(None), (step, step), slice(None), self.data_format)

    def _inside(self, input_shape):
        """Where the maps of the input lie among those of the output."""
        channels = split_shape(self.label, input_shape, 2, self.data_format)[-1]
        before = (self.filters - channels) // 2
        whole = slice(None)
        return join_shape(whole, (whole, whole), slice(before, before + channels), self.data_format)
