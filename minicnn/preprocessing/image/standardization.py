"""Statistics of a set of images, and every image standardized by them."""

import math
import warnings

import numpy as np

from minicnn_kernels.contracts import arrays

from ... import random

_OP = "ImageDataGenerator"


class Standardization:
    """The part of :class:`ImageDataGenerator` that centres, scales and whitens.

    ``mean``, ``std`` and ``zca_whitening_matrix`` are measured by :meth:`fit`, or set by hand.
    """

    def __init__(
        self,
        featurewise_center,
        samplewise_center,
        featurewise_std_normalization,
        samplewise_std_normalization,
        zca_whitening,
        zca_epsilon,
        rescale,
        preprocessing_function,
    ):
        # Dividing by a deviation needs a mean of 0; whitening stands for the former.
        self.featurewise_center = bool(
            featurewise_center or featurewise_std_normalization or zca_whitening
        )
        self.samplewise_center = bool(samplewise_center or samplewise_std_normalization)
        self.featurewise_std_normalization = bool(
            featurewise_std_normalization and not zca_whitening
        )
        self.samplewise_std_normalization = bool(samplewise_std_normalization)
        self.zca_whitening = bool(zca_whitening)
        self.zca_epsilon = arrays.number(_OP, "zca_epsilon", zca_epsilon, 0)
        self.rescale = None if rescale is None else arrays.number(_OP, "rescale", rescale)
        if not (preprocessing_function is None or callable(preprocessing_function)):
            raise TypeError(f"{_OP}: preprocessing_function must be callable")
        self.preprocessing_function = preprocessing_function
        self.mean = self.std = self.zca_whitening_matrix = None

    def fit(self, x, augment=False, rounds=1, seed=None):
        """Measure what featurewise standardization and whitening need.

        Parameters
        ----------
        x : array
            Images, four axes.
        augment : bool
            Measure randomly changed images.
        rounds : int
            How many changed ones of each image.
        seed : int, optional
        """
        op = "ImageDataGenerator.fit"
        x = np.asarray(x)
        if x.ndim != 4 or not x.size:
            raise ValueError(f"{op}: x must be images, 4 axes, got shape {x.shape}")
        rounds = arrays.integer(op, "rounds", rounds, 1)
        x = x.astype(self.dtype)
        if self.rescale:
            x *= self.rescale
        if augment:
            rng = random.generator(seed)
            x = np.stack([self.random_transform(image, rng) for _ in range(rounds) for image in x])
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = x.mean(axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axis=axes, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            self.zca_whitening_matrix = _whitening(op, x.reshape(len(x), -1), self.zca_epsilon)

    def standardize(self, x):
        """An image, or a batch, after ``preprocessing_function``, rescaled and standardized.

        Parameters
        ----------
        x : array
            Is not changed (Keras changes it).

        Returns
        -------
        array
        """
        x = np.array(x, self.dtype)
        if self.preprocessing_function:
            x = np.array(self.preprocessing_function(x), self.dtype)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= x.mean()
        if self.samplewise_std_normalization:
            x /= x.std() + 1e-6
        if self.featurewise_center and self._is_fitted("featurewise_center", "mean"):
            x -= self.mean
        if self.featurewise_std_normalization and self._is_fitted(
            "featurewise_std_normalization", "std"
        ):
            x /= self.std + 1e-6
        if self.zca_whitening and self._is_fitted("zca_whitening", "zca_whitening_matrix"):
            flat = x.reshape(-1, math.prod(x.shape[-3:]))
            x = (flat @ self.zca_whitening_matrix).reshape(x.shape).astype(self.dtype)
        return x

    def _is_fitted(self, setting, name):
        if getattr(self, name) is not None:
            return True
        warnings.warn(
            f"ImageDataGenerator: {setting} does nothing before fit(x) has measured {name}",
            stacklevel=3,
        )
        return False


def _whitening(op, flat, epsilon):
    """``U diag(√n / (s + ε)) Uᵀ`` of the singular values ``s`` of ``flat.T``.

    Zero-phase component analysis: the whitening that changes images least.
    """
    count, size = flat.shape
    arrays.allocation(op, "the whitening matrix", (size, size), flat.dtype)
    u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
    return (u * (math.sqrt(count) / (s + epsilon))) @ u.T
