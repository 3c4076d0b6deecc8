"""MobileNet: thirteen depthwise separable convolutions after a plain one.

A. Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications", 2017, table 1. Each convolution has no bias, a batch normalization and ReLU6.

===================== ==================
Part                  Output
===================== ==================
conv 3x3 / 2          112 x 112 x 32
separable 64          112 x 112 x 64
separable 128 / 2     56 x 56 x 128
separable 128         56 x 56 x 128
separable 256 / 2     28 x 28 x 256
separable 256         28 x 28 x 256
separable 512 / 2     14 x 14 x 512
5 separable 512       14 x 14 x 512
separable 1024 / 2    7 x 7 x 1024
separable 1024        7 x 7 x 1024
mean, dropout         1 x 1 x 1024
conv 1x1              1,000
===================== ==================

4,253,864 weights, of which 4,231,976 learn; 3,228,864 without the top.
``preprocess_input``: mode "tf".
"""

from minicnn_kernels.contracts import arrays

from ..layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)
from .assembly import Request, channel_axis
from .imagenet_utils import decode_predictions, preprocessing
from .published import KERAS, published_side

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

# Maps and stride of each separable convolution.
_SEPARABLE = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)
_PUBLISHED_SIZES = (128, 160, 192, 224)
_PUBLISHED_WIDTHS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}


def MobileNet(  # noqa: N802
    input_shape=None,
    alpha=1.0,
    depth_multiplier=1,
    dropout=1e-3,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """A new MobileNet.

    >>> MobileNet(weights=None, include_top=False).count_params()
    3228864

    Parameters
    ----------
    input_shape : tuple, optional
        Of an image, without batch, 224 x 224 by default and at least 32 x 32.
    alpha : float
        Times so many maps in every layer.
    depth_multiplier : int
        Depthwise filters for each map.
    dropout : float
        Rate before the classifier.
    include_top, weights, input_tensor, pooling, classes, classifier_activation, name
        As of :func:`~minicnn.applications.VGG16`. ``"imagenet"`` is there for alpha 0.25, 0.5,
        0.75 and 1 and sizes 128, 160, 192 and 224 (any other size gets those of 224); Keras
        publishes no hashes of these files, so only names and shapes of the weights are checked.

    Returns
    -------
    Model
        Not compiled.
    """
    alpha = width("MobileNet", alpha)
    side = published_side(input_shape, _PUBLISHED_SIZES)
    published = None
    if alpha in _PUBLISHED_WIDTHS and depth_multiplier == 1:
        stem = f"{KERAS}/mobilenet/mobilenet_{_PUBLISHED_WIDTHS[alpha]}_{side}_tf"
        published = {True: (f"{stem}.h5", None), False: (f"{stem}_no_top.h5", None)}
    request = Request(
        "MobileNet",
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
    request.name = name or f"mobilenet_{alpha:0.2f}_{rows}"
    return request.model(lambda: _layers(request, alpha, depth_multiplier, dropout))


def width(network, alpha):
    """``alpha`` of the MobileNets, times which every layer has its maps: finite and above 0."""
    alpha = arrays.number(network, "alpha", alpha)
    if alpha <= 0:
        raise ValueError(f"{network}: alpha must be above 0, got {alpha!r}")
    return alpha


def _layers(request, alpha, depth_multiplier, dropout):
    x = Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(
        request.image
    )
    x = _active(x, "conv1")
    for number, (filters, strides) in enumerate(_SEPARABLE, 1):
        x = _separable(x, int(filters * alpha), strides, depth_multiplier, number)
    if not request.include_top:
        return request.pooled(x)
    x = GlobalAveragePooling2D(keepdims=True)(x)
    x = Dropout(dropout, name="dropout")(x)
    x = Conv2D(request.classes, 1, padding="same", name="conv_preds")(x)
    x = Reshape((request.classes,), name="reshape_2")(x)
    return Activation(request.classifier_activation, name="predictions")(x)


def _separable(x, filters, strides, depth_multiplier, number):
    """Depthwise 3x3, then 1x1; a stride of 2 pads after the image only, as TensorFlow does."""
    padding = "same"
    if strides == 2:
        x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
        padding = "valid"
    depthwise = DepthwiseConv2D(
        *(3, strides, padding, depth_multiplier), use_bias=False, name=f"conv_dw_{number}"
    )
    x = _active(depthwise(x), f"conv_dw_{number}")
    pointwise = Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{number}")
    return _active(pointwise(x), f"conv_pw_{number}")


def _active(x, name):
    x = BatchNormalization(channel_axis(), name=f"{name}_bn")(x)
    return ReLU(6.0, name=f"{name}_relu")(x)
