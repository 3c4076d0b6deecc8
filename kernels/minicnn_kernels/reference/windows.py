"""The cells of pooling windows, tap by tap, as strided views."""

from itertools import product

import numpy as np


def pad(x, g, value=0):
    """``x`` within its spatial padding."""
    return np.pad(x, ((0, 0), *g.padding, (0, 0)), constant_values=value)


def unpad(padded, g):
    """The view of ``padded`` that :func:`pad` surrounded."""
    inner = (slice(before, before + n) for n, (before, _) in zip(g.size, g.padding))
    return padded[(slice(None), *inner)]


def inside(g):
    """1 where the padded plane holds input, 0 in the padding; ``[1, *padded, 1]``."""
    return pad(np.ones((1, *g.size, 1), bool), g, False)


def taps(padded, g):
    """For every cell of the window, row-major: its view of ``padded``, ``[N, *out, C]``."""
    for offsets in product(*(range(k) for k in g.pool)):
        steps = (slice(o, o + (n - 1) * s + 1, s) for o, n, s in zip(offsets, g.out, g.strides))
        yield padded[(slice(None), *steps)]
