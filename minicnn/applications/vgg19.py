"""VGG19: VGG16 with a fourth convolution in the last three blocks.

K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
ICLR 2015, configuration E.

============ ================= =============
Block        Output            Weights
============ ================= =============
2 conv 64    224 x 224 x 64    38,720
pool         112 x 112 x 64
2 conv 128   112 x 112 x 128   221,440
pool         56 x 56 x 128
4 conv 256   56 x 56 x 256     2,065,408
pool         28 x 28 x 256
4 conv 512   28 x 28 x 512     8,259,584
pool         14 x 14 x 512
4 conv 512   14 x 14 x 512     9,439,232
pool         7 x 7 x 512
fc1          4,096             102,764,544
fc2          4,096             16,781,312
predictions  1,000             4,097,000
============ ================= =============

143,667,240 weights in all, 20,024,384 without the top. ``preprocess_input``: mode "caffe".
"""

from .assembly import network
from .published import keras_weights
from .vgg16 import decode_predictions, preprocess_input, vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

_PUBLISHED = keras_weights(
    "vgg19", "vgg19", "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"
)


@network(size=224, published=_PUBLISHED)
def VGG19(request):  # noqa: N802
    """A new VGG19.

    >>> VGG19(weights=None, include_top=False).count_params()
    20024384
    """
    return vgg(request, convolutions=(2, 2, 4, 4, 4))
