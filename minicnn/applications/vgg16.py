"""VGG16: nothing but 3x3 convolutions, twice to three times before each pooling.

K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
ICLR 2015, configuration D.

============ ================= =============
Block        Output            Weights
============ ================= =============
2 conv 64    224 x 224 x 64    38,720
pool         112 x 112 x 64
2 conv 128   112 x 112 x 128   221,440
pool         56 x 56 x 128
3 conv 256   56 x 56 x 256     1,475,328
pool         28 x 28 x 256
3 conv 512   28 x 28 x 512     5,899,776
pool         14 x 14 x 512
3 conv 512   14 x 14 x 512     7,079,424
pool         7 x 7 x 512
fc1          4,096             102,764,544
fc2          4,096             16,781,312
predictions  1,000             4,097,000
============ ================= =============

138,357,544 weights in all, 14,714,688 without the top. ``preprocess_input``: mode "caffe".
"""

from ..layers import Conv2D, Dense, Flatten, MaxPooling2D
from .assembly import network
from .imagenet_utils import decode_predictions, preprocessing
from .published import keras_weights

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("caffe")

_PUBLISHED = keras_weights(
    "vgg16", "vgg16", "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"
)


@network(size=224, published=_PUBLISHED)
def VGG16(request):  # noqa: N802
    """A new VGG16.

    >>> VGG16(weights=None, include_top=False).count_params()
    14714688
    """
    return vgg(request, convolutions=(2, 2, 3, 3, 3))


def vgg(request, convolutions):
    """The network with that many convolutions in each of its five blocks."""
    x = request.image
    for block, (count, filters) in enumerate(zip(convolutions, (64, 128, 256, 512, 512)), 1):
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            x = Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = MaxPooling2D(2, name=f"block{block}_pool")(x)
    if not request.include_top:
        return request.pooled(x)
    x = Flatten(name="flatten")(x)
    x = Dense(4096, activation="relu", name="fc1")(x)
    x = Dense(4096, activation="relu", name="fc2")(x)
    return request.classifier(x)
