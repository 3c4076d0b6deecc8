"""The CNN for Fashion-MNIST of A. Géron, *Hands-On Machine Learning*, chapter 14.

Map counts double after each pooling layer: 64, 128, 128, 256, 256.

============== ================ ===========
Layer          Output           Weights
============== ================ ===========
conv 7x7       28 x 28 x 64     3,200
max pool       14 x 14 x 64
conv 3x3       14 x 14 x 128    73,856
conv 3x3       14 x 14 x 128    147,584
max pool       7 x 7 x 128
conv 3x3       7 x 7 x 256      295,168
conv 3x3       7 x 7 x 256      590,080
max pool       3 x 3 x 256
dense          128              295,040
dropout 0.5
dense          64               8,256
dropout 0.5
dense softmax  10               650
============== ================ ===========

1,413,834 weights in all, 1,109,888 without the top. ``preprocess_input``: 0 to 1.
"""

from functools import partial

from ..layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from .predictions import decoding
from .predictions import unit_range as preprocess_input
from .stacked import stack

__all__ = ["CLASSES", "FashionCNN", "decode_predictions", "preprocess_input"]

CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

decode_predictions = decoding(CLASSES)


def FashionCNN(  # noqa: N802
    input_shape=(28, 28, 1),
    classes=10,
    dropout=0.5,
    name="fashion_cnn",
    include_top=True,
    weights=None,
    pooling=None,
):
    """A new Fashion CNN.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of an image.
    classes : int
    dropout : float
        Rate after each hidden dense layer; 0 leaves the dropout layers without effect.
    name : str
    include_top, weights, pooling
        As of :func:`~minicnn.applications.LeNet5`.

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> FashionCNN().count_params()
    1413834
    """
    convolution = partial(Conv2D, kernel_size=3, padding="same", activation="relu")
    maps = [
        Input(input_shape),
        convolution(64, kernel_size=7),
        MaxPooling2D(2),
        convolution(128),
        convolution(128),
        MaxPooling2D(2),
        convolution(256),
        convolution(256),
        MaxPooling2D(2),
    ]
    top = [
        Flatten(),
        Dense(128, activation="relu"),
        Dropout(dropout),
        Dense(64, activation="relu"),
        Dropout(dropout),
        Dense(classes, activation="softmax"),
    ]
    return stack("FashionCNN", maps, top, name, include_top, weights, pooling)
