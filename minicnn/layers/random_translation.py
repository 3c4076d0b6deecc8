"""Images shifted at random."""

import numpy as np

from minicnn_kernels import memory
from minicnn_kernels.contracts import arrays

from . import resampling
from .augmentation import Augmentation, interval, one_of
from .base import registry


@registry.register()
class RandomTranslation(Augmentation):
    """Shifts each image down and right by random shares of its height and width.

    With ``fill_mode="constant"`` and ``interpolation="nearest"`` images move by whole pixels, in
    no time: ``RandomTranslation(2.5 / 28, 2.5 / 28, "constant", "nearest")`` draws each of the 25
    shifts by up to two pixels of a 28 by 28 image equally often.

    Parameters
    ----------
    height_factor : float or (float, float)
        Interval of the shift down as a share of the height, in [-1, 1] (negative: up); one number
        means ``±height_factor``.
    width_factor : float or (float, float)
        The same for the shift right.
    fill_mode : str
        ``"reflect"`` (default), ``"wrap"``, ``"constant"`` or ``"nearest"``: see
        :func:`minicnn.layers.resampling.affine`.
    interpolation : str
        ``"bilinear"`` (default) or ``"nearest"``: whole pixels.
    seed : int, optional
    fill_value : float
        For ``"constant"``.
    data_format : str, optional
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = interval(self.label, "height_factor", height_factor)
        self._right = interval(self.label, "width_factor", width_factor)
        self.fill_mode = one_of(self.label, "fill_mode", fill_mode, resampling.FILL_MODES)
        self.interpolation = one_of(
            self.label, "interpolation", interpolation, resampling.INTERPOLATIONS
        )
        self.fill_value = arrays.number(self.label, "fill_value", fill_value)

    def draw(self, rng, shape):
        count, height, width, _ = shape
        down, right = rng.uniform(*self._down, count), rng.uniform(*self._right, count)
        shifts = np.stack([down * height, right * width], axis=1)
        return np.ceil(shifts - 0.5).astype(np.int64) if self._is_whole else shifts

    def change(self, x, drawn):
        if self._is_whole:
            return _moved(x, drawn.tolist(), self.fill_value), None
        how = self.interpolation, self.fill_mode
        return resampling.affine(x, _maps(drawn), *how, self.fill_value), None

    def adjoint(self, dy, drawn, slope, shape):
        if self._is_whole:
            return _moved(dy, (-drawn).tolist(), 0)
        return resampling.affine_adjoint(dy, _maps(drawn), self.interpolation, self.fill_mode)

    @property
    def _is_whole(self):
        return self.interpolation == "nearest" and self.fill_mode == "constant"


def _moved(x, shifts, fill_value):
    """Images moved by whole pixels, ``fill_value`` where they came from."""
    height, width = x.shape[1:3]
    y = memory.zeros(x.shape, x.dtype)
    if fill_value:
        y.fill(fill_value)
    for image, target, (down, right) in zip(x, y, shifts):
        target[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
            max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
        ]
    return y


def _maps(shifts):
    """A pixel comes from where the shift is undone."""
    maps = np.zeros((len(shifts), 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = 1
    maps[:, :, 2] = -shifts
    return maps
