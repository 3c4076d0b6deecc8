"""The learning rate as users of Keras' variables handle it."""

import numpy as np


class LearningRate(float):
    """A learning rate as users of variables expect it: also ``.numpy()`` and ``.assign()``."""

    def __new__(cls, value, optimizer):
        self = super().__new__(cls, value)
        self._optimizer = optimizer
        return self

    def numpy(self):
        """The value."""
        return np.float32(self)

    def assign(self, value):
        """Set the optimizer's learning rate."""
        self._optimizer.learning_rate = value
