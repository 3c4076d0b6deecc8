"""Inception-v3: convolutions factored into thinner ones, down to 1x7 and 7x1.

C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception Architecture
for Computer Vision", CVPR 2016. Every convolution has no bias and a batch normalization without
scale. The comments beside the modules give a convolution as maps@height x width.

=================== =================
Part                Output
=================== =================
conv 32 / 2         149 x 149 x 32
conv 32             147 x 147 x 32
conv 64 same        147 x 147 x 64
max pool / 2        73 x 73 x 64
conv 80, 1x1        73 x 73 x 80
conv 192            71 x 71 x 192
max pool / 2        35 x 35 x 192
mixed0              35 x 35 x 256
mixed1, mixed2      35 x 35 x 288
mixed3              17 x 17 x 768
mixed4 to mixed7    17 x 17 x 768
mixed8              8 x 8 x 1280
mixed9, mixed10     8 x 8 x 2048
mean                2048
predictions         1,000
=================== =================

23,851,784 weights, of which 23,817,352 learn; 21,802,784 without the top.
``preprocess_input``: mode "tf".
"""

from ..layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    concatenate,
)
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing
from .published import keras_weights

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

_PUBLISHED = keras_weights(
    *("inception_v3", "inception_v3"),
    *("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
)


@network(size=299, smallest=75, published=_PUBLISHED, name="inception_v3")
def InceptionV3(request):  # noqa: N802
    """A new Inception-v3.

    >>> InceptionV3(weights=None, include_top=False).count_params()
    21802784
    """
    x = stem(request.image)
    for number, pooled in enumerate((32, 64, 64)):
        x = _module_35(x, pooled, f"mixed{number}")
    x = _reduction_35(x, "mixed3")
    for number, inner in enumerate((128, 160, 160, 192), 4):
        x = _module_17(x, inner, f"mixed{number}")
    x = _reduction_17(x, "mixed8")
    for number in (9, 10):
        x = _module_8(x, f"mixed{number}", f"mixed9_{number - 9}")
    return request.head(x)


def stem(x):
    """From the image to 192 maps an eighth as wide; Inception-ResNet-v2 begins so too."""
    x = convolution(x, 32, 3, strides=2, padding="valid")
    x = convolution(x, 32, 3, padding="valid")
    x = convolution(x, 64, 3)
    x = MaxPooling2D(3, strides=2)(x)
    x = convolution(x, 80, 1, padding="valid")
    x = convolution(x, 192, 3, padding="valid")
    return MaxPooling2D(3, strides=2)(x)


def _module_35(x, pooled, name):
    """Figure 5: 5x5 beside two 3x3."""
    ends = [
        convolution(x, 64, 1),
        chain(x, (48, 1), (64, 5)),
        chain(x, (64, 1), (96, 3), (96, 3)),
        convolution(average(x), pooled, 1),
    ]
    return concatenate(ends, axis=channel_axis(), name=name)


def _reduction_35(x, name):
    """Figure 10: strided convolutions beside a strided pooling."""
    ends = [
        convolution(x, 384, 3, strides=2, padding="valid"),
        convolution(chain(x, (64, 1), (96, 3)), 96, 3, strides=2, padding="valid"),
        MaxPooling2D(3, strides=2)(x),
    ]
    return concatenate(ends, axis=channel_axis(), name=name)


def _module_17(x, inner, name):
    """Figure 6: 7x7 as 1x7 and 7x1, once and twice."""
    wide, high = (1, 7), (7, 1)
    ends = [
        convolution(x, 192, 1),
        chain(x, (inner, 1), (inner, wide), (192, high)),
        chain(x, (inner, 1), (inner, high), (inner, wide), (inner, high), (192, wide)),
        convolution(average(x), 192, 1),
    ]
    return concatenate(ends, axis=channel_axis(), name=name)


def _reduction_17(x, name):
    """Strided convolutions beside a strided pooling, one of them after a 7x7."""
    ends = [
        convolution(convolution(x, 192, 1), 320, 3, strides=2, padding="valid"),
        convolution(
            chain(x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192, 3, strides=2, padding="valid"
        ),
        MaxPooling2D(3, strides=2)(x),
    ]
    return concatenate(ends, axis=channel_axis(), name=name)


def _module_8(x, name, inner_name):
    """Figure 7: 3x3 as 1x3 beside 3x1, whose maps are concatenated."""
    ends = [
        convolution(x, 320, 1),
        _split(convolution(x, 384, 1), inner_name),
        _split(chain(x, (448, 1), (384, 3)), None),
        convolution(average(x), 192, 1),
    ]
    return concatenate(ends, axis=channel_axis(), name=name)


def _split(x, name):
    ends = [convolution(x, 384, (1, 3)), convolution(x, 384, (3, 1))]
    return concatenate(ends, axis=channel_axis(), name=name)


def chain(x, *convolutions):
    """Convolutions of ``(filters, kernel size)`` one after another."""
    for filters, size in convolutions:
        x = convolution(x, filters, size)
    return x


def convolution(x, filters, size, strides=1, padding="same"):
    """A convolution without bias, its normalization without scale, and ReLU."""
    x = Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
    x = BatchNormalization(channel_axis(), scale=False)(x)
    return Activation("relu")(x)


def average(x):
    """The mean of each 3x3 window."""
    return AveragePooling2D(3, strides=1, padding="same")(x)
