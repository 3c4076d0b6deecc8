"""ZF Net, which won ImageNet's challenge of 2013: AlexNet with a finer first layer.

M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure 3.

============== ================ ============
Layer          Output           Weights
============== ================ ============
C1 7x7 / 2     110 x 110 x 96   14,208
S2 max 3 / 2   55 x 55 x 96     then local response normalization
C3 5x5 / 2     26 x 26 x 256    614,656
S4 max 3 / 2   13 x 13 x 256    then local response normalization
C5 3x3         13 x 13 x 384    885,120
C6 3x3         13 x 13 x 384    1,327,488
C7 3x3         13 x 13 x 256    884,992
S8 max 3 / 2   6 x 6 x 256
F9             4,096            37,752,832
F10            4,096            16,781,312
predictions    1,000            4,097,000
============== ================ ============

62,357,608 weights in all. The paper's best net has 512, 1024 and 512 maps in C5, C6 and C7
(``filters``). ``preprocess_input``: mode "caffe".
"""

from functools import partial

from ..layers import Conv2D, LocalResponseNormalization, MaxPooling2D, ZeroPadding2D
from .alexnet import decode_predictions, dense_head, preprocess_input
from .assembly import network

__all__ = ["ZFNet", "decode_predictions", "preprocess_input"]


@network(size=224, smallest=67)
def ZFNet(request, filters=(384, 384, 256), dropout=0.5):  # noqa: N802
    """A new ZF Net.

    >>> ZFNet(include_top=False).count_params()
    3726464

    Parameters
    ----------
    filters : three int
        Maps of C5, C6 and C7.
    dropout : float
        Rate after each hidden dense layer.
    """
    if not isinstance(filters, (tuple, list)) or len(filters) != 3:
        raise ValueError(f"ZFNet: filters must be three integers, got {filters!r}")
    pooling = partial(MaxPooling2D, 3, strides=2, padding="same")
    normalization = partial(LocalResponseNormalization, 2, alpha=2e-5, beta=0.75)
    x = ZeroPadding2D(1, name="C1_pad")(request.image)
    x = Conv2D(96, 7, strides=2, activation="relu", name="C1")(x)
    x = normalization(name="S2_norm")(pooling(name="S2")(x))
    x = Conv2D(256, 5, strides=2, activation="relu", name="C3")(x)
    x = normalization(name="S4_norm")(pooling(name="S4")(x))
    for name, maps in zip(("C5", "C6", "C7"), filters):
        x = Conv2D(maps, 3, padding="same", activation="relu", name=name)(x)
    x = MaxPooling2D(3, strides=2, name="S8")(x)
    return dense_head(request, x, dropout)
