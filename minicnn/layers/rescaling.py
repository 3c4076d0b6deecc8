"""Fixed affine maps of the input: Rescaling, Normalization."""

import numpy as np

from .base import Layer, registry


@registry.register()
class Rescaling(Layer):
    """``y = scale * x + offset``

    Parameters
    ----------
    scale : float or list of float
        ``1 / 255`` maps bytes to 0..1; a list has one entry a channel.
    offset : float or list of float
        Default 0.
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = self._checked("scale", scale)
        self.offset = self._checked("offset", offset)

    def _checked(self, name, value):
        try:
            array = np.asarray(value, np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        if array.ndim > 1 or not np.isfinite(array).all():
            raise ValueError(
                f"{self.label}: {name} must be a finite number or a list of them, got {value!r}"
            )
        return array.tolist()

    def forward(self, x, training):
        scale, offset = (np.asarray(v, self.dtype) for v in (self.scale, self.offset))
        return x.astype(self.dtype, copy=False) * scale + offset, None

    def backward(self, dy, cache):
        return dy * np.asarray(self.scale, self.dtype)


@registry.register()
class Normalization(Layer):
    """``y = (x - mean) / sqrt(variance)``, channel by channel, with given or measured statistics.

    Parameters
    ----------
    axis : int or None
        The channels, default -1; ``None``: one mean and one variance for everything.
    mean, variance : float or list of float, optional
        Without them call :meth:`adapt` before the layer is used.
    """

    def __init__(self, axis=-1, mean=None, variance=None, **kwargs):
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError(f"{self.label}: mean and variance must be given both or neither")
        self.axis = None if axis is None else int(axis)
        self.mean = None if mean is None else np.asarray(mean, np.float64).tolist()
        self.variance = None if variance is None else np.asarray(variance, np.float64).tolist()

    def adapt(self, data):
        """Measure mean and variance of the array ``data``."""
        data = np.asarray(data)
        if not data.size:
            raise ValueError(f"{self.label}: data must not be empty, got shape {data.shape}")
        kept = () if self.axis is None else (self.axis % data.ndim,)
        axes = tuple(axis for axis in range(data.ndim) if axis not in kept)
        self.mean = data.mean(axis=axes, dtype=np.float64).tolist()
        self.variance = data.var(axis=axes, dtype=np.float64).tolist()

    def _statistics(self, x):
        if self.mean is None:
            raise ValueError(f"{self.label}: call adapt(data) first, or give mean and variance")
        shape = [1] * x.ndim
        if self.axis is not None:
            shape[self.axis] = -1
        deviation = np.maximum(np.sqrt(np.asarray(self.variance)), 1e-7)  # a constant channel is 0
        pair = (np.asarray(self.mean), deviation)
        return [np.broadcast_to(v.astype(self.dtype), v.shape).reshape(shape) for v in pair]

    def forward(self, x, training):
        mean, deviation = self._statistics(x)
        return (x.astype(self.dtype, copy=False) - mean) / deviation, deviation

    def backward(self, dy, cache):
        return dy / cache
