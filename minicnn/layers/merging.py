"""Layers that make one tensor of several: sums, products, extrema, concatenation."""

import math

import numpy as np

from minicnn_kernels import backend, memory

from .base import Layer, registry
from .broadcasting import broadcast_shape, unbroadcast


class Merge(Layer):
    """Base of the elementwise merges: broadcasting as in Keras.

    Inputs of fewer axes get axes of length 1 after the batch axis, so ``(batch, 8)`` merges with
    ``(batch, 5, 8)``. Subclasses write ``merge(xs, y)`` and ``split(dy, xs, y)`` and say in
    ``keeps_inputs`` whether the latter reads ``xs`` and ``y``.
    """

    keeps_inputs = True
    count: int | None = None  # how many inputs it must have; None: any number

    def output_shape(self, input_shape):
        shapes = several(self.label, input_shape, self.count)
        rank = max(len(shape) for shape in shapes)
        return broadcast_shape(self.label, [_expanded(shape, rank) for shape in shapes])

    def forward(self, x, training):
        several(self.label, x, self.count)
        rank = max(array.ndim for array in x)
        xs = [array.reshape(_expanded(array.shape, rank)) for array in x]
        shape = broadcast_shape(self.label, [array.shape for array in xs])
        y = memory.empty(shape, self.dtype)
        self.merge(xs, y)
        kept = (xs, y) if self.keeps_inputs else (None, None)
        return y, ([(array.shape, view.shape) for array, view in zip(x, xs)], *kept)

    def backward(self, dy, cache):
        shapes, xs, y = cache
        gradients = self.split(dy, xs, y) if self.keeps_inputs else self.split(dy, len(shapes))
        return [
            unbroadcast(gradient, expanded).reshape(shape)
            for gradient, (shape, expanded) in zip(gradients, shapes)
        ]


def several(label, inputs, count=None):
    """``inputs`` if it is a list (of ``count`` inputs); else ``ValueError`` naming the layer."""
    if not isinstance(inputs, list) or not inputs:
        raise ValueError(f"{label}: inputs must be a list of tensors, got one tensor")
    if count is not None and len(inputs) != count:
        raise ValueError(f"{label}: inputs must be {count} tensors, got {len(inputs)}")
    return inputs


def _expanded(shape, rank):
    return (shape[0], *(1,) * (rank - len(shape)), *shape[1:])


@registry.register()
class Add(Merge):
    """``y = x_1 + x_2 + ...``

    >>> import numpy as np
    >>> Add()([np.ones((1, 2)), np.ones((1, 2))])
    array([[2., 2.]], dtype=float32)
    """

    keeps_inputs = False

    def merge(self, xs, y):
        if len(xs) == 1:
            y[...] = xs[0]
            return
        total = xs[0]
        for x in xs[1:]:
            if total.shape == x.shape == y.shape and total.dtype == x.dtype == y.dtype:
                backend.of(y).add_forward(y, total, x)
            else:
                np.add(total, x, out=y)
            total = y

    def split(self, dy, count):
        return [dy] * count


@registry.register()
class Subtract(Merge):
    """``y = x_1 - x_2``, of exactly two inputs."""

    keeps_inputs = False
    count = 2

    def merge(self, xs, y):
        np.subtract(xs[0], xs[1], out=y)

    def split(self, dy, count):
        return [dy, -dy]


@registry.register()
class Multiply(Merge):
    """``y = x_1 * x_2 * ...``; the gradient of one factor is ``dy`` times all others."""

    def merge(self, xs, y):
        y[...] = xs[0]
        for x in xs[1:]:
            np.multiply(y, x, out=y)

    def split(self, dy, xs, y):
        # Products of the factors before and after each one: no division, so zeros are no trouble.
        before = [dy]
        for x in xs[:-1]:
            before.append(before[-1] * x)
        gradients, after = [], None
        for product, x in zip(reversed(before), reversed(xs)):
            gradients.append(product if after is None else product * after)
            after = x if after is None else after * x
        return gradients[::-1]


