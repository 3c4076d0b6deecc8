"""Random poolings, and the padding that TensorFlow's names stand for."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from minicnn_kernels import geometry


class Case(NamedTuple):
    """One pooling: input shape, geometry, and how TensorFlow calls its padding."""

    shape: tuple
    pool: tuple
    strides: tuple
    padding: tuple
    name: str
    dtype: type

    @property
    def size(self):
        return self.shape[1:-1]

    @property
    def geometry(self):
        return self.pool, self.strides, self.padding


@st.composite
def cases(
    draw,
    axes=2,
    names=("VALID", "SAME", "EXPLICIT"),
    channels=(1, 2, 6, 16, 35),
    dtypes=(np.float32, np.float64),
):
    """Poolings that fit; sizes odd and even, down to one pixel and an empty batch."""
    name = draw(st.sampled_from(names))
    dtype = draw(st.sampled_from(dtypes))
    pool, strides, padding, size = [], [], [], []
    for _ in range(axes):
        window = draw(st.integers(1, 4))
        stride = draw(st.integers(1, 4))
        before = after = 0
        if name == "EXPLICIT":
            before = draw(st.integers(0, window // 2))
            after = draw(st.integers(0, window // 2))
        smallest = 1 if name == "SAME" else max(1, window - before - after)
        length = draw(st.integers(smallest, smallest + 7))
        if name == "SAME":
            before, after = geometry.same_padding(length, window, stride, 1)
        pool.append(window)
        strides.append(stride)
        padding.append((before, after))
        size.append(length)
    shape = (draw(st.integers(0, 3)), *size, draw(st.sampled_from(channels)))
    return Case(shape, tuple(pool), tuple(strides), tuple(padding), name, dtype)


def numbers(case, shape=None, seed=0):
    """Normal numbers of the case's dtype; all different, so that no maximum is a tie."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape or case.shape).astype(case.dtype)


def whole_numbers(case, shape=None, seed=0):
    """Small integers as floats: sums of them are exact, and ties are many."""
    rng = np.random.default_rng(seed)
    return rng.integers(-4, 5, shape or case.shape).astype(case.dtype)
