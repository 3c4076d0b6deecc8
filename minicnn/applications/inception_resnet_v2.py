"""Inception-ResNet-v2: inception modules as the residual branch of a sum.

C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi, "Inception-v4, Inception-ResNet and the Impact of
Residual Connections on Learning", AAAI 2017. The module's output is scaled down before the sum,
without which very wide networks fail to train (section 3.3).

================ ================= =========================
Part             Output
================ ================= =========================
stem             35 x 35 x 192     as of Inception-v3
mixed_5b         35 x 35 x 320
block35          35 x 35 x 320     10 modules, scale 0.17
mixed_6a         17 x 17 x 1088
block17          17 x 17 x 1088    20 modules, scale 0.1
mixed_7a         8 x 8 x 2080
block8           8 x 8 x 2080      10 modules, scale 0.2, the last 1 without ReLU
conv_7b          8 x 8 x 1536
mean             1536
predictions      1,000
================ ================= =========================

55,873,736 weights, of which 55,813,192 learn; 54,336,736 without the top.
``preprocess_input``: mode "tf".
"""

from ..layers import (
    Activation,
    BatchNormalization,
    Concatenate,
    Conv2D,
    CustomScaleLayer,
    MaxPooling2D,
)
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing
from .inception_v3 import average, chain, convolution, stem
from .published import keras_weights

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

_PUBLISHED = keras_weights(
    *("inception_resnet_v2", "inception_resnet_v2"),
    *("e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
)


@network(size=299, smallest=75, published=_PUBLISHED, name="inception_resnet_v2")
def InceptionResNetV2(request):  # noqa: N802
    """A new Inception-ResNet-v2.

    >>> InceptionResNetV2(weights=None, include_top=False).count_params()
    54336736
    """
    x = stem(request.image)
    ends = [
        convolution(x, 96, 1),
        chain(x, (48, 1), (64, 5)),
        chain(x, (64, 1), (96, 3), (96, 3)),
        convolution(average(x), 64, 1),
    ]
    x = Concatenate(channel_axis(), name="mixed_5b")(ends)
    for number in range(1, 11):
        ends = convolution(x, 32, 1), chain(x, (32, 1), (32, 3)), _three_wide(x)
        x = _residual(x, ends, 0.17, f"block35_{number}")
    x = _reduce(x, [], [(256, 1), (256, 3)], last=(384, 384), name="mixed_6a")
    for number in range(1, 21):
        ends = convolution(x, 192, 1), chain(x, (128, 1), (160, (1, 7)), (192, (7, 1)))
        x = _residual(x, ends, 0.1, f"block17_{number}")
    x = _reduce(
        x, [(256, 1)], [(256, 1)], [(256, 1), (288, 3)], last=(384, 288, 320), name="mixed_7a"
    )
    for number in range(1, 11):
        ends = convolution(x, 192, 1), chain(x, (192, 1), (224, (1, 3)), (256, (3, 1)))
        last = number == 10
        x = _residual(x, ends, 1.0 if last else 0.2, f"block8_{number}", active=not last)
    x = Conv2D(1536, 1, padding="same", use_bias=False, name="conv_7b")(x)
    x = BatchNormalization(channel_axis(), scale=False, name="conv_7b_bn")(x)
    return request.head(Activation("relu", name="conv_7b_ac")(x))


def _three_wide(x):
    return chain(x, (32, 1), (48, 3), (64, 3))


def _residual(x, ends, scale, name, active=True):
    """The sum of ``x`` and what the branches ``ends`` make of it, scaled."""
    y = Concatenate(channel_axis(), name=f"{name}_mixed")(list(ends))
    y = Conv2D(x.shape[channel_axis()], 1, padding="same", name=f"{name}_conv")(y)
    y = CustomScaleLayer(scale)([x, y])
    return Activation("relu", name=f"{name}_ac")(y) if active else y


def _reduce(x, *chains, last, name):
    """Each chain ends in a strided 3x3 convolution of ``last`` maps; a pooling stands beside."""
    ends = [
        convolution(chain(x, *steps), filters, 3, strides=2, padding="valid")
        for steps, filters in zip(chains, last)
    ]
    ends.append(MaxPooling2D(3, strides=2)(x))
    return Concatenate(channel_axis(), name=name)(ends)
