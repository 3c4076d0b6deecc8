"""The CNN for MNIST of U. Michelucci, *Advanced Applied Deep Learning*, chapter 3.

============== ================ ===========
Layer          Output           Weights
============== ================ ===========
conv 5x5       24 x 24 x 32     832
max pool       12 x 12 x 32
dropout 0.2
flatten        4,608
dense          128              589,952
dense softmax  10               1,290
============== ================ ===========

592,074 weights in all, 832 without the top. The book feeds channels first;
``data_format="channels_first"`` does. ``preprocess_input``: 0 to 1.
"""

from ..layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from .predictions import DIGITS, decoding
from .predictions import unit_range as preprocess_input
from .stacked import stack

__all__ = ["MnistCNN", "decode_predictions", "preprocess_input"]

decode_predictions = decoding(DIGITS)


def MnistCNN(  # noqa: N802
    input_shape=(28, 28, 1),
    classes=10,
    dropout=0.2,
    data_format=None,
    name="mnist_cnn",
    include_top=True,
    weights=None,
    pooling=None,
):
    """A new MNIST CNN.

    Parameters
    ----------
    input_shape : (int, int, int)
        Of an image, in the layout of ``data_format``.
    classes : int
    dropout : float
        Rate of the one dropout layer.
    data_format : str, optional
        ``"channels_last"`` (default) or ``"channels_first"``.
    name : str
    include_top, weights, pooling
        As of :func:`~minicnn.applications.LeNet5`.

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> MnistCNN((1, 28, 28), data_format="channels_first").count_params()
    592074
    """
    maps = [
        Input(input_shape),
        Conv2D(32, 5, activation="relu", data_format=data_format),
        MaxPooling2D(2, data_format=data_format),
        Dropout(dropout),
    ]
    top = [Flatten(), Dense(128, activation="relu"), Dense(classes, activation="softmax")]
    return stack("MnistCNN", maps, top, name, include_top, weights, pooling, data_format)
