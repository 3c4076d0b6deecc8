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

19,024,513 weights in all, 83,584 without the top. The output is the probability of the second
class. ``preprocess_input``: 0 to 1.
"""

import numpy as np

from ..layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from .predictions import decoding, scores
from .predictions import unit_range as preprocess_input
from .stacked import stack

__all__ = ["CLASSES", "DogsAndCats", "decode_predictions", "preprocess_input"]

CLASSES = ("cat", "dog")


def decode_predictions(preds, top=2):
    """``[[(name, score), ...], ...]``: the better class of each of ``preds`` first."""
    preds = scores(preds, 1)
    return decoding(CLASSES)(np.concatenate([1 - preds, preds], axis=1), top)


def DogsAndCats(  # noqa: N802
    input_shape=(150, 150, 3), name="dogs_and_cats", include_top=True, weights=None, pooling=None
):
    """A new CNN for two classes.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of an image.
    name : str
    include_top, weights, pooling
        As of :func:`~minicnn.applications.LeNet5`.

    Returns
    -------
    Sequential
        Not compiled; for binary cross-entropy.

    Examples
    --------
    >>> DogsAndCats().count_params()
    19024513
    """
    maps = [Input(input_shape)]
    for filters in (16, 64, 128):
        maps += [Conv2D(filters, 3, activation="relu"), MaxPooling2D(2)]
    top = [Flatten(), Dense(512, activation="relu"), Dense(1, activation="sigmoid")]
    return stack("DogsAndCats", maps, top, name, include_top, weights, pooling)
