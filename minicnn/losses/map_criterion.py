"""The loss of distances to the classes, with a class of rubbish beside them."""

import numpy as np

from .base import function_of, registry
from .crossentropy import SparseCategoricalCrossentropy


@registry.register()
class MAPCriterion(SparseCategoricalCrossentropy):
    """``y_label + log(exp(-j) + sum_i exp(-y_i))`` of distances ``y``: small for the right class.

    The first term draws the right class near, the second pushes the others away, but not farther
    than ``j``, the distance of a class "rubbish": far classes gain nothing by going farther.

    Parameters
    ----------
    j : float
        Positive; default 10.
    reduction, name
        As of any loss.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner 1998, *Gradient-based learning applied to document
    recognition*, equation 9: the maximum a posteriori criterion.
    """

    def __init__(self, j=10.0, reduction="sum_over_batch_size", name="map_criterion", dtype=None):
        super().__init__(from_logits=True, reduction=reduction, name=name, dtype=dtype)
        if isinstance(j, bool) or not isinstance(j, (int, float, np.number)):
            raise TypeError(f"{self.label}: j must be a number, got {j!r}")
        if not 0 < j < np.inf:
            raise ValueError(f"{self.label}: j must be positive and finite, got {j}")
        self.j = float(j)

    def values(self, y_true, y_pred):
        # A softmax over the negative distances, to which rubbish adds a class no label names.
        rubbish = np.full((*y_pred.shape[:-1], 1), -self.j, y_pred.dtype)
        return super().values(y_true, np.concatenate([-y_pred, rubbish], axis=-1))

    def gradient(self, cache, scale):
        return -super().gradient(cache, scale)[..., :-1]

    def from_logits_of(self, activation):
        return None


map_criterion = function_of(MAPCriterion)
