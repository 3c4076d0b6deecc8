"""Integers as learned vectors."""

import numpy as np

from .. import constraints, initializers, regularizers
from .base import Layer, registry


@registry.register()
class Embedding(Layer):
    """``y[..., :] = embeddings[x[...]]``

    Parameters
    ----------
    input_dim : int
        Number of different integers: inputs lie in ``[0, input_dim)``.
    output_dim : int
        Length of the vectors.
    embeddings_initializer, embeddings_regularizer, embeddings_constraint : object or name
    mask_zero : bool
        Must be false: there are no masks.
    **kwargs
        Those of every layer; and old Keras' ``input_length``, the length of a row of integers.
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        **kwargs,
    ):
        if "input_length" in kwargs:
            kwargs.setdefault("input_shape", (kwargs.pop("input_length"),))
        super().__init__(**kwargs)
        if mask_zero:
            raise ValueError(f"{self.label}: mask_zero must be False, got {mask_zero!r}")
        self.mask_zero = False
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(
                    f"{self.label}: {name} must be an integer of at least 1, got {value!r}"
                )
        self.input_dim, self.output_dim = int(input_dim), int(output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)

    def output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            "embeddings",
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )

    def forward(self, x, training):
        with np.errstate(invalid="ignore"):  # NaN is refused below
            indices = x if x.dtype.kind in "iu" else x.astype(np.int64)
        wrong = (indices < 0) | (indices >= self.input_dim) | (indices != x)
        if wrong.any():
            raise ValueError(
                f"{self.label}: input must be integers in [0, {self.input_dim}), "
                f"got {x[wrong].flat[0]}"
            )
        return self.embeddings.value[indices], indices

    def backward(self, dy, cache, needs_dx=False):
        if self.is_learning(self.embeddings):
            np.add.at(self.embeddings.gradient(), cache, dy)
        return None  # integers have no gradient
