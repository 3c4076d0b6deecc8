"""ResNet-20, -32, -44 and -56 for CIFAR-10: three stages of n units, 6n + 2 layers.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
section 4.2. A unit: two normalized 3x3 convolutions without bias. Shortcuts have no weights
(option A): where a stage begins every other pixel is taken and maps of zeros are added.

============== ================ ========= ========= ========= =========
Part           Output           ResNet-20 ResNet-32 ResNet-44 ResNet-56
============== ================ ========= ========= ========= =========
conv 3x3       32 x 32 x 16     1         1         1         1
units 16       32 x 32 x 16     3         5         7         9
units 32 / 2   16 x 16 x 32     3         5         7         9
units 64 / 2   8 x 8 x 64       3         5         7         9
mean           64
predictions    10
all weights                     271,098   466,426   661,754   857,082
that learn                      269,722   464,154   658,586   853,018
============== ================ ========= ========= ========= =========

``preprocess_input``: mode "torch".
"""

from ..layers import Activation, Add, BatchNormalization, Conv2D, PaddedShortcut
from .assembly import channel_axis, network
from .imagenet_utils import preprocessing
from .predictions import decoding

__all__ = [
    *("ResNet20", "ResNet32", "ResNet44", "ResNet56", "CLASSES"),
    *("decode_predictions", "preprocess_input"),
]

preprocess_input = preprocessing("torch")

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


decode_predictions = decoding(CLASSES)


@network(size=32, smallest=8, classes=10)
def ResNet20(request):  # noqa: N802
    """A new ResNet-20.

    >>> ResNet20().count_params()
    271098
    """
    return _resnet(request, 3)


@network(size=32, smallest=8, classes=10)
def ResNet32(request):  # noqa: N802
    """A new ResNet-32: 466,426 weights."""
    return _resnet(request, 5)


@network(size=32, smallest=8, classes=10)
def ResNet44(request):  # noqa: N802
    """A new ResNet-44: 661,754 weights."""
    return _resnet(request, 7)


@network(size=32, smallest=8, classes=10)
def ResNet56(request):  # noqa: N802
    """A new ResNet-56: 857,082 weights."""
    return _resnet(request, 9)


def _resnet(request, units):
    x = _normalized(request.image, 16, 1, "stem")
    x = Activation("relu", name="stem_relu")(x)
    for stage, filters in enumerate((16, 32, 64), 1):
        for number in range(1, units + 1):
            strides = 2 if stage > 1 and number == 1 else 1
            x = _unit(x, filters, strides, f"stage{stage}_unit{number}")
    return request.head(x)


def _unit(x, filters, strides, name):
    y = _normalized(x, filters, strides, f"{name}_1")
    y = Activation("relu", name=f"{name}_1_relu")(y)
    y = _normalized(y, filters, 1, f"{name}_2")
    if strides > 1:
        x = PaddedShortcut(filters, strides, name=f"{name}_shortcut")(x)
    y = Add(name=f"{name}_add")([x, y])
    return Activation("relu", name=f"{name}_relu")(y)


def _normalized(x, filters, strides, name):
    # One zero on every side, also where a stride of 2 would let SAME add it only at the end.
    border = ((1, 1), (1, 1))
    x = Conv2D(filters, 3, strides, border, use_bias=False, name=f"{name}_conv")(x)
    return BatchNormalization(channel_axis(), epsilon=1e-5, name=f"{name}_bn")(x)
