"""Two photographs that come with scikit-learn: a Chinese temple and a flower."""

import numpy as np

from .. import extras

CLASS_NAMES = ("china", "flower")


def load_data():
    """Both photographs, uint8 ``[2, 427, 640, 3]``, RGB."""
    return np.stack([load_sample_image(name) for name in CLASS_NAMES])


def load_sample_image(name):
    """One photograph, uint8 ``[427, 640, 3]``.

    Parameters
    ----------
    name : str
        ``"china"`` or ``"flower"``, with or without ``.jpg``.

    Raises
    ------
    ModuleNotFoundError
        Without scikit-learn or Pillow.
    """
    stem = str(name).removesuffix(".jpg")
    if stem not in CLASS_NAMES:
        raise ValueError(f"load_sample_image: name must be 'china' or 'flower', got {name!r}")
    extras.load("PIL", "data,image", "load_sample_image")
    sklearn = extras.load("sklearn.datasets", "data,image", "load_sample_image")
    return np.array(sklearn.load_sample_image(f"{stem}.jpg"))
