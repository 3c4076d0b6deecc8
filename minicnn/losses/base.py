"""The loss: one value a sample, their reduction to one number, the gradient of that number."""

import inspect

import numpy as np

from ..naming import snake_case
from ..registry import Configurable, Registry
from .reduction import REDUCTIONS, align, masked, reduce, spread

registry = Registry("loss")


class Loss(Configurable):
    """Base of all losses.

    A subclass writes :meth:`values` and :meth:`gradient`; there is no tape that could derive one
    from the other.

    Parameters
    ----------
    reduction : str or None
        ``"sum_over_batch_size"`` (default): the sum of the weighted values divided by their
        number; ``"mean_with_sample_weight"``: divided by the sum of the weights; ``"sum"``;
        ``"none"`` or ``None``: no reduction, which cannot be trained on.
    name : str, optional
        Default: the class name in snake case.
    dtype : str, optional
        Accepted for Keras' sake: a loss computes in the dtype of the predictions.

    Raises
    ------
    ValueError
        For another ``reduction``.
    """

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"{type(self).__name__}: reduction must be one of {REDUCTIONS}, got {reduction!r}"
            )
        self.reduction = reduction
        self.name = name or snake_case(type(self).__name__)
        self.dtype = dtype

    # What a subclass writes -----------------------------------------------------------------

    def values(self, y_true, y_pred):
        """``(values, cache)``: one value a sample (or position), and what the gradient needs."""
        raise TypeError(f"{self.label}: must define values(y_true, y_pred)")

    def gradient(self, cache, scale):
        """Gradient of ``sum(scale * values)`` with respect to ``y_pred``."""
        raise TypeError(f"{self.label}: must define gradient(cache, scale); no tape can derive it")

    def check(self, y_true, shape):
        """Refuse targets that do not fit predictions of ``shape`` (``None``: any length).

        Raises
        ------
        ValueError, TypeError
            Naming the loss, what was expected and what came.
        """
        if y_true.dtype.kind not in "fiub":
            raise TypeError(f"{self.label}: y_true must be real numbers, got {y_true.dtype}")
        if not _fits(y_true.shape, shape):
            raise ValueError(
                f"{self.label}: y_true must have the output's shape {tuple(shape)}, "
                f"got {y_true.shape}"
            )

    def mask(self, y_true):
        """Where values count at all, a boolean array, or ``None`` for everywhere."""
        return None

    def from_logits_of(self, activation):
        """The loss of an activation's input that equals this loss of its output, if there is one.

        Parameters
        ----------
        activation : str
            Such as ``"softmax"``.

        Returns
        -------
        Loss or None
        """
        return None

    def predictions(self, cache):
        """The output that a loss from :meth:`from_logits_of` computed along the way."""
        raise TypeError(f"{self.label}: does not take an activation over")

    # What callers use -----------------------------------------------------------------------

    @property
    def label(self):
        """How messages name the loss."""
        return f"{type(self).__name__} {self.name!r}"

    def call(self, y_true, y_pred):
        """One value a sample, not reduced."""
        y_true, y_pred = _arrays(y_true, y_pred)
        self.check(y_true, y_pred.shape)
        return self.values(*self.prepare(y_true, y_pred))[0]

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss, a float (an array where ``reduction`` is none)."""
        if self.reduction not in (None, "none"):
            return self.forward(*_arrays(y_true, y_pred), sample_weight)[0]
        values = self.call(y_true, y_pred)
        return values if sample_weight is None else values * spread(sample_weight, values)

    def forward(self, y_true, y_pred, sample_weight=None, checked=False):
        """``(loss, cache)``: the reduced loss and what :meth:`backward` needs.

        Parameters
        ----------
        y_true, y_pred : ndarray
        sample_weight : ndarray, optional
            One weight a sample, or one a value.
        checked : bool
            The targets passed :meth:`check` already.
        """
        if not checked:
            self.check(y_true, y_pred.shape)
        shape = y_pred.shape
        y_true, y_pred = self.prepare(y_true, y_pred)
        values, cache = self.values(y_true, y_pred)
        mask = self.mask(y_true)
        if mask is not None:
            sample_weight = masked(sample_weight, mask, values, self.reduction)
        total, scale = reduce(values, sample_weight, self.reduction)
        return total, (cache, scale, shape)

    def backward(self, cache):
        """Gradient of the reduced loss with respect to ``y_pred``."""
        cache, scale, shape = cache
        return self.gradient(cache, scale).reshape(shape)

    def prepare(self, y_true, y_pred):
        """The targets in the predictions' dtype, both of one shape."""
        y_true, y_pred = align(y_true, y_pred)
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{self.label}: y_true must have the output's shape {y_pred.shape}, "
                f"got {y_true.shape}"
            )
        return y_true.astype(y_pred.dtype, copy=False), y_pred


class FunctionLoss(Loss):
    """A loss from a function ``(y_true, y_pred) -> (values, gradient)``.

    Parameters
    ----------
    function : callable
        Returns one value a sample (or one an element) and the gradient of each value with respect
        to ``y_pred``, an array of the shape of ``y_pred``.
    reduction, name
        As of any loss.
    """

    def __init__(self, function, reduction="sum_over_batch_size", name=None):
        super().__init__(reduction, name or getattr(function, "__name__", "function"))
        self.function = function

    def check(self, y_true, shape):
        """Any targets: only the function knows what fits."""

    def prepare(self, y_true, y_pred):
        return y_true, y_pred

    def values(self, y_true, y_pred):
        result = self.function(y_true, y_pred)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"loss function {self.name!r}: must return (values, gradient), got "
                f"{type(result).__name__}; there is no tape that could derive the gradient"
            )
        values, gradient = (np.asarray(part, y_pred.dtype) for part in result)
        if gradient.shape != y_pred.shape or values.shape != y_pred.shape[: values.ndim]:
            raise ValueError(
                f"loss function {self.name!r}: for predictions {y_pred.shape} it must return "
                f"a gradient of that shape and values of its first axes, got values "
                f"{values.shape} and gradient {gradient.shape}"
            )
        return values, gradient

    def gradient(self, cache, scale):
        return cache * scale.reshape(scale.shape + (1,) * (cache.ndim - scale.ndim))


def function_of(loss_class):
    """Keras' function form of a loss: ``function(y_true, y_pred, ...)``, one value a sample."""

    def function(y_true, y_pred, *settings, **named):
        return loss_class(*settings, **named).call(y_true, y_pred)

    function.__name__ = function.__qualname__ = snake_case(loss_class.__name__)
    function.__doc__ = f"One value a sample of :class:`{loss_class.__name__}`, not reduced."
    function.loss_class = loss_class
    own = list(inspect.signature(loss_class).parameters.values())
    both = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in _BOTH]
    function.__signature__ = inspect.Signature(both + own)
    return function


_BOTH = ("y_true", "y_pred")


def _arrays(y_true, y_pred):
    y_pred = np.asarray(y_pred)
    if y_pred.dtype not in (np.float32, np.float64):
        y_pred = y_pred.astype(np.float32)
    return np.asarray(y_true), y_pred


def _fits(given, wanted):
    """Whether shapes agree but for a last axis of length 1; ``None`` fits any length."""
    if len(given) == len(wanted) + 1 and given[-1] == 1:
        given = given[:-1]
    elif len(wanted) == len(given) + 1 and wanted[-1] in (1, None):
        wanted = wanted[:-1]
    return len(given) == len(wanted) and all(w is None or w == g for g, w in zip(given, wanted))
