"""ResNet-18 and -34 as A. Géron builds them: *Hands-On Machine Learning*, chapter 14.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
table 1. A unit is :class:`~minicnn.layers.ResidualUnit`: two 3x3 convolutions without bias.

============== ================ ================ =========
Layer          Output           ResNet-18        ResNet-34
============== ================ ================ =========
conv 7x7 / 2   112 x 112 x 64   1                1
max pool / 2   56 x 56 x 64
units 64       56 x 56 x 64     2                3
units 128 / 2  28 x 28 x 128    2                4
units 256 / 2  14 x 14 x 256    2                6
units 512 / 2  7 x 7 x 512      2                3
mean           512
dense softmax  10
============== ================ ================ =========

For 10 classes ResNet-34 has 21,306,826 weights, of which 21,289,802 learn; ResNet-18 has
11,191,242 and 11,181,642. ``preprocess_input``: mode "torch".
"""

from ..layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ResidualUnit,
)
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing

__all__ = ["ResNet18", "ResNet34", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("torch")


@network(size=224, classes=10)
def ResNet18(request):  # noqa: N802
    """A new ResNet-18: 11,191,242 weights for 10 classes."""
    return _resnet(request, units=(2, 2, 2, 2))


@network(size=224, classes=10)
def ResNet34(request):  # noqa: N802
    """A new ResNet-34.

    >>> ResNet34().count_params()
    21306826
    """
    return _resnet(request, units=(3, 4, 6, 3))


def _resnet(request, units):
    x = Conv2D(64, 7, strides=2, padding="same", use_bias=False)(request.image)
    x = BatchNormalization(channel_axis())(x)
    x = Activation("relu")(x)
    x = MaxPooling2D(3, strides=2, padding="same")(x)
    for count, filters in zip(units, (64, 128, 256, 512)):
        for number in range(count):
            x = ResidualUnit(filters, strides=2 if number == 0 and filters > 64 else 1)(x)
    if not request.include_top:
        return request.pooled(x)
    x = GlobalAveragePooling2D()(x)
    return request.classifier(Flatten()(x))
