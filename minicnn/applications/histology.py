"""Four CNNs for tiles of tissue, from U. Michelucci, *Advanced Applied Deep Learning*, chapter 8.

Tiles of 150 x 150 pixels in eight classes (colorectal histology). Each net is a step of the
chapter: a small one, a wider one that overfits, a deep one of few weights, and VGG16 thawed at
its end.

======= ==================================================================== ============
Version Layers                                                               Weights
======= ==================================================================== ============
v1      2 times conv 3x3 / 3 and pool: 32, 64 maps; dense 64, 8              85,512
v2      conv 5x5 and 2 conv 3x3, a pool after each: 128, 64, 64 maps;        5,447,912
        dense 256, 64, 32, 8
v3      3 times 3 conv 3x3 and pool 3: 16, 32, 64 maps; conv 3x3 of 128,     639,240
        128, 256 and pool 3; maximum; dense 8
v4      VGG16 without top; dense 1024, 8                                     23,112,520
======= ==================================================================== ============

Of v4 15,477,256 weights learn: the new layers and VGG16's last four. Without the top 19,392,
120,448, 637,184 and 14,714,688 weights are left. ``preprocess_input``: 0 to 1.
"""

from functools import partial

from ..layers import Conv2D, Dense, Dropout, Flatten, GlobalMaxPooling2D, Input, MaxPooling2D
from .predictions import decoding
from .predictions import unit_range as preprocess_input
from .stacked import stack
from .vgg16 import VGG16

__all__ = [
    "CLASSES",
    "HistologyV1",
    "HistologyV2",
    "HistologyV3",
    "HistologyV4",
    "decode_predictions",
    "preprocess_input",
]

# Of the data set, in the order of its folders.
CLASSES = (
    *("tumor", "stroma", "complex", "lympho"),
    *("debris", "mucosa", "adipose", "empty"),
)

decode_predictions = decoding(CLASSES)

_SHAPE = (150, 150, 3)


def HistologyV1(  # noqa: N802
    input_shape=_SHAPE,
    classes=8,
    dropout=0.5,
    name="histology_v1",
    include_top=True,
    weights=None,
    pooling=None,
):
    """The small one: strides of 3 leave 4 x 4 maps after two convolutions.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of a tile.
    classes : int
    dropout : float
        Rate of the dropout layers.
    name : str
    include_top, weights, pooling
        As of :func:`~minicnn.applications.LeNet5`.

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> HistologyV1().count_params()
    85512
    """
    maps = [Input(input_shape)]
    for filters in (32, 64):
        maps += [Conv2D(filters, 3, strides=3, activation="relu"), MaxPooling2D(2)]
    top = [Flatten(), Dense(64, activation="relu"), Dropout(dropout)]
    top.append(Dense(classes, activation="softmax"))
    return stack("HistologyV1", maps, top, name, include_top, weights, pooling)


def HistologyV2(  # noqa: N802
    input_shape=_SHAPE,
    classes=8,
    dropout=0.5,
    name="histology_v2",
    include_top=True,
    weights=None,
    pooling=None,
):
    """The wider one; parameters as of :func:`HistologyV1`.

    >>> HistologyV2().count_params()
    5447912
    """
    maps = [Input(input_shape)]
    for filters, size in ((128, 5), (64, 3), (64, 3)):
        maps.append(Conv2D(filters, size, padding="same", activation="relu"))
        maps += [MaxPooling2D(2), Dropout(dropout)]
    top = [Flatten(), *(Dense(units, activation="relu") for units in (256, 64, 32))]
    top.append(Dense(classes, activation="softmax"))
    return stack("HistologyV2", maps, top, name, include_top, weights, pooling)


def HistologyV3(  # noqa: N802
    input_shape=_SHAPE,
    classes=8,
    dropout=0.5,
    name="histology_v3",
    include_top=True,
    weights=None,
    pooling=None,
):
    """The deep one; parameters as of :func:`HistologyV1`.

    >>> HistologyV3().count_params()
    639240
    """
    convolution = partial(Conv2D, kernel_size=3, padding="same", activation="relu")
    maps = [Input(input_shape)]
    for block in ((16, 16, 16), (32, 32, 32), (64, 64, 64), (128, 128, 256)):
        maps += [convolution(filters) for filters in block]
        maps += [Dropout(dropout), MaxPooling2D(3)]
    top = [GlobalMaxPooling2D(), Dense(classes, activation="softmax")]
    return stack("HistologyV3", maps, top, name, include_top, weights, pooling)


def HistologyV4(  # noqa: N802
    input_shape=_SHAPE,
    classes=8,
    dropout=0.5,
    weights=None,
    name="histology_v4",
    include_top=True,
    pooling=None,
):
    """VGG16 as a base, frozen but for its last four layers.

    Parameters
    ----------
    input_shape, classes, dropout, name, include_top, pooling
        As of :func:`HistologyV1`.
    weights : None, "imagenet" or path
        Of the base; the book takes ImageNet's.

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> HistologyV4().count_params()
    23112520
    """
    base = VGG16(include_top=False, weights=weights, input_shape=input_shape)
    for layer in base.layers[:-4]:
        layer.trainable = False
    top = [Flatten(), Dense(1024, activation="relu"), Dropout(dropout)]
    top.append(Dense(classes, activation="softmax"))
    return stack("HistologyV4", [base], top, name, include_top, None, pooling)
