"""Sums of two arrays: NumPy's, in place, for any threads, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from support import tellings
from support.tellings import both_tellings, laid_out

from minicnn_kernels import cpu


@both_tellings
@pytest.mark.parametrize("size", [0, 7, 40_001])
@given(dtype=tellings.float_types, layout=tellings.layouts, seed=tellings.seeds)
def test_it_is_numpys(ops, size, dtype, layout, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.standard_normal((size, 3)).astype(dtype) for _ in range(2))
    computed = tellings.computed(dtype)
    expected = a.astype(computed) + b.astype(computed)
    y = ops.add_forward(None, laid_out(a, layout), b)
    assert y.dtype == computed
    np.testing.assert_array_equal(y, expected)


@both_tellings
def test_either_summand_may_hold_the_sum(ops):
    a, b = np.arange(50_000.0), np.full(50_000, 0.5)
    expected = a + b
    left, right, both = a.copy(), b.copy(), a.copy()
    assert ops.add_forward(left, left, b) is left
    assert ops.add_forward(right, a, right) is right
    ops.add_forward(both, both, both)
    np.testing.assert_array_equal(left, expected)
    np.testing.assert_array_equal(right, expected)
    np.testing.assert_array_equal(both, 2 * a)


def test_any_number_of_threads_computes_the_same_bits():
    a, b = np.random.default_rng(0).standard_normal((2, 123_457)).astype(np.float32)
    tellings.same_bits(lambda: cpu.add_forward(None, a, b))


@both_tellings
def test_refusals(ops):
    a = np.ones((4, 3), np.float32)
    with pytest.raises(ValueError, match=r"add_forward: b must have shape \(4, 3\), got \(3, 3\)"):
        ops.add_forward(None, a, a[1:])
    with pytest.raises(TypeError, match="add_forward: b must be float32, got float64"):
        ops.add_forward(None, a, a.astype(float))
    with pytest.raises(ValueError, match="add_forward: y must not overlap an input"):
        ops.add_forward(a[1:], a[:-1], a[:-1].copy())
