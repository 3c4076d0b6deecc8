"""The CNN for dogs and cats of U. Michelucci, *Advanced Applied Deep Learning*, chapter 4.

============== ================= ============
Layer          Output            Weights
============== ================= ============
conv 3x3       148 x 148 x 16    448
max pool       74 x 74 x 16
conv 3x3       72 x 72 x 64      9,280
max pool       36 x 36 x 64
conv 3x3       34 x 34 x 128     73,856
max pool       17 x 17 x 128
flatten        36,992
dense          512               18,940,416
dense sigmoid  1                 513
============== ================= ============

19,024,513 weights in all. The output is the probability of the second class.
"""

from ..layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from ..models import Sequential


def DogsAndCats(input_shape=(150, 150, 3), name="dogs_and_cats"):  # noqa: N802
    """A new CNN for two classes.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of an image.
    name : str

    Returns
    -------
    Sequential
        Not compiled; for binary cross-entropy.

    Examples
    --------
    >>> DogsAndCats().count_params()
    19024513
    """
    layers = [Input(input_shape)]
    for filters in (16, 64, 128):
        layers += [Conv2D(filters, 3, activation="relu"), MaxPooling2D(2)]
    layers += [Flatten(), Dense(512, activation="relu"), Dense(1, activation="sigmoid")]
    return Sequential(layers, name=name)
