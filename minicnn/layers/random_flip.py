"""Images mirrored at random."""

import numpy as np

from minicnn_kernels import memory

from .augmentation import Augmentation, one_of
from .base import registry

_MODES = ("horizontal", "vertical", "horizontal_and_vertical")


@registry.register()
class RandomFlip(Augmentation):
    """Mirrors each image with probability 1/2, along each axis by a draw of its own.

    Parameters
    ----------
    mode : str
        ``"horizontal"`` (left becomes right), ``"vertical"`` or ``"horizontal_and_vertical"``
        (default).
    seed : int, optional
    data_format : str, optional
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.mode = one_of(self.label, "mode", mode, _MODES)

    def draw(self, rng, shape):
        drawn = rng.random((shape[0], 2)) < 0.5
        return drawn & np.array(["vertical" in self.mode, "horizontal" in self.mode])

    def change(self, x, drawn):
        return _flipped(x, drawn), None

    def adjoint(self, dy, drawn, slope, shape):
        return _flipped(dy, drawn)


def _flipped(x, drawn):
    y = memory.empty(x.shape, x.dtype)
    for image, target, (vertical, horizontal) in zip(x, y, drawn.tolist()):
        target[...] = image[:: -1 if vertical else 1, :: -1 if horizontal else 1]
    return y
