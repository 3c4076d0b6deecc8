"""Blocks that networks are made of, each one layer: they only compose, so no backward is written.

==================== ====================================================================
ResidualUnit         He et al., "Deep Residual Learning for Image Recognition", CVPR 2016
InceptionModule      Szegedy et al., "Going Deeper with Convolutions", CVPR 2015
SEBlock              Hu, Shen, Sun, "Squeeze-and-Excitation Networks", CVPR 2018
==================== ====================================================================
"""

from functools import partial

from minicnn_kernels.contracts import arrays

from .. import activations, config
from .activation import Activation
from .base import Layer, registry
from .convolution import Conv2D
from .dense import Dense
from .global_pooling import GlobalAveragePooling2D
from .layout import split_shape
from .merging import Concatenate, Multiply
from .normalization import BatchNormalization
from .pooling import MaxPooling2D
from .reshaping import Reshape


def _channel_axis(layout):
    return 1 if layout == "channels_first" else -1


@registry.register()
class ResidualUnit(Layer):
    """Two normalized 3x3 convolutions whose input is added to their output.

    With ``strides`` above 1, or where ``filters`` differs from the channels of the input, the
    input goes through a normalized 1x1 convolution of these strides first.

    Parameters
    ----------
    filters : int
    strides : int
        Of the first convolution.
    activation : str or function
        After the first normalization and after the sum.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    >>> ResidualUnit(128, strides=2).output_shape((None, 56, 56, 64))
    (None, 28, 28, 128)
    """

    def __init__(self, filters, strides=1, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.filters = arrays.integer(self.label, "filters", filters, 1)
        self.strides = arrays.integer(self.label, "strides", strides, 1)
        self.activation = activations.get(activation)

    def build(self, input_shape):
        layout = config.image_data_format()
        channels = split_shape(self.label, input_shape, 2, layout)[-1]
        options = {"padding": "same", "use_bias": False, "dtype": self.dtype}
        convolution = partial(Conv2D, self.filters, data_format=layout, **options)
        normalization = partial(BatchNormalization, _channel_axis(layout), dtype=self.dtype)
        self.main_layers = [
            convolution(3, strides=self.strides),
            normalization(),
            Activation(self.activation, dtype=self.dtype),
            convolution(3),
            normalization(),
        ]
        self.skip_layers = []
        if self.strides > 1 or channels != self.filters:
            self.skip_layers = [convolution(1, strides=self.strides), normalization()]

    def call(self, x):
        """Compose the layers."""
        skip = x
        for layer in self.main_layers:
            x = layer(x)
        for layer in self.skip_layers:
            skip = layer(skip)
        return self.activation(x + skip)

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


@registry.register()
class InceptionModule(Layer):
    """Four ways of looking at the same maps, side by side: 1x1, 3x3, 5x5 and a maximum over 3x3.

    The larger convolutions see maps that a 1x1 convolution has made fewer; the pooled maps go
    through one too. All are SAME with ``activation``, and are concatenated in this order.

    Parameters
    ----------
    filters : six int
        Maps of the 1x1 branch, of the 3x3 branch (reduced, then), of the 5x5 branch (reduced,
        then) and of the pooled branch: a row of the paper's table 1.
    activation : str or function
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    >>> InceptionModule((64, 96, 128, 16, 32, 32)).output_shape((None, 28, 28, 192))
    (None, 28, 28, 256)
    """

    def __init__(self, filters, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.filters = arrays.integers(self.label, "filters", filters, 6, 1)
        self.activation = activations.get(activation)

    def build(self, input_shape):
        layout = config.image_data_format()
        options = {"padding": "same", "data_format": layout, "dtype": self.dtype}
        convolution = partial(Conv2D, activation=self.activation, **options)
        one, three_reduced, three, five_reduced, five, pooled = self.filters
        self.branches = [
            [convolution(one, 1)],
            [convolution(three_reduced, 1), convolution(three, 3)],
            [convolution(five_reduced, 1), convolution(five, 5)],
            [MaxPooling2D(3, strides=1, **options), convolution(pooled, 1)],
        ]
        self.join = Concatenate(_channel_axis(layout), dtype=self.dtype)

    def call(self, x):
        """Compose the layers."""
        ends = []
        for branch in self.branches:
            y = x
            for layer in branch:
                y = layer(y)
            ends.append(y)
        return self.join(ends)

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


@registry.register()
class SEBlock(Layer):
    """Squeeze and excitation: scales each map by what the means of all maps say.

    Squeeze: the mean of each map. Excitation: a dense layer with ``ratio`` times fewer units and
    ReLU, then one with a sigmoid and a unit for each map.

    Parameters
    ----------
    ratio : int
        16 in the paper.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    >>> SEBlock().output_shape((None, 56, 56, 256))
    (None, 56, 56, 256)
    """

    def __init__(self, ratio=16, **kwargs):
        super().__init__(**kwargs)
        self.ratio = arrays.integer(self.label, "ratio", ratio, 1)

    def build(self, input_shape):
        layout = config.image_data_format()
        channels = split_shape(self.label, input_shape, 2, layout)[-1]
        if channels is None or channels < self.ratio:
            raise ValueError(
                f"{self.label}: input must have at least ratio {self.ratio} channels, "
                f"got input_shape {tuple(input_shape)}"
            )
        options = {"dtype": self.dtype}
        shape = (channels, 1, 1) if layout == "channels_first" else (1, 1, channels)
        self.squeeze = GlobalAveragePooling2D(layout, **options)
        self.reduce = Dense(channels // self.ratio, activation="relu", **options)
        self.expand = Dense(channels, activation="sigmoid", **options)
        self.spread = Reshape(shape, **options)
        self.scale = Multiply(**options)

    def call(self, x):
        """Compose the layers."""
        return self.scale([x, self.spread(self.expand(self.reduce(self.squeeze(x))))])
