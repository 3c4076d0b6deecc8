"""The product of two tensors along one axis of each, sample by sample."""

import numpy as np

from .base import Layer, registry
from .merging import several


@registry.register()
class Dot(Layer):
    """Contract one axis of each of two inputs: ``(n, i, k) . (n, k, j) -> (n, i, j)``.

    Parameters
    ----------
    axes : int or pair of int
        The axis of each input that is summed over; one integer for both.
    normalize : bool
        Divide each input by its L2 norm along its axis first: the result is a cosine.
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        pair = axes if isinstance(axes, (list, tuple)) else [axes, axes]
        if len(pair) != 2 or any(isinstance(a, bool) or not isinstance(a, int) for a in pair):
            raise ValueError(f"{self.label}: axes must be one or two integers, got {axes!r}")
        self.axes = axes
        self.normalize = bool(normalize)
        self._pair = tuple(pair)

    def output_shape(self, input_shape):
        a, b = several(self.label, input_shape, 2)
        i, j = self._checked_axes(a, b)
        if a[i] is not None and b[j] is not None and a[i] != b[j]:
            raise ValueError(
                f"{self.label}: inputs must be equally long along axes {self._pair}, "
                f"got {tuple(a)} and {tuple(b)}"
            )
        shape = (*a[:i], *a[i + 1 :], *b[1:j], *b[j + 1 :])
        return shape if len(shape) > 1 else (*shape, 1)

    def _checked_axes(self, a, b):
        axes = tuple(axis + len(s) if axis < 0 else axis for axis, s in zip(self._pair, (a, b)))
        if not all(0 < axis < len(s) for axis, s in zip(axes, (a, b))):
            raise ValueError(
                f"{self.label}: axes must name an axis of each input but the batch's, "
                f"got {self._pair} for {tuple(a)} and {tuple(b)}"
            )
        return axes

    def forward(self, x, training):
        a, b = several(self.label, x, 2)
        shape = self.output_shape([a.shape, b.shape])
        i, j = self._checked_axes(a.shape, b.shape)
        units, norms = [a, b], None
        if self.normalize:
            units, norms = zip(*(l2_normalize(v, axis) for v, axis in ((a, i), (b, j))))
        letters = _letters(a.ndim, b.ndim, i, j)
        y = np.einsum("{},{}->{}".format(*letters), *units).reshape(shape)
        return y, (units, norms, letters, (i, j))

    def backward(self, dy, cache):
        (a, b), norms, (left, right, out), axes = cache
        dy = dy.reshape([dict(zip(left + right, a.shape + b.shape))[k] for k in out])
        da = np.einsum(f"{out},{right}->{left}", dy, b)
        db = np.einsum(f"{left},{out}->{right}", a, dy)
        if norms is None:
            return [da, db]
        return [
            l2_normalize_backward(d, unit, norm, axis)
            for d, unit, norm, axis in zip((da, db), (a, b), norms, axes)
        ]


def _letters(rank_a, rank_b, i, j):
    """Subscripts of ``einsum``: batch ``n`` and the contracted ``k`` are shared."""
    left = ["n", *"abcdefg"[: rank_a - 1]]
    right = ["n", *"opqrstu"[: rank_b - 1]]
    left[i] = right[j] = "k"
    out = [letter for letter in left + right[1:] if letter != "k"]
    return "".join(left), "".join(right), "".join(out)


def l2_normalize(x, axis, epsilon=1e-12):
    """``x / sqrt(max(sum(x^2), epsilon))`` along ``axis``, and that divisor."""
    norm = np.sqrt(np.maximum(np.sum(np.square(x), axis=axis, keepdims=True), epsilon))
    norm = norm.astype(x.dtype, copy=False)
    return x / norm, norm


def l2_normalize_backward(dy, y, norm, axis):
    """Gradient of :func:`l2_normalize`: what lies along ``y`` does not change it."""
    return (dy - y * np.sum(dy * y, axis=axis, keepdims=True)) / norm


def dot(inputs, axes=-1, **kwargs):
    """:class:`Dot` of two tensors or arrays along ``axes``."""
    return Dot(axes=axes, **kwargs)(inputs)
