"""The side of a layer that has to do with its weights."""

import numpy as np

from minicnn_kernels.contracts import arrays

from .. import initializers
from .weight import Weight, first_value


class WeightHolder:
    """Weights of one's own and of the layers inside; a base of ``Layer``.

    Relies on what ``Layer`` sets: ``name``, ``label``, ``dtype``, ``_weights``, ``_sublayers``,
    ``_trainable``.
    """

    def add_weight(
        self,
        name,
        shape,
        initializer="glorot_uniform",
        trainable=True,
        regularizer=None,
        constraint=None,
    ):
        """Make a weight; returns a :class:`~minicnn.layers.weight.Weight`."""
        arrays.allocation(self.label, name, shape, self.dtype)
        initializer = initializers.get(initializer)
        value = first_value(f"{self.name}/{name}", shape, self.dtype, initializer)
        if value.shape != tuple(shape):
            raise ValueError(
                f"{self.label}: initializer of {name} must give shape {tuple(shape)}, "
                f"got {value.shape}"
            )
        weight = Weight(name, value, trainable, initializer, regularizer, constraint)
        self._weights.append(weight)
        return weight

    def is_learning(self, weight):
        """Whether ``backward`` must add to the gradient of ``weight`` (``None``: no)."""
        return weight is not None and self._trainable and weight.trainable

    @property
    def sublayers(self):
        """Layers inside this one, each once."""
        return self._sublayers

    @property
    def trainable(self):
        """Whether the weights learn; setting it reaches every layer inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        for layer in self.sublayers:
            layer.trainable = value

    @property
    def weights(self):
        """All weights, those that learn before those that do not, as Keras orders them."""
        own = [w for w in self._weights if w.trainable]
        kept = [w for w in self._weights if not w.trainable]
        return own + [w for layer in self.sublayers for w in layer.weights] + kept

    variables = weights

    @property
    def trainable_weights(self):
        """Weights that learn now."""
        if not self._trainable:
            return []
        sublayers = self.sublayers
        if not sublayers:
            return [w for w in self._weights if w.trainable]
        own = [w for w in self._weights if w.trainable]
        return own + [w for layer in sublayers for w in layer.trainable_weights]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self):
        """Weights that do not learn now: frozen ones and moving statistics."""
        learning = {id(w) for w in self.trainable_weights}
        return [w for w in self.weights if id(w) not in learning]

    non_trainable_variables = non_trainable_weights

    @property
    def losses(self):
        """Regularization penalties of the weights, floats."""
        return [float(w.regularizer(w.value)) for w in self.weights if w.regularizer is not None]

    def get_weights(self):
        """Copies of all weights, as a list of arrays."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights):
        """Set all weights from a list of arrays; nothing changes unless all shapes fit.

        Raises
        ------
        ValueError
            If their number or a shape differs.
        """
        mine = self.weights
        given = [np.asarray(w) for w in weights]
        if len(given) != len(mine):
            raise ValueError(f"{self.label}: has {len(mine)} weights, got {len(given)}")
        for weight, array in zip(mine, given):
            if weight.shape != array.shape:
                raise ValueError(
                    f"{self.label}: weight {weight.name!r} must have shape {weight.shape}, "
                    f"got {array.shape}"
                )
        for weight, array in zip(mine, given):
            weight.assign(array)

    def count_params(self):
        """Number of elements of all weights."""
        return sum(weight.size for weight in self.weights)