@registry.register()
class Average(Add):
    """``y = (x_1 + ... + x_n) / n``"""

    def merge(self, xs, y):
        super().merge(xs, y)
        y *= 1 / len(xs)

    def split(self, dy, count):
        return [dy * (1 / count)] * count


@registry.register()
class Maximum(Merge):
    """The largest input, element by element; of equal ones the first gets the gradient."""

    extremum = staticmethod(np.maximum)

    def merge(self, xs, y):
        y[...] = xs[0]
        for x in xs[1:]:
            self.extremum(y, x, out=y)

    def split(self, dy, xs, y):
        gradients, free = [], np.ones(y.shape, bool)
        for x in xs:
            mine = (x == y) & free
            free &= ~mine
            gradients.append(np.where(mine, dy, dy.dtype.type(0)))
        return gradients


@registry.register()
class Minimum(Maximum):
    """The smallest input, element by element; of equal ones the first gets the gradient."""

    extremum = staticmethod(np.minimum)


@registry.register()
class Concatenate(Layer):
    """Inputs side by side along ``axis``.

    Parameters
    ----------
    axis : int
        Default -1, the channels. Not the batch axis.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
            raise TypeError(f"{self.label}: axis must be an integer, got {axis!r}")
        self.axis = int(axis)

    def output_shape(self, input_shape):
        shapes = several(self.label, input_shape)
        axis = self._checked_axis(shapes[0])
        for shape in shapes:
            if len(shape) != len(shapes[0]) or not _alike(shape, shapes[0], axis):
                told = " and ".join(str(tuple(s)) for s in shapes)
                raise ValueError(
                    f"{self.label}: inputs must have equal shapes but for axis {self.axis}, "
                    f"got {told}"
                )
        lengths = [shape[axis] for shape in shapes]
        length = None if None in lengths else sum(lengths)
        merged = [_first_known(column) for column in zip(*shapes)]
        return (*merged[:axis], length, *merged[axis + 1 :])

    def forward(self, x, training):
        axis = self._checked_axis(several(self.label, x)[0].shape)
        shape = list(self.output_shape([array.shape for array in x]))
        shapes = [array.shape for array in x]
        xs = [a.astype(self.dtype, copy=False).reshape(_rows(a.shape, axis)) for a in x]
        y = backend.of(xs[0]).concatenate_forward(None, xs)
        return y.reshape(shape), (axis, shapes)

    def backward(self, dy, cache):
        axis, shapes = cache
        columns = [_rows(shape, axis)[1] for shape in shapes]
        rows = dy.reshape(_rows(dy.shape, axis))
        dxs = backend.of(dy).concatenate_backward(None, rows, columns)
        return [dx.reshape(shape) for dx, shape in zip(dxs, shapes)]

    def _checked_axis(self, shape):
        rank = len(shape)
        axis = self.axis + rank if self.axis < 0 else self.axis
        if not 0 < axis < rank:
            raise ValueError(
                f"{self.label}: axis must name one of {rank} axes but the batch's, got {self.axis}"
            )
        return axis


def _rows(shape, axis):
    """``(rows, columns)`` of arrays that lie side by side along ``axis``."""
    return math.prod(shape[:axis]), math.prod(shape[axis:])


def _alike(shape, other, axis):
    return all(
        a == b or a is None or b is None or i == axis for i, (a, b) in enumerate(zip(shape, other))
    )


def _first_known(lengths):
    return next((length for length in lengths if length is not None), None)


def add(inputs, **kwargs):
    """:class:`Add` of a list of tensors or arrays."""
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """:class:`Subtract` of two tensors or arrays."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """:class:`Multiply` of a list of tensors or arrays."""
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """:class:`Average` of a list of tensors or arrays."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """:class:`Maximum` of a list of tensors or arrays."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """:class:`Minimum` of a list of tensors or arrays."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """:class:`Concatenate` of a list of tensors or arrays along ``axis``."""
    return Concatenate(axis=axis, **kwargs)(inputs)
