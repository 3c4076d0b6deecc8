"""The input gradient of a convolution: correlations of ``dy``, or a scatter where cheaper."""

from functools import lru_cache
from math import prod

from . import plan
from .correlation import correlate
from .correlation_plan import make_plan, transposed_dense_plan
from .panels import Weights
from .scatter import scatter, scatter_plan


def input_gradient(dx, dy, w, g):
    """Overwrite ``dx`` with the input gradient of the convolution ``g``."""
    scattered = None if _sees_all(g) else scatter_plan(g, dy.dtype)
    if scattered is not None:
        scatter(dx, dy, w, scattered)
        return
    for part in _plans(g, dy.dtype):
        correlate(dx, dy, w, None, part)


def _sees_all(g):
    """Whether the one output of an image sees all of it: then this is a dense layer."""
    return (
        g.kernel == g.size and g.groups == 1 and prod(g.out) == 1 and not any(map(any, g.padding))
    )


@lru_cache(maxsize=1024)
def _plans(g, dtype):
    """The plans of the correlations of ``dy`` that together write ``dx`` of convolution ``g``."""
    if _sees_all(g):
        inputs = prod(g.size) * g.channels
        return [transposed_dense_plan(g.batch, g.filters, inputs, dtype)]
    channels, filters = g.channels // g.groups, g.filters // g.groups
    weights = Weights(filters, channels * g.filters, 1, g.filters, filters - channels * g.filters)
    parts = list(plan.gradient_axes(g))
    # A 1x1 convolution of stride 2 leaves three inputs of four without a gradient.
    met = [(axes, taps) for axes, taps in parts if taps]
    clear = len(met) == 1 < len(parts) and len(g.size) == 2
    return [
        make_plan(
            g.batch,
            axes,
            g.filters,
            g.groups,
            g.channels,
            dtype,
            taps,
            weights,
            biased=False,
            activation="linear",
            clear=clear,
        )
        for axes, taps in (met if clear else parts)
    ]
