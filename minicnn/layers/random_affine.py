"""Images shifted, turned and zoomed at random."""

import math

import numpy as np

from minicnn_kernels import memory
from minicnn_kernels.contracts import arrays

from . import resampling
from .augmentation import Augmentation, interval, one_of
from .base import registry


class _RandomAffine(Augmentation):
    """Base: a subclass writes ``draw`` and ``maps(drawn, shape)``, ``[N, 2, 3]``.

    See :func:`minicnn.layers.resampling.affine`.
    """

    def __init__(self, fill_mode, interpolation, seed, fill_value, data_format, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.fill_mode = one_of(self.label, "fill_mode", fill_mode, resampling.FILL_MODES)
        self.interpolation = one_of(
            self.label, "interpolation", interpolation, resampling.INTERPOLATIONS
        )
        self.fill_value = arrays.number(self.label, "fill_value", fill_value)

    def change(self, x, drawn):
        how = self.interpolation, self.fill_mode, self.fill_value
        return resampling.affine(x, self.maps(drawn, x.shape), *how), None

    def adjoint(self, dy, drawn, slope, shape):
        how = self.interpolation, self.fill_mode
        return resampling.affine_adjoint(dy, self.maps(drawn, shape), *how)


@registry.register()
class RandomTranslation(_RandomAffine):
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
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = interval(self.label, "height_factor", height_factor)
        self._right = interval(self.label, "width_factor", width_factor)

    def draw(self, rng, shape):
        count, height, width, _ = shape
        down, right = rng.uniform(*self._down, count), rng.uniform(*self._right, count)
        shifts = np.stack([down * height, right * width], axis=1)
        return np.ceil(shifts - 0.5) if self.interpolation == "nearest" else shifts

    def maps(self, drawn, shape):
        """A pixel comes from where the shift is undone."""
        return _about_centre(shape, np.eye(2), -drawn)

    def change(self, x, drawn):
        if self._slices:
            return _moved(x, drawn, self.fill_value), None
        return super().change(x, drawn)

    def adjoint(self, dy, drawn, slope, shape):
        if self._slices:
            return _moved(dy, -drawn, 0)
        return super().adjoint(dy, drawn, slope, shape)

    @property
    def _slices(self):
        return self.interpolation == "nearest" and self.fill_mode == "constant"


def _moved(x, shifts, fill_value):
    """Images moved by whole pixels, ``fill_value`` where they came from."""
    height, width = x.shape[1:3]
    y = memory.zeros(x.shape, x.dtype)
    if fill_value:
        y.fill(fill_value)
    for image, target, (down, right) in zip(x, y, shifts.astype(int).tolist()):
        target[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
            max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
        ]
    return y


@registry.register()
class RandomRotation(_RandomAffine):
    """Turns each image about its centre by a random angle.

    Parameters
    ----------
    factor : float or (float, float)
        Interval of the angle as a share of a full turn, in [-1, 1], positive counter-clockwise;
        one number means ``±factor``.
    fill_mode, interpolation, seed, fill_value, data_format
        See :class:`RandomTranslation`.
    """

    def __init__(
        self,
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = factor
        self._turn = interval(self.label, "factor", factor)

    def draw(self, rng, shape):
        return rng.uniform(*self._turn, shape[0]) * (2 * math.pi)

    def maps(self, drawn, shape):
        """Rows point down: a turn against the clock, undone, is this matrix."""
        cos, sin = np.cos(drawn), np.sin(drawn)
        return _about_centre(shape, np.stack([cos, sin, -sin, cos], axis=1).reshape(-1, 2, 2))


@registry.register()
class RandomZoom(_RandomAffine):
    """Zooms each image about its centre by random factors.

    Parameters
    ----------
    height_factor : float or (float, float)
        Interval in [-1, 1] of ``z``, where the output shows ``1 + z`` times the input's height:
        0.3 zooms out by 30 %, -0.3 zooms in; one number means ``±height_factor``.
    width_factor : float or (float, float), optional
        The same for the width. Default: whatever is drawn for the height.
    fill_mode, interpolation, seed, fill_value, data_format
        See :class:`RandomTranslation`.
    """

    def __init__(
        self,
        height_factor,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._high = interval(self.label, "height_factor", height_factor)
        self._wide = None
        if width_factor is not None:
            self._wide = interval(self.label, "width_factor", width_factor)

    def draw(self, rng, shape):
        high = rng.uniform(*self._high, shape[0])
        wide = high if self._wide is None else rng.uniform(*self._wide, shape[0])
        return 1 + np.stack([high, wide], axis=1)

    def maps(self, drawn, shape):
        """Output pixels lie ``drawn`` apart in the input."""
        return _about_centre(shape, drawn[:, :, None] * np.eye(2))


def _about_centre(shape, matrices, shifts=0):
    """``[N, 2, 3]``: linear maps (rows, columns) that keep the centre, then ``shifts``."""
    centre = (np.array(shape[1:3]) - 1) / 2
    maps = np.empty((shape[0], 2, 3))
    maps[:, :, :2] = matrices
    maps[:, :, 2] = centre - maps[:, :, :2] @ centre + shifts
    return maps
