"""The metric: a number that gathers over batches, and the means that most metrics are."""

import copy

import numpy as np

from .. import initializers
from ..losses.reduction import spread
from ..naming import snake_case
from ..registry import Configurable, Registry
from .variable import Variable

registry = Registry("metric")

_GATHERED = (int, float, np.number, np.ndarray, Variable)


class _Begun(type):
    """Makes metrics whose state is that of :meth:`Metric.reset_state`, whoever wrote it."""

    def __call__(cls, *arguments, **named):
        metric = super().__call__(*arguments, **named)
        metric.reset_state()
        return metric


class Metric(Configurable, metaclass=_Begun):
    """Base of all metrics.

    A subclass writes :meth:`update_state`, :meth:`result` and :meth:`reset_state`, which is called
    once when the metric is made. It may gather in plain attributes or, as in Keras, in what
    :meth:`add_weight` makes; then :meth:`reset_state` need not be written.

    Parameters
    ----------
    name : str, optional
        What it is logged under. Default: the class name in snake case.
    dtype : str, optional
        Accepted for Keras' sake: metrics gather in float64.
    """

    def __init__(self, name=None, dtype=None):
        self.name = name or snake_case(type(self).__name__)
        self.dtype = dtype
        self._variables = []

    def add_weight(self, shape=(), initializer="zeros", dtype=None, name=None):
        """A :class:`Variable` to gather in, float64.

        Parameters
        ----------
        shape : tuple
            ``tf.keras`` has the name in this place; a string is taken as one.
        initializer : object or name
            Of its first value; :meth:`reset_state` sets zeros, as in Keras.
        dtype : str, optional
            Accepted for Keras' sake.
        name : str, optional
        """
        if isinstance(shape, str):
            shape, name = (), shape
        initializer = initializers.get(initializer or "zeros")
        variable = Variable(initializer(shape, dtype="float64"), name)
        self._variables.append(variable)
        return variable

    add_variable = add_weight

    @property
    def variables(self):
        """What :meth:`add_weight` made, in order."""
        return list(self._variables)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch."""
        raise TypeError(f"{type(self).__name__}: must define update_state")

    def result(self):
        """The metric of all batches since :meth:`reset_state`, a float."""
        raise TypeError(f"{type(self).__name__}: must define result")

    def reset_state(self):
        """Forget all batches."""
        for variable in self._variables:
            variable.assign(0)

    def get_state(self):
        """Numbers and arrays that :meth:`reset_state` would change, as a dict."""
        blank = copy.deepcopy(self)
        blank.reset_state()
        return {
            name: np.copy(value)
            for name, value in vars(self).items()
            if isinstance(value, _GATHERED) and not np.array_equal(value, vars(blank)[name])
        }

    def set_state(self, state):
        """Go on from :meth:`get_state`.

        Raises
        ------
        ValueError
            If a name is not one of a number or array that the metric keeps.
        """
        self.reset_state()
        for name, value in state.items():
            kind = type(vars(self).get(name))
            if not issubclass(kind, _GATHERED):
                raise ValueError(f"{type(self).__name__}: gathers no {name!r}")
            if kind is Variable:
                vars(self)[name].assign(value)
                continue
            setattr(self, name, value.copy() if issubclass(kind, np.ndarray) else kind(value))

    def __call__(self, *batch, **named):
        """:meth:`update_state`, then :meth:`result`."""
        self.update_state(*batch, **named)
        return self.result()


@registry.register()
class Mean(Metric):
    """The (weighted) mean of values."""

    def update_state(self, values, sample_weight=None):
        """Take in values of any shape; weights of their shape or its first axes."""
        values = np.asarray(values, np.float64)
        if sample_weight is None:
            self._add(values.sum() / max(values[:1].size, 1), len(values)) if values.ndim else (
                self._add(float(values), 1)
            )
            return
        values, weights = samplewise(values, sample_weight)
        self._add((values * weights).sum(), weights.sum())

    def _add(self, total, count):
        self.total += float(total)
        self.count += float(count)

    def result(self):
        return self.total / self.count if self.count else 0.0

    def reset_state(self):
        self.total = self.count = 0.0


@registry.register()
class Sum(Metric):
    """The (weighted) sum of values."""

    def update_state(self, values, sample_weight=None):
        """Take in values of any shape; weights of their shape or its first axes."""
        values = np.asarray(values, np.float64)
        if sample_weight is not None:
            values = values * spread(sample_weight, values)
        self.total += float(values.sum())

    def result(self):
        return self.total

    def reset_state(self):
        self.total = 0.0


class MeanMetricWrapper(Mean):
    """The mean of a function ``(y_true, y_pred) -> values``.

    Parameters
    ----------
    fn : callable
    name : str, optional
        Default: the function's.
    dtype : str, optional
    **settings
        Further arguments of ``fn``.
    """

    def __init__(self, fn, name=None, dtype=None, **settings):
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self.fn = fn
        self._settings = settings

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch."""
        super().update_state(self.fn(y_true, y_pred, **self._settings), sample_weight)

    def get_config(self):
        """The function by its name, and its settings."""
        return {**super().get_config(), **self._settings}


def samplewise(values, sample_weight):
    """Values and weights with one axis each: what lies behind a weight is averaged."""
    weights = np.asarray(sample_weight, np.float64)
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    elif values.ndim == weights.ndim + 1 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim > weights.ndim:
        values = values.mean(axis=tuple(range(weights.ndim, values.ndim)))
    if weights.shape != values.shape:
        raise ValueError(
            f"metric: sample_weight must have the first axes of the values {values.shape}, "
            f"got {weights.shape}"
        )
    if weights.ndim <= 1:
        return values, weights
    # As Keras: the weighted mean of a sample counts with the mean of its weights.
    inner = tuple(range(1, weights.ndim))
    mean_weight = weights.mean(axis=inner)
    weighted = (values * weights).mean(axis=inner)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean_weight != 0, weighted / mean_weight, 0.0), mean_weight
