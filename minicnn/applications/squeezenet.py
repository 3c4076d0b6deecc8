"""SqueezeNet: AlexNet's accuracy with fifty times fewer weights.

F. Iandola et al., "SqueezeNet: AlexNet-Level Accuracy with 50x Fewer Parameters", 2016, table 1.
A fire module squeezes its input into few maps by 1x1, then expands them by 1x1 and 3x3 side by
side. Version 1.1 pools earlier and begins with 64@3x3: 2.4 times less work.

============== ================ ================ ==================
Layer          Output (v1.0)    Squeeze, expand  Output (v1.1)
============== ================ ================ ==================
conv1          111 x 111 x 96   7x7 (3x3) / 2    113 x 113 x 64
pool1          55 x 55 x 96                      56 x 56 x 64
fire2, fire3   55 x 55 x 128    16, 64 + 64      56 x 56 x 128
                                pool3 of v1.1    27 x 27 x 128
fire4          55 x 55 x 256    32, 128 + 128    27 x 27 x 256
pool4          27 x 27 x 256
fire5          27 x 27 x 256    32, 128 + 128    27 x 27 x 256
                                pool5 of v1.1    13 x 13 x 256
fire6, fire7   27 x 27 x 384    48, 192 + 192    13 x 13 x 384
fire8          27 x 27 x 512    64, 256 + 256    13 x 13 x 512
pool8          13 x 13 x 512
fire9          13 x 13 x 512    64, 256 + 256    13 x 13 x 512
conv10         13 x 13 x 1000                    13 x 13 x 1000
mean           1,000                             1,000
============== ================ ================ ==================

1,248,424 weights (v1.0), 1,235,496 (v1.1). At 227 x 227 no pooling leaves a rest, so Caffe's
rounding up and Keras' rounding down agree in v1.0. ``preprocess_input``: mode "caffe".
"""

from ..layers import (
    Activation,
    Conv2D,
    Dropout,
    GlobalAveragePooling2D,
    MaxPooling2D,
    concatenate,
)
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing

__all__ = ["SqueezeNet", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("caffe")

# Maps of the squeezing convolution and of each expanding one.
_FIRES = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
# Maps and kernel of the first convolution, and the layers that a pooling follows.
_VERSIONS = {"1.0": (96, 7, (1, 4, 8)), "1.1": (64, 3, (1, 3, 5))}


@network(size=227, smallest=48)
def SqueezeNet(request, version="1.0", dropout=0.5):  # noqa: N802
    """A new SqueezeNet.

    >>> SqueezeNet().count_params()
    1248424

    Parameters
    ----------
    version : {"1.0", "1.1"}
    dropout : float
        Rate before the last convolution.
    """
    if version not in tuple(_VERSIONS):
        raise ValueError(f"SqueezeNet: version must be one of {list(_VERSIONS)}, got {version!r}")
    filters, size, pooled = _VERSIONS[version]
    x = Conv2D(filters, size, strides=2, name="conv1")(request.image)
    x = Activation("relu", name="relu_conv1")(x)
    x = MaxPooling2D(3, strides=2, name="pool1")(x)
    for number, (squeezed, expanded) in _FIRES.items():
        x = _fire(x, squeezed, expanded, f"fire{number}")
        if number in pooled:
            x = MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    if not request.include_top:
        return request.pooled(x)
    x = Dropout(dropout, name="drop9")(x)
    x = Conv2D(request.classes, 1, name="conv10")(x)
    x = Activation("relu", name="relu_conv10")(x)
    x = GlobalAveragePooling2D()(x)
    return Activation(request.classifier_activation, name="loss")(x)


def _fire(x, squeezed, expanded, name):
    x = _convolution(x, squeezed, 1, name, "squeeze1x1")
    ends = [_convolution(x, expanded, size, name, f"expand{size}x{size}") for size in (1, 3)]
    return concatenate(ends, axis=channel_axis(), name=f"{name}/concat")


def _convolution(x, filters, size, fire, name):
    x = Conv2D(filters, size, padding="same", name=f"{fire}/{name}")(x)
    return Activation("relu", name=f"{fire}/relu_{name}")(x)
