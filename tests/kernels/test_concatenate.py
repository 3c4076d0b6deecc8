"""Concatenation: NumPy's, its gradient the cut, for any threads, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, laid_out

from minicnn_kernels import cpu


def draw(rows, columns, dtype="float32"):
    rng = np.random.default_rng(rows)
    return [rng.standard_normal((rows, count)).astype(dtype) for count in columns]


@both_tellings
@given(
    rows=st.integers(0, 20),
    columns=st.lists(st.integers(0, 40), min_size=1, max_size=5),
    dtype=tellings.float_types,
    layout=tellings.layouts,
)
def test_it_is_numpys_and_backward_cuts(ops, rows, columns, dtype, layout):
    xs = [x.astype(tellings.computed(dtype)) for x in draw(rows, columns, dtype)]
    y = ops.concatenate_forward(None, [laid_out(x.astype(dtype), layout) for x in xs])
    np.testing.assert_array_equal(y, np.concatenate(xs, axis=1))
    assert y.dtype == tellings.computed(dtype)
    for dx, x in zip(ops.concatenate_backward(None, laid_out(y, layout), columns), xs, strict=True):
        np.testing.assert_array_equal(dx, x)


@both_tellings
def test_large_ones_into_given_arrays(ops):
    xs = draw(3000, (64, 1, 130))
    y = np.empty((3000, 195), np.float32)
    assert ops.concatenate_forward(y, xs) is y
    dxs = [np.empty_like(x) for x in xs]
    for dx, given_array, x in zip(ops.concatenate_backward(dxs, y, (64, 1, 130)), dxs, xs):
        assert dx is given_array
        np.testing.assert_array_equal(dx, x)
    tellings.same_bits(lambda: cpu.concatenate_forward(None, xs))


@both_tellings
def test_refusals(ops):
    a, b = draw(4, (3, 2))
    forward, backward = ops.concatenate_forward, ops.concatenate_backward
    with pytest.raises(ValueError, match=r"xs\[1\] must have shape \(4, 2\), got \(3, 2\)"):
        forward(None, [a, b[:3]])
    with pytest.raises(TypeError, match=r"xs\[1\] must be float32, got float64"):
        forward(None, [a, b.astype(float)])
    with pytest.raises(ValueError, match="xs must be a list of arrays, got "):
        forward(None, [])
    with pytest.raises(ValueError, match="y must not overlap an input"):
        forward(a, [a])
    with pytest.raises(ValueError, match=r"columns must make up dy's 3, got \(1, 1\)"):
        backward(None, a, (1, 1))
    with pytest.raises(ValueError, match="dxs must be 2 arrays, got 1"):
        backward([None], a, (1, 2))
    with pytest.raises(ValueError, match="columns must be at least 0"):
        backward(None, a, (4, -1))
