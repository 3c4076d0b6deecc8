"""DenseNet: every layer sees the maps of all layers before it.

G. Huang, Z. Liu, L. van der Maaten, K. Weinberger, "Densely Connected Convolutional Networks",
CVPR 2017, table 1. A dense layer: normalization, ReLU, 1x1 convolution to 128 maps, normalization,
ReLU, 3x3 convolution to 32 maps, which join its input. A transition halves maps and size.

============ ================= ======== ======== ========
Part         Output (121)      121      169      201
============ ================= ======== ======== ========
conv 7x7 / 2 112 x 112 x 64
max pool / 2 56 x 56 x 64
conv2        56 x 56 x 256     6 layers 6        6
pool2        28 x 28 x 128
conv3        28 x 28 x 512     12       12       12
pool3        14 x 14 x 256
conv4        14 x 14 x 1024    24       32       48
pool4        7 x 7 x 512
conv5        7 x 7 x 1024      16       32       32
mean         1024
predictions  1,000
============ ================= ======== ======== ========

8,062,504, 14,307,880 and 20,242,984 weights; without the top 7,037,504, 12,642,880 and
18,321,984. ``preprocess_input``: mode "torch".
"""

from ..layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
    ZeroPadding2D,
)
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing
from .published import keras_weights

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("torch")

_PUBLISHED = {
    121: ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    169: ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
    201: ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
}
_PUBLISHED = {
    depth: keras_weights("densenet", f"densenet{depth}", *md5) for depth, md5 in _PUBLISHED.items()
}
_GROWTH = 32


@network(size=224, published=_PUBLISHED[121])
def DenseNet121(request):  # noqa: N802
    """A new DenseNet-121.

    >>> DenseNet121(weights=None, include_top=False).count_params()
    7037504
    """
    return request.head(_stages(request.image, (6, 12, 24, 16)))


@network(size=224, published=_PUBLISHED[169])
def DenseNet169(request):  # noqa: N802
    """A new DenseNet-169: 14,307,880 weights."""
    return request.head(_stages(request.image, (6, 12, 32, 32)))


@network(size=224, published=_PUBLISHED[201])
def DenseNet201(request):  # noqa: N802
    """A new DenseNet-201: 20,242,984 weights."""
    return request.head(_stages(request.image, (6, 12, 48, 32)))


def _stages(x, counts):
    x = ZeroPadding2D(3)(x)
    x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = _active(x, "conv1_bn", "conv1_relu")
    x = ZeroPadding2D(1)(x)
    x = MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(counts, 2):
        if stage > 2:
            x = _transition(x, f"pool{stage - 1}")
        for number in range(1, count + 1):
            x = _dense_layer(x, f"conv{stage}_block{number}")
    return _active(x, "bn", "relu")


def _dense_layer(x, name):
    y = _active(x, f"{name}_0_bn", f"{name}_0_relu")
    y = Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = _active(y, f"{name}_1_bn", f"{name}_1_relu")
    y = Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return Concatenate(channel_axis(), name=f"{name}_concat")([x, y])


def _transition(x, name):
    x = _active(x, f"{name}_bn", f"{name}_relu")
    maps = x.shape[channel_axis()] // 2
    x = Conv2D(maps, 1, use_bias=False, name=f"{name}_conv")(x)
    return AveragePooling2D(2, name=f"{name}_pool")(x)


def _active(x, normalization, activation):
    x = BatchNormalization(channel_axis(), epsilon=1.001e-5, name=normalization)(x)
    return Activation("relu", name=activation)(x)
