"""What layers share whose window slides over the spatial axes of one input."""

from .. import config
from .layout import from_last, join_shape, split_shape, to_last
from .windows import Window


class Windowed:
    """Mixed into a layer: keeps the window's arguments, turns shapes and arrays.

    Attributes
    ----------
    rank : int
        Number of spatial axes.
    window : Window
    strides, padding, data_format
        As checked.
    """

    rank = 2

    def _set_window(self, name, size, strides, padding, data_format, dilations=1, causal=False):
        label = self.label
        self.window = Window(label, self.rank, name, size, strides, padding, dilations, causal)
        self.strides, self.padding = self.window.strides, self.window.padding
        self.data_format = config.data_format(label, data_format)
        setattr(self, name, self.window.size)

    def _split(self, input_shape, channels=None):
        """``(batch, spatial sizes, channels)``, checked against the kernel's ``channels``."""
        parts = split_shape(self.label, input_shape, self.rank, self.data_format)
        if None not in (channels, parts[2]) and parts[2] != channels:
            raise ValueError(
                f"{self.label}: input must have {channels} channels, "
                f"got input_shape {tuple(input_shape)}"
            )
        return parts

    def _join(self, batch, spatial, channels):
        return join_shape(batch, spatial, channels, self.data_format)

    def _known_channels(self, input_shape):
        """Channels of the input: a weight needs their number."""
        channels = self._split(input_shape)[2]
        if channels is None:
            raise ValueError(
                f"{self.label}: channels must be known, got input_shape {tuple(input_shape)}"
            )
        return channels

    def _enter(self, array):
        """``array`` as the kernels take it: channels last, at least two spatial axes."""
        return self.window.lift(to_last(array, self.data_format))

    def _leave(self, array):
        """Undo :meth:`_enter`."""
        return from_last(self.window.lower(array), self.data_format)
