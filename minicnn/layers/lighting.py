"""AlexNet's changes of the light's color and strength."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .augmentation import Augmentation, value_ends
from .base import registry


@registry.register()
class RandomLighting(Augmentation):
    """Adds to every pixel of an image one random color, along the set's principal components.

    With values scaled to [0, 1], eigenvalues ``λ_k`` and eigenvectors ``p_k`` of the covariance
    of the pixels' channels, and ``α_k`` drawn from a normal distribution once an image::

        y = x + Σ_k p_k α_k λ_k

    Parameters
    ----------
    stddev : float
        Of ``α``; default 0.1.
    value_range : (float, float)
        Values that mean black and white; default (0, 255). Results are not clipped.
    eigenvalues : list of float, optional
        ``λ``, one a channel. Without them call :meth:`adapt` before the layer is used.
    eigenvectors : list of list of float, optional
        ``p_k`` in column ``k``.
    seed : int, optional
    data_format : str, optional

    References
    ----------
    Krizhevsky et al. 2012, *ImageNet classification with deep convolutional neural networks*,
    section 4.1.
    """

    def __init__(
        self,
        stddev=0.1,
        value_range=(0, 255),
        eigenvalues=None,
        eigenvectors=None,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.stddev = arrays.number(self.label, "stddev", stddev, 0)
        self.value_range = value_range
        low, high = value_ends(self.label, value_range)
        self._white = high - low
        if (eigenvalues is None) != (eigenvectors is None):
            raise ValueError(
                f"{self.label}: eigenvalues and eigenvectors must be given both or neither"
            )
        self.eigenvalues = self.eigenvectors = None
        if eigenvalues is not None:
            self._set(np.asarray(eigenvalues, np.float64), np.asarray(eigenvectors, np.float64))

    def adapt(self, data):
        """Measure the principal components of images, ``[N, H, W, C]`` (or channels first)."""
        data = np.asarray(data)
        self.output_shape(data.shape)
        channels = -1 if self.data_format == "channels_last" else 1
        pixels = np.moveaxis(data, channels, -1).reshape(-1, data.shape[channels])
        if not len(pixels):
            raise ValueError(f"{self.label}: data must not be empty, got shape {data.shape}")
        scaled = pixels.astype(np.float64) / self._white
        scaled -= scaled.mean(axis=0)
        self._set(*np.linalg.eigh(scaled.T @ scaled / len(scaled)))

    def _set(self, eigenvalues, eigenvectors):
        count = eigenvalues.size
        if eigenvalues.shape != (count,) or eigenvectors.shape != (count, count):
            raise ValueError(
                f"{self.label}: eigenvectors must be a square of as many rows as eigenvalues, "
                f"got shapes {eigenvectors.shape} and {eigenvalues.shape}"
            )
        if not (np.isfinite(eigenvalues).all() and np.isfinite(eigenvectors).all()):
            raise ValueError(f"{self.label}: eigenvalues and eigenvectors must be finite")
        self.eigenvalues, self.eigenvectors = eigenvalues.tolist(), eigenvectors.tolist()

    def draw(self, rng, shape):
        if self.eigenvalues is None:
            raise ValueError(f"{self.label}: call adapt(data) first, or give the eigenvalues")
        if shape[-1] != len(self.eigenvalues):
            raise ValueError(
                f"{self.label}: images must have {len(self.eigenvalues)} channels, got {shape[-1]}"
            )
        alpha = rng.normal(0, self.stddev, (shape[0], shape[-1]))
        return (alpha * self.eigenvalues) @ np.transpose(self.eigenvectors) * self._white

    def change(self, x, drawn):
        return x + drawn.astype(x.dtype)[:, None, None], None

    def adjoint(self, dy, drawn, slope, shape):
        return dy
