"""ResNet-50, -101 and -152: bottleneck units whose input is added to their output.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
table 1. A unit: 1x1, 3x3, 1x1 with four times the maps, each batch-normalized; as in Keras the
stride is in the first 1x1, and the convolutions have biases.

=========== ================= ========= ========== ==========
Stage       Output            ResNet-50 ResNet-101 ResNet-152
=========== ================= ========= ========== ==========
conv1 7x7   112 x 112 x 64    1         1          1
max pool    56 x 56 x 64
conv2       56 x 56 x 256     3 units   3          3
conv3       28 x 28 x 512     4         4          8
conv4       14 x 14 x 1024    6         23         36
conv5       7 x 7 x 2048      3         3          3
mean        2048
predictions 1,000
=========== ================= ========= ========== ==========

25,636,712, 44,707,176 and 60,419,944 weights, of which 25,583,592, 44,601,832 and 60,268,520
learn; without the top 23,587,712, 42,658,176 and 58,370,944. ``preprocess_input``: mode "caffe".
"""

from functools import partial

from ..layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D
from .assembly import channel_axis, network
from .imagenet_utils import decode_predictions, preprocessing
from .published import keras_weights

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("caffe")

_PUBLISHED = {
    50: ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    101: ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
    152: ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
}
_PUBLISHED = {
    depth: keras_weights("resnet", f"resnet{depth}", *md5) for depth, md5 in _PUBLISHED.items()
}


@network(size=224, published=_PUBLISHED[50])
def ResNet50(request):  # noqa: N802
    """A new ResNet-50.

    >>> ResNet50(weights=None, include_top=False).count_params()
    23587712
    """
    return request.head(stages(request.image, units=(3, 4, 6, 3)))


@network(size=224, published=_PUBLISHED[101])
def ResNet101(request):  # noqa: N802
    """A new ResNet-101: 44,707,176 weights."""
    return request.head(stages(request.image, units=(3, 4, 23, 3)))


@network(size=224, published=_PUBLISHED[152])
def ResNet152(request):  # noqa: N802
    """A new ResNet-152: 60,419,944 weights."""
    return request.head(stages(request.image, units=(3, 8, 36, 3)))


def stages(x, units, use_bias=True, scale=None):
    """All layers under the head.

    Parameters
    ----------
    x : SymbolicTensor
    units : tuple of int
        How many in each of the four stages.
    use_bias : bool
        Whether convolutions have a bias, which the normalization after them makes needless.
    scale : function, optional
        ``scale(x, name)`` is applied to the output of each unit before the sum.
    """
    x = ZeroPadding2D(3, name="conv1_pad")(x)
    x = _normalized(x, 64, 7, "conv1", strides=2, use_bias=use_bias)
    x = Activation("relu", name="conv1_relu")(x)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (count, filters) in enumerate(zip(units, (64, 128, 256, 512)), 2):
        for number in range(1, count + 1):
            name = f"conv{stage}_block{number}"
            strides = 2 if number == 1 and stage > 2 else 1
            x = _unit(x, filters, strides, number == 1, name, use_bias, scale)
    return x


def _unit(x, filters, strides, projects, name, use_bias, scale):
    """One bottleneck unit; the first of a stage projects its input to the new shape."""
    normalized = partial(_normalized, use_bias=use_bias)
    skip = x
    if projects:
        skip = normalized(x, 4 * filters, 1, f"{name}_0", strides=strides)
    x = normalized(x, filters, 1, f"{name}_1", strides=strides)
    x = Activation("relu", name=f"{name}_1_relu")(x)
    x = normalized(x, filters, 3, f"{name}_2", padding="same")
    x = Activation("relu", name=f"{name}_2_relu")(x)
    x = normalized(x, 4 * filters, 1, f"{name}_3")
    if scale is not None:
        x = scale(x, f"{name}_se")
    x = Add(name=f"{name}_add")([skip, x])
    return Activation("relu", name=f"{name}_out")(x)


def _normalized(x, filters, size, name, **options):
    """A convolution and its batch normalization."""
    x = Conv2D(filters, size, name=f"{name}_conv", **options)(x)
    return BatchNormalization(channel_axis(), epsilon=1.001e-5, name=f"{name}_bn")(x)
