"""Intersection over union of classes, from one confusion matrix."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .base import Metric, registry


@registry.register()
class IoU(Metric):
    """``true positives / (true positives + false positives + false negatives)`` of some classes.

    Parameters
    ----------
    num_classes : int
    target_class_ids : list of int
        Classes whose IoU is averaged.
    name, dtype
        As of any metric.
    ignore_class : int, optional
        Positions of this label do not count.
    sparse_y_true, sparse_y_pred : bool
        Class numbers (default) or one score a class, of which the largest wins.
    axis : int
        Of the scores.
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        self.num_classes = arrays.integer(type(self).__name__, "num_classes", num_classes, 1)
        self.target_class_ids = list(target_class_ids)
        if self.target_class_ids and max(self.target_class_ids) >= self.num_classes:
            raise ValueError(
                f"{type(self).__name__}: target_class_ids must be below num_classes "
                f"{num_classes}, got {self.target_class_ids}"
            )
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred = bool(sparse_y_true), bool(sparse_y_pred)
        self.axis = axis
        super().__init__(name, dtype)

    def reset_state(self):
        self.confusion = np.zeros((self.num_classes, self.num_classes))

    def update_state(self, y_true, y_pred, sample_weight=None):
        truth = self._classes(y_true, self.sparse_y_true)
        guess = self._classes(y_pred, self.sparse_y_pred)
        if truth.shape != guess.shape:
            raise ValueError(
                f"{type(self).__name__}: y_true and y_pred must name as many classes, "
                f"got {truth.size} and {guess.size}"
            )
        weights = np.ones(truth.size)
        if sample_weight is not None:
            given = np.asarray(sample_weight, np.float64).reshape(-1)
            weights = np.repeat(given, truth.size // max(given.size, 1))
        if self.ignore_class is not None:
            kept = truth != self.ignore_class
            truth, guess, weights = truth[kept], guess[kept], weights[kept]
        for name, classes in (("y_true", truth), ("y_pred", guess)):
            if classes.size and not (classes.min() >= 0 and classes.max() < self.num_classes):
                raise ValueError(
                    f"{type(self).__name__}: {name} must hold classes 0..{self.num_classes - 1}, "
                    f"got {classes.min()} to {classes.max()}"
                )
        place = truth * self.num_classes + guess
        self.confusion += np.bincount(place, weights, self.num_classes**2).reshape(
            self.confusion.shape
        )

    def _classes(self, y, sparse):
        y = np.asarray(y)
        return (y if sparse else np.argmax(y, axis=self.axis)).reshape(-1).astype(np.int64)

    def result(self):
        """Mean over the target classes that occur at all."""
        right = np.diag(self.confusion)
        union = self.confusion.sum(axis=0) + self.confusion.sum(axis=1) - right
        right, union = right[self.target_class_ids], union[self.target_class_ids]
        occurs = union > 0
        return float((right[occurs] / union[occurs]).mean()) if occurs.any() else 0.0


@registry.register()
class MeanIoU(IoU):
    """:class:`IoU` averaged over all classes that occur.

    Parameters
    ----------
    num_classes : int
    name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        As of :class:`IoU`.
    """

    def __init__(self, num_classes, name=None, dtype=None, **settings):
        super().__init__(num_classes, range(int(num_classes)), name, dtype, **settings)

    def get_config(self):
        """The constructor's arguments as plain data."""
        config = super().get_config()
        del config["target_class_ids"]
        return config
