"""The CNN that finds digits in pictures, window by window.

U. Michelucci, *Advanced Applied Deep Learning*, chapter 6.

============== ================ ===========
Layer          Output           Weights
============== ================ ===========
conv 3x3       26 x 26 x 32     320
conv 3x3       24 x 24 x 64     18,496
max pool       12 x 12 x 64
dropout 0.25
flatten        9,216
dense          128              1,179,776
dropout 0.5
dense softmax  10               1,290
============== ================ ===========

1,199,882 weights in all, 18,816 without the top. ``preprocess_input``: 0 to 1.
"""

from ..layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from .predictions import DIGITS, decoding
from .predictions import unit_range as preprocess_input
from .stacked import stack

__all__ = ["DigitLocalizer", "decode_predictions", "preprocess_input"]

decode_predictions = decoding(DIGITS)


def DigitLocalizer(  # noqa: N802
    input_shape=(28, 28, 1),
    classes=10,
    dropout=(0.25, 0.5),
    name="digit_localizer",
    include_top=True,
    weights=None,
    pooling=None,
):
    """A new digit localizer: a classifier of windows of 28 x 28 pixels.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of a window.
    classes : int
    dropout : (float, float)
        Rates after the pooling and after the hidden dense layer.
    name : str
    include_top, weights, pooling
        As of :func:`~minicnn.applications.LeNet5`.

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> DigitLocalizer().count_params()
    1199882
    """
    if not isinstance(dropout, (tuple, list)) or len(dropout) != 2:
        raise ValueError(f"DigitLocalizer: dropout must be two rates, got {dropout!r}")
    maps = [
        Input(input_shape),
        Conv2D(32, 3, activation="relu"),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Dropout(dropout[0]),
    ]
    top = [
        Flatten(),
        Dense(128, activation="relu"),
        Dropout(dropout[1]),
        Dense(classes, activation="softmax"),
    ]
    return stack("DigitLocalizer", maps, top, name, include_top, weights, pooling)
