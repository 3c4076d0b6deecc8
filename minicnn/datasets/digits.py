"""Handwritten digits that come with scikit-learn: real data without a download.

1,797 images of 8 x 8 (Alpaydin and Kaynak 1998, *Optical Recognition of Handwritten Digits*, UCI
Machine Learning Repository).
"""

import numpy as np

from .. import extras

CLASS_NAMES = tuple("0123456789")

_ORIGINAL_SIZE = 8
_LARGEST_SIZE = 256
_BRIGHTEST = 16  # in the original


def load_data(test_fraction=0.25, seed=0, size=None):
    """The digits in two parts, each with the same share of every class.

    Parameters
    ----------
    test_fraction : float
        Share of every class that is held out, above 0 and below 1.
    seed : int
        Decides which images are held out; the same seed, the same parts.
    size : int, optional
        Height and width to enlarge the images to, 8 to 256, by cubic splines: 28 or 32 for LeNet.
        8 if not given.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : uint8 arrays
        Images ``[N, size, size]`` in 0..255, ink bright on dark; labels ``[N]`` in 0..9.

    Raises
    ------
    ModuleNotFoundError
        Without scikit-learn.
    """
    if not 0 < test_fraction < 1:
        raise ValueError(
            f"digits.load_data: test_fraction must be above 0 and below 1, got {test_fraction}"
        )
    size = _ORIGINAL_SIZE if size is None else size
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
        raise TypeError(f"digits.load_data: size must be an integer, got {size!r}")
    if not _ORIGINAL_SIZE <= size <= _LARGEST_SIZE:
        raise ValueError(
            f"digits.load_data: size must be in [{_ORIGINAL_SIZE}, {_LARGEST_SIZE}], got {size}"
        )
    found = extras.load("sklearn.datasets", "data", "digits.load_data").load_digits()
    images = _enlarged(found.images / _BRIGHTEST, size)
    labels = found.target.astype(np.uint8)
    test = _held_out(labels, test_fraction, seed)
    return (images[~test], labels[~test]), (images[test], labels[test])


def _enlarged(images, size):
    """``images`` in 0..1 as ``size`` x ``size`` in 0..255: spline interpolation is linear."""
    if size != _ORIGINAL_SIZE:
        from scipy.ndimage import zoom

        factors = (size / _ORIGINAL_SIZE, 1)
        rows = zoom(np.eye(_ORIGINAL_SIZE), factors, order=3, mode="nearest", grid_mode=True)
        images = rows @ images @ rows.T
    return np.rint(255 * images.clip(0, 1)).astype(np.uint8)


def _held_out(labels, fraction, seed):
    """Mask of the test set: ``fraction`` of every class, at least one of it and not all."""
    rng = np.random.default_rng(seed)
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        test[members[: min(max(round(fraction * len(members)), 1), len(members) - 1)]] = True
    return test
