"""AlexNet, which won ImageNet's challenge of 2012.

A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural
Networks", NIPS 2012. Local response normalization as in A. Géron, *Hands-On Machine Learning*,
chapter 14: radius 2, alpha 0.00002, beta 0.75, bias 1.

============== ================ ============ ============
Layer          Output           One group    Two groups
============== ================ ============ ============
C1 11x11 / 4   55 x 55 x 96     34,944       34,944
S2 max 3 / 2   27 x 27 x 96
C3 5x5         27 x 27 x 256    614,656      307,456
S4 max 3 / 2   13 x 13 x 256
C5 3x3         13 x 13 x 384    885,120      885,120
C6 3x3         13 x 13 x 384    1,327,488    663,936
C7 3x3         13 x 13 x 256    884,992      442,624
S8 max 3 / 2   6 x 6 x 256
F9             4,096            37,752,832   37,752,832
F10            4,096            16,781,312   16,781,312
predictions    1,000            4,097,000    4,097,000
============== ================ ============ ============

62,378,344 weights in all, 60,965,224 in two groups: the paper's net lay on two GPUs, and C3, C6
and C7 saw only the maps of their own. ``preprocess_input``: mode "caffe".
"""

from functools import partial

from ..layers import Conv2D, Dense, Dropout, Flatten, LocalResponseNormalization, MaxPooling2D
from .assembly import network
from .imagenet_utils import decode_predictions, preprocessing

__all__ = ["AlexNet", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("caffe")


@network(size=227, smallest=67)
def AlexNet(request, groups=1, dropout=0.5):  # noqa: N802
    """A new AlexNet.

    >>> AlexNet(include_top=False).count_params()
    3747200

    Parameters
    ----------
    groups : {1, 2}
        2: the paper's two halves.
    dropout : float
        Rate after each hidden dense layer.
    """
    if groups not in (1, 2):
        raise ValueError(f"AlexNet: groups must be 1 or 2, got {groups!r}")
    convolution = partial(Conv2D, padding="same", activation="relu")
    normalization = partial(LocalResponseNormalization, 2, alpha=2e-5, beta=0.75)
    x = Conv2D(96, 11, strides=4, activation="relu", name="C1")(request.image)
    x = normalization(name="C1_norm")(x)
    x = MaxPooling2D(3, strides=2, name="S2")(x)
    x = convolution(256, 5, groups=groups, name="C3")(x)
    x = normalization(name="C3_norm")(x)
    x = MaxPooling2D(3, strides=2, name="S4")(x)
    x = convolution(384, 3, name="C5")(x)
    x = convolution(384, 3, groups=groups, name="C6")(x)
    x = convolution(256, 3, groups=groups, name="C7")(x)
    x = MaxPooling2D(3, strides=2, name="S8")(x)
    return dense_head(request, x, dropout)


def dense_head(request, x, dropout):
    """Two dense layers of 4,096 units with dropout, and the classifier; ZF Net's too."""
    if not request.include_top:
        return request.pooled(x)
    x = Flatten(name="flatten")(x)
    for name in ("F9", "F10"):
        x = Dense(4096, activation="relu", name=name)(x)
        x = Dropout(dropout, name=f"{name}_dropout")(x)
    return request.classifier(x)
