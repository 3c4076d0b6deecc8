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
that border. 61,706 weights in all, 50,692 without the top. ``preprocess_input``: 0 to 1.
"""

from ..layers import AveragePooling2D, Conv2D, Dense, Flatten, Input
from .lenet5_classic import LeNet5Classic
from .predictions import DIGITS, decoding
from .predictions import unit_range as preprocess_input
from .stacked import stack

__all__ = ["LeNet5", "decode_predictions", "preprocess_input"]

decode_predictions = decoding(DIGITS)


def LeNet5(  # noqa: N802
    input_shape=(28, 28, 1),
    classes=10,
    activation="tanh",
    name=None,
    classic=False,
    include_top=True,
    weights=None,
    pooling=None,
):
    """A new LeNet-5.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width, channels of an image, at least 28 x 28 (smaller images leave C5 no input).
    classes : int
    activation : str
        Of every layer but the last.
    name : str, optional
        Default ``"lenet5"``, of the classic form ``"lenet5_classic"``.
    classic : bool
        Give :func:`~minicnn.applications.LeNet5Classic`, the net of 1998 in full, which reads 32 x
        32 images. It has no other shape, classes or activation.
    include_top : bool
        Whether F6 and the output are part of the network.
    weights : None or path
        Random; or of a file of MiniCNN or Keras, or an ``.npz`` that holds them as PyTorch lists
        them.
    pooling : {None, "avg", "max"}
        Without the top: what becomes of the last feature maps.

    Returns
    -------
    Sequential
        Not compiled.

    Examples
    --------
    >>> LeNet5().count_params()
    61706
    >>> LeNet5(classic=True).count_params()
    60840
    """
    if classic:
        _check_classic(input_shape, classes, activation)
        return LeNet5Classic(None, name or "lenet5_classic", include_top, weights, pooling)
    maps = [
        Input(input_shape),
        Conv2D(6, 5, padding="same", activation=activation, name="C1"),
        AveragePooling2D(2, name="S2"),
        Conv2D(16, 5, activation=activation, name="C3"),
        AveragePooling2D(2, name="S4"),
        Conv2D(120, 5, activation=activation, name="C5"),
    ]
    top = [
        Flatten(name="flatten"),
        Dense(84, activation=activation, name="F6"),
        Dense(classes, activation="softmax", name="output"),
    ]
    return stack("LeNet5", maps, top, name or "lenet5", include_top, weights, pooling)


def _check_classic(input_shape, classes, activation):
    """Refuse what the net of 1998 does not leave open; the plain form's defaults pass."""
    for argument, value, expected in (
        ("input_shape", tuple(input_shape), ((28, 28, 1), (32, 32, 1))),
        ("classes", classes, (10,)),
        ("activation", activation, ("tanh", "scaled_tanh")),
    ):
        if value not in expected:
            raise ValueError(
                f"LeNet5: {argument} must be {expected[-1]!r} with classic=True, got {value!r}"
            )
