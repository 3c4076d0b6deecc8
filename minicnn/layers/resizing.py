"""Images resized and cropped to a size that is the same for all."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import config
from . import boxes, layout
from .augmentation import Augmentation, as_batch, as_given, one_of
from .base import Layer, registry


class _Boxed(Layer):
    """A layer whose output is a box of the input, resized to ``(height, width)``.

    A subclass writes ``boxes(spatial, training)``: of rows and of columns, ``(first, length)``.
    """

    interpolation, antialias, fill_value = "bilinear", False, 0.0

    def _set_size(self, height, width):
        self.height = arrays.integer(self.label, "height", height, 1)
        self.width = arrays.integer(self.label, "width", width, 1)

    def output_shape(self, input_shape):
        parts = layout.split_shape(self.label, input_shape, 2, self.data_format)
        return layout.join_shape(parts[0], (self.height, self.width), parts[2], self.data_format)

    def forward(self, x, training):
        images = as_batch(self.label, x, self.data_format)
        size = self.height, self.width
        shape = images.shape[0], *size, images.shape[3]
        arrays.allocation(self.label, "the output", shape, images.dtype)
        parts = self.boxes(images.shape[1:3], training)
        how = self.interpolation, self.antialias
        y = boxes.resize(images, parts, size, *how, self.fill_value)
        return as_given(y, x, self.data_format), (parts, images.shape)

    def backward(self, dy, cache):
        parts, shape = cache
        images = as_batch(self.label, dy, self.data_format)
        dx = boxes.resize_adjoint(images, parts, shape, self.interpolation, self.antialias)
        return as_given(dx, dy, self.data_format)

    def _largest(self, spatial):
        """The largest box in the middle that has the target's shape."""
        height, width = spatial
        high = max(min(height, int(width * self.height / self.width)), 1)
        wide = max(min(width, int(height * self.width / self.height)), 1)
        return ((height - high) // 2, high), ((width - wide) // 2, wide)

    def _fits(self, spatial):
        return spatial[0] >= self.height and spatial[1] >= self.width


@registry.register()
class Resizing(_Boxed):
    """Resizes images, whatever their size.

    Parameters
    ----------
    height, width : int
    interpolation : str
        ``"bilinear"`` (default), ``"nearest"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
    crop_to_aspect_ratio : bool
        Take the largest part in the middle that has the target's shape, so that nothing is
        distorted.
    pad_to_aspect_ratio : bool
        Instead, add borders of ``fill_value``.
    fill_mode : str
        ``"constant"``, the only one.
    fill_value : float
    antialias : bool
        When shrinking, average over all pixels that fall into an output pixel.
    data_format : str, optional
    """

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self._set_size(height, width)
        names = tuple(boxes.KERNELS)
        self.interpolation = one_of(self.label, "interpolation", interpolation, names)
        self.crop_to_aspect_ratio = bool(crop_to_aspect_ratio)
        self.pad_to_aspect_ratio = bool(pad_to_aspect_ratio)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ValueError(
                f"{self.label}: crop_to_aspect_ratio and pad_to_aspect_ratio must not both be true"
            )
        self.fill_mode = one_of(self.label, "fill_mode", fill_mode, ("constant",))
        self.fill_value = arrays.number(self.label, "fill_value", fill_value)
        self.antialias = bool(antialias)
        self.data_format = config.data_format(self.label, data_format)

    def boxes(self, spatial, training):
        """See :class:`_Boxed`."""
        if self.crop_to_aspect_ratio:
            return self._largest(spatial)
        if not self.pad_to_aspect_ratio:
            return tuple((0, length) for length in spatial)
        height, width = spatial
        above = (max(height, int(width * self.height / self.width)) - height) // 2
        beside = (max(width, int(height * self.width / self.height)) - width) // 2
        return (-above, height + 2 * above), (-beside, width + 2 * beside)


@registry.register()
class CenterCrop(_Boxed):
    """The middle of an image.

    An image smaller than that is resized, after what would distort it was cropped.

    Parameters
    ----------
    height, width : int
    data_format : str, optional
    """

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self._set_size(height, width)
        self.data_format = config.data_format(self.label, data_format)

    def boxes(self, spatial, training):
        """See :class:`_Boxed`."""
        if not self._fits(spatial):
            return self._largest(spatial)
        size = self.height, self.width
        return tuple(((old - new) // 2, new) for old, new in zip(spatial, size))


@registry.register()
class RandomCrop(_Boxed, Augmentation):
    """A part of the images at a random place, the same for all images of a batch.

    At inference, and for images smaller than the part: the largest part in the middle that has
    the target's shape, resized.

    Parameters
    ----------
    height, width : int
    seed : int, optional
    data_format : str, optional
    """

    def __init__(self, height, width, seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self._set_size(height, width)

    def boxes(self, spatial, training):
        """See :class:`_Boxed`."""
        if not training or not self._fits(spatial):
            return self._largest(spatial)
        rng = np.random.default_rng(self.next_seed())
        size = self.height, self.width
        return tuple((int(rng.integers(old - new + 1)), new) for old, new in zip(spatial, size))
