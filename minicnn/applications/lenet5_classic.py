"""LeNet-5 as it was in 1998, in full.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
Recognition", Proceedings of the IEEE 86(11), 1998, section II.B.

====== ============================================ =============== =======
Layer  Kind                                         Output          Weights
====== ============================================ =============== =======
C1     convolution 5x5                              28 x 28 x 6     156
S2     trained subsampling 2x2                      14 x 14 x 6     12
C3     convolution 5x5, maps connected by table I   10 x 10 x 16    1,516
S4     trained subsampling 2x2                      5 x 5 x 16      32
C5     convolution 5x5                              1 x 1 x 120     48,120
F6     dense                                        84              10,164
Output squared distance to the code of each class   10              840
====== ============================================ =============== =======

60,840 weights, of which 60,000 learn: the 840 of the codes are fixed. Without the top 49,836. Every
layer but the last ends in ``1.7159 tanh(2/3 z)``. The *smallest* output names the class. To train
it::

    model.compile("adam", MAPCriterion(), metrics=[NearestAccuracy()])
    model.fit(preprocess_input(images), labels)

``decode_predictions`` tells the nearest classes and their distances.
"""

import numpy as np

from ..initializers import RandomUniform
from ..layers import RBF, Conv2D, Dense, Flatten, Input, TableConv2D, TrainedSubsampling
from .predictions import DIGITS, decoding
from .stacked import stack

__all__ = [
    *("IMAGE_SHAPE", "TABLE", "LeNet5Classic"),
    *("decode_predictions", "digit_codes", "preprocess_input"),
]

decode_predictions = decoding(DIGITS, nearest=True)

IMAGE_SHAPE = (28, 28, 1)
"""Height, width and channels of the images that ``preprocess_input`` takes."""

# Table I: which maps of S2 each map of C3 sees.
TABLE = [
    *([0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 0], [5, 0, 1]),
    *([0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 0], [4, 5, 0, 1], [5, 0, 1, 2]),
    *([0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]),
]

# The classes as pictures of 7 x 12 pixels, in the manner of figure 3: like digits look alike, so
# that a mistake between them is the smaller one.
_PICTURES = """
 .###...  ...#...  .#####.  #######  .....#.  #######  ..####.  #######  .#####.  .####..
 #...#..  ..##...  #.....#  .....#.  ....##.  #......  .#.....  ......#  #.....#  #....#.
 #....#.  .#.#...  ......#  ....#..  ...#.#.  #......  #......  .....#.  #.....#  #.....#
 #.....#  ...#...  ......#  ...#...  ..#..#.  #......  #......  .....#.  #.....#  #.....#
 #.....#  ...#...  .....#.  ..###..  .#...#.  #####..  #.###..  ....#..  .#...#.  #.....#
 #.....#  ...#...  ....#..  .....#.  #....#.  .....#.  ##...#.  ....#..  ..###..  .#...##
 #.....#  ...#...  ...#...  ......#  #######  ......#  #.....#  ...#...  .#...#.  ..###.#
 #.....#  ...#...  ..#....  ......#  .....#.  ......#  #.....#  ...#...  #.....#  ......#
 #.....#  ...#...  .#.....  ......#  .....#.  ......#  #.....#  ..#....  #.....#  ......#
 .#....#  ...#...  #......  #.....#  .....#.  #.....#  #.....#  ..#....  #.....#  ......#
 ..#...#  ...#...  #......  .#...#.  .....#.  .#...#.  .#...#.  .#.....  #.....#  .....#.
 ...###.  .#####.  #######  ..###..  .....#.  ..###..  ..###..  .#.....  .#####.  .####..
"""


def digit_codes():
    """``[10, 84]``: the picture of each digit, row by row, 1 for ink and -1 for paper."""
    rows = [line.split() for line in _PICTURES.strip().splitlines()]
    digits = ["".join(parts) for parts in zip(*rows)]
    return np.array([[1 if pixel == "#" else -1 for pixel in digit] for digit in digits])


def preprocess_input(x):
    """Grey images of 0 (paper) to 255 as the paper feeds them: -0.1 to 1.175, 32 x 32.

    Parameters
    ----------
    x : array
        ``[N, 28, 28]`` or ``[N, 28, 28, 1]``; a border of two pixels of paper is added.

    Returns
    -------
    ndarray
        float32 ``[N, 32, 32, 1]``, of mean about 0 and variance about 1.
    """
    x = np.asarray(x)
    if x.ndim not in (3, 4) or x.shape[1:] not in ((28, 28), (28, 28, 1)):
        raise ValueError(f"preprocess_input: x must have shape (N, 28, 28, 1), got {x.shape}")
    if x.dtype.kind not in "fiub":
        raise ValueError(f"preprocess_input: x must be real numbers, got {x.dtype}")
    x = np.pad(x.reshape(-1, 28, 28, 1), ((0, 0), (2, 2), (2, 2), (0, 0)))
    return (x * np.float32(1.275 / 255) - np.float32(0.1)).astype(np.float32)


def LeNet5Classic(  # noqa: N802
    codes=None, name="lenet5_classic", include_top=True, weights=None, pooling=None
):
    """A new LeNet-5 of 1998.

    Parameters
    ----------
    codes : array, optional
        ``[classes, 84]`` of 1 and -1; default: pictures of the ten digits.
    name : str
    include_top, weights, pooling
        As of :func:`~minicnn.applications.LeNet5`.

    Returns
    -------
    Sequential
        Not compiled; takes images of 32 x 32 with one channel.

    Examples
    --------
    >>> LeNet5Classic().count_params()
    60840
    """
    codes = digit_codes() if codes is None else codes

    def options(fan_in):
        limit = 2.4 / fan_in  # the paper's appendix A
        return {"activation": "scaled_tanh", "kernel_initializer": RandomUniform(-limit, limit)}

    maps = [
        Input((32, 32, 1)),
        Conv2D(6, 5, name="C1", **options(25)),
        TrainedSubsampling(2, name="S2"),
        TableConv2D(TABLE, 5, name="C3", **options(4 * 25)),
        TrainedSubsampling(2, name="S4"),
        Conv2D(120, 5, name="C5", **options(16 * 25)),
    ]
    top = [
        Flatten(name="flatten"),
        Dense(84, name="F6", **options(120)),
        RBF(codes, name="output"),
    ]
    return stack("LeNet5Classic", maps, top, name, include_top, weights, pooling)
