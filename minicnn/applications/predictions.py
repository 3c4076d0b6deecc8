"""What the outputs of a classifier mean: its best classes, by their names."""

import numpy as np

from minicnn_kernels.contracts import arrays

DIGITS = tuple("0123456789")
"""Names of the ten digits."""


def decoding(names, nearest=False):
    """``decode_predictions(preds, top)`` of networks whose classes are called ``names``.

    With ``nearest`` outputs are distances, the smallest of which is the best.
    """

    def decode_predictions(preds, top=5):
        preds = scores(preds, len(names))
        top = arrays.integer("decode_predictions", "top", top, 1)
        order = np.argsort(preds if nearest else -preds, axis=1, kind="stable")[:, :top]
        return [
            [(names[best], float(row[best])) for best in chosen]
            for row, chosen in zip(preds, order)
        ]

    told = "distance), ...], ...]``: the nearest" if nearest else "score), ...], ...]``: the best"
    decode_predictions.__doc__ = f"``[[(name, {told} classes of each of ``preds``."
    return decode_predictions


def scores(preds, classes):
    """``preds`` as floats ``[N, classes]``, or a refusal."""
    preds = np.asarray(preds)
    if preds.ndim != 2 or preds.shape[1] != classes:
        raise ValueError(
            f"decode_predictions: preds must have shape (N, {classes}), got {preds.shape}"
        )
    if preds.dtype.kind not in "fiu":
        raise ValueError(f"decode_predictions: preds must be real numbers, got {preds.dtype}")
    return preds if preds.dtype.kind == "f" else preds.astype(float)


def unit_range(x):
    """Pixels of 0 to 255 as floats of 0 to 1.

    Parameters
    ----------
    x : array
        An image or a batch of images. Never modified.

    Returns
    -------
    ndarray
        float32, of the shape of ``x``.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise ValueError(f"preprocess_input: x must be real numbers, got {x.dtype}")
    return np.asarray(x, np.float32) / np.float32(255)
