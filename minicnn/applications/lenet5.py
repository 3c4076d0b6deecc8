"""LeNet-5, the plain form with a softmax output.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
Recognition", Proceedings of the IEEE 86(11), 1998.

====== ================= =============== ======================
Layer  Kind              Output          Weights
====== ================= =============== ======================
C1     convolution 5x5   28 x 28 x 6     156
S2     average pool 2x2  14 x 14 x 6
C3     convolution 5x5   10 x 10 x 16    2,416
S4     average pool 2x2  5 x 5 x 16
C5     convolution 5x5   1 x 1 x 120     48,120
F6     dense, tanh       84              10,164
Output dense, softmax    10              850
====== ================= =============== ======================

The paper's 32x32 input is a 28x28 image with a border of two zeros; here C1's SAME padding is
that border. 61,706 weights in all.
"""

from ..layers import AveragePooling2D, Conv2D, Dense, Flatten, Input
from ..models import Sequential


def LeNet5(input_shape=(28, 28, 1), classes=10, activation="tanh", name="lenet5"):  # noqa: N802
    """A new LeNet-5.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of an image, at least 28 x 28 (smaller images leave C5 no input).
    classes : int
    activation : str
        Of every layer but the last.
    name : str

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> LeNet5().count_params()
    61706
    """
    return Sequential(
        [
            Input(input_shape),
            Conv2D(6, 5, padding="same", activation=activation, name="C1"),
            AveragePooling2D(2, name="S2"),
            Conv2D(16, 5, activation=activation, name="C3"),
            AveragePooling2D(2, name="S4"),
            Conv2D(120, 5, activation=activation, name="C5"),
            Flatten(name="flatten"),
            Dense(84, activation=activation, name="F6"),
            Dense(classes, activation="softmax", name="output"),
        ],
        name=name,
    )
