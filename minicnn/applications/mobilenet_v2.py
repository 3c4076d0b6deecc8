"""MobileNetV2: residual sums between the thin ends of blocks that are wide inside.

M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L. Chen, "MobileNetV2: Inverted Residuals and Linear
Bottlenecks", CVPR 2018, table 2. A block: 1x1 to six times the maps, depthwise 3x3, 1x1 to the
thin end without ReLU; every convolution is batch-normalized and has no bias.

============== ================= ======
Part           Output            Blocks
============== ================= ======
conv 3x3 / 2   112 x 112 x 32
16, not wider  112 x 112 x 16    1
24 / 2         56 x 56 x 24      2
32 / 2         28 x 28 x 32      3
64 / 2         14 x 14 x 64      4
96             14 x 14 x 96      3
160 / 2        7 x 7 x 160       3
320            7 x 7 x 320       1
conv 1x1       7 x 7 x 1280
mean           1280
predictions    1,000
============== ================= ======

3,538,984 weights, of which 3,504,872 learn; 2,257,984 without the top.
``preprocess_input``: mode "tf".
"""

from ..layers import (
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    ReLU,
    ZeroPadding2D,
)
from .assembly import Request, channel_axis
from .imagenet_utils import decode_predictions, preprocessing
from .mobilenet import width
from .published import KERAS, published_side

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

# Maps, number of blocks and stride of the first of them.
_STAGES = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
_EXPANSION = 6
_PUBLISHED_SIDES = (96, 128, 160, 192, 224)
_PUBLISHED_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


def MobileNetV2(  # noqa: N802
    input_shape=None,
    alpha=1.0,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """A new MobileNetV2.

    >>> MobileNetV2(weights=None, include_top=False).count_params()
    2257984

    Parameters
    ----------
    input_shape : tuple, optional
        Of an image, without batch, 224 x 224 by default and at least 32 x 32.
    alpha : float
        Times so many maps in every layer, rounded to a multiple of 8; above 1 also in the last.
    include_top, weights, input_tensor, pooling, classes, classifier_activation, name
        As of :func:`~minicnn.applications.VGG16`. ``"imagenet"`` is there for alpha 0.35, 0.5,
        0.75, 1, 1.3 and 1.4 and sizes 96, 128, 160, 192 and 224 (any other size gets those of
        224); Keras publishes no hashes of these files, so only names and shapes of the weights
        are checked.

    Returns
    -------
    Model
        Not compiled.
    """
    alpha = width("MobileNetV2", alpha)
    if input_shape is None and input_tensor is not None:
        input_shape = tuple(input_tensor.shape[1:])
    side = published_side(input_shape, _PUBLISHED_SIDES)
    published = None
    if alpha in _PUBLISHED_WIDTHS:
        stem = f"{KERAS}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels"
        stem = f"{stem}_{float(alpha)}_{side}"
        published = {True: (f"{stem}.h5", None), False: (f"{stem}_no_top.h5", None)}
    request = Request(
        "MobileNetV2",
        size=224,
        smallest=32,
        published=published,
        include_top=include_top,
        weights=weights,
        input_tensor=input_tensor,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
        name=name,
    )
    rows = side if weights == "imagenet" else request.image.shape[2 if channel_axis() == 1 else 1]
    request.name = name or f"mobilenetv2_{alpha:0.2f}_{rows}"
    return request.model(lambda: _layers(request, alpha))


def _layers(request, alpha):
    x = Conv2D(rounded(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(
        request.image
    )
    x = ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    block = 0
    for filters, count, strides in _STAGES:
        for number in range(count):
            x = _block(x, rounded(int(filters * alpha)), strides if number == 0 else 1, block)
            block += 1
    last = rounded(1280 * alpha) if alpha > 1 else 1280
    x = Conv2D(last, 1, use_bias=False, name="Conv_1")(x)
    x = ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    if not request.include_top:
        return request.pooled(x)
    return request.classifier(GlobalAveragePooling2D()(x))


def rounded(maps, divisor=8):
    """The multiple of 8 nearest to ``maps``, but at least 8 and at least nine tenths of it."""
    nearest = max(divisor, int(maps + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * maps else nearest


def _block(x, filters, strides, number):
    """An inverted residual block; the first one is not widened."""
    thin, name = x, f"block_{number}_" if number else "expanded_conv_"
    channels = x.shape[channel_axis()]
    if number:
        x = Conv2D(_EXPANSION * channels, 1, padding="same", use_bias=False, name=f"{name}expand")(
            x
        )
        x = ReLU(6.0, name=f"{name}expand_relu")(_normalized(x, f"{name}expand_BN"))
    if strides == 2:
        x = ZeroPadding2D(_border(x), name=f"{name}pad")(x)
    padding = "same" if strides == 1 else "valid"
    x = DepthwiseConv2D(3, strides, padding, use_bias=False, name=f"{name}depthwise")(x)
    x = ReLU(6.0, name=f"{name}depthwise_relu")(_normalized(x, f"{name}depthwise_BN"))
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_BN")
    if strides == 1 and channels == filters:
        x = Add(name=f"{name}add")([thin, x])
    return x


def _border(x):
    """Zeros that center a 3x3 window of stride 2: none before an even length."""
    lengths = x.shape[2:] if channel_axis() == 1 else x.shape[1:-1]
    return tuple((0 if length is None or length % 2 == 0 else 1, 1) for length in lengths)


def _normalized(x, name):
    return BatchNormalization(channel_axis(), momentum=0.999, name=name)(x)
