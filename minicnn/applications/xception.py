"""Xception: depthwise separable convolutions all through, with residual sums.

F. Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017, figure 5.
Two plain convolutions, then 34 separable ones; each is batch-normalized.

========================= ================= ==============================
Part                      Output            Separable convolutions
========================= ================= ==============================
conv 32 / 2, conv 64      147 x 147 x 64
block 2, pool / 2         74 x 74 x 128     2
block 3, pool / 2         37 x 37 x 256     2
block 4, pool / 2         19 x 19 x 728     2
blocks 5 to 12            19 x 19 x 728     3 each
block 13, pool / 2        10 x 10 x 1024    2
block 14                  10 x 10 x 2048    2, without residual sum
mean                      2048
predictions               1,000
========================= ================= ==============================

22,910,480 weights, of which 22,855,952 learn; 20,861,480 without the top.
``preprocess_input``: mode "tf".
"""

from ..layers import Activation, BatchNormalization, Conv2D, MaxPooling2D, SeparableConv2D, add
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing
from .published import keras_weights

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

_PUBLISHED = keras_weights(
    "xception", "xception", "0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"
)


@network(size=299, smallest=71, published=_PUBLISHED)
def Xception(request):  # noqa: N802
    """A new Xception.

    >>> Xception(weights=None, include_top=False).count_params()
    20861480
    """
    x = _plain(request.image, 32, "block1_conv1", strides=2)
    x = _plain(x, 64, "block1_conv2")
    x = _shrinking_block(x, 2, (128, 128), starts_active=False)
    x = _shrinking_block(x, 3, (256, 256))
    x = _shrinking_block(x, 4, (728, 728))
    for block in range(5, 13):
        y = x
        for number in (1, 2, 3):
            y = _relu(y, f"block{block}_sepconv{number}_act")
            y = _separable(y, 728, f"block{block}_sepconv{number}")
        x = add([y, x])
    x = _shrinking_block(x, 13, (728, 1024))
    for number, filters in enumerate((1536, 2048), 1):
        x = _separable(x, filters, f"block14_sepconv{number}")
        x = _relu(x, f"block14_sepconv{number}_act")
    return request.head(x)


def _plain(x, filters, name, strides=1):
    x = Conv2D(filters, 3, strides=strides, use_bias=False, name=name)(x)
    x = BatchNormalization(channel_axis(), name=f"{name}_bn")(x)
    return _relu(x, f"{name}_act")


def _shrinking_block(x, block, filters, starts_active=True):
    """Two separable convolutions and a pooling, around which a strided 1x1 convolution leads."""
    skip = Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False)(x)
    skip = BatchNormalization(channel_axis())(skip)
    for number, maps in enumerate(filters, 1):
        if number > 1 or starts_active:
            x = _relu(x, f"block{block}_sepconv{number}_act")
        x = _separable(x, maps, f"block{block}_sepconv{number}")
    x = MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return add([x, skip])


def _separable(x, filters, name):
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return BatchNormalization(channel_axis(), name=f"{name}_bn")(x)


def _relu(x, name):
    return Activation("relu", name=name)(x)
