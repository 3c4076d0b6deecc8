"""What padding and cropping share: pairs of lengths, one an axis."""

import operator

from .. import config
from .base import Layer


class BorderLayer(Layer):
    """Base of layers that add or remove ``(before, after)`` elements along spatial axes.

    Subclasses set ``axes`` and hand their argument's ``name`` and value to :meth:`pairs`.
    """

    axes = 2

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.data_format(self.label, data_format)

    def pairs(self, name, value):
        """``value`` as ``((before, after), ...)``.

        An integer stands for both sides of every axis, a tuple of integers for both sides of one
        axis each; of one axis the tuple is ``(before, after)`` itself.
        """
        if self.axes == 1 and isinstance(value, (list, tuple)) and len(value) == 2:
            value = [value]
        entries = value if isinstance(value, (list, tuple)) else [value] * self.axes
        if len(entries) != self.axes:
            raise ValueError(
                f"{self.label}: {name} must be an integer or {self.axes} pairs, got {value!r}"
            )
        return tuple(self._pair(name, entry, value) for entry in entries)

    def _pair(self, name, entry, value):
        pair = entry if isinstance(entry, (list, tuple)) else (entry, entry)
        try:
            before, after = (operator.index(n) for n in pair if not isinstance(n, bool))
        except (TypeError, ValueError):
            raise TypeError(
                f"{self.label}: {name} must be integers or (before, after) pairs, got {value!r}"
            ) from None
        if min(before, after) < 0:
            raise ValueError(f"{self.label}: {name} must not be negative, got {value!r}")
        return before, after

    def spatial(self, shape):
        """Index of the first spatial axis, after a check of the number of axes."""
        if len(shape) != self.axes + 2:
            raise ValueError(
                f"{self.label}: input must have {self.axes + 2} axes, got shape {tuple(shape)}"
            )
        return 1 if self.data_format == "channels_last" else 2

    def inner(self, shape, pairs):
        """Index of what lies between the borders of an array of ``shape``."""
        first = self.spatial(shape)
        slices = [slice(None)] * len(shape)
        for axis, (before, after) in enumerate(pairs, first):
            slices[axis] = slice(before, shape[axis] - after)
        return tuple(slices)

    def resized(self, shape, pairs, sign):
        """``shape`` with the borders added (``sign`` 1) or removed (-1)."""
        shape, first = list(shape), self.spatial(shape)
        for axis, (before, after) in enumerate(pairs, first):
            if shape[axis] is not None:
                shape[axis] += sign * (before + after)
        return tuple(shape)
