"""Dropout: its distribution, its mask as a function of seed and index, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tellings
from support.tellings import both_tellings, computed, laid_out

from minicnn_kernels import cpu, reference

rates = st.floats(0, 1, exclude_max=True, allow_subnormal=False)
all_seeds = st.integers(0, 2**64 - 1)
shapes = st.lists(st.integers(0, 9), max_size=4).map(tuple)


@given(
    shape=shapes,
    rate=rates,
    seed=all_seeds,
    dtype=tellings.float_types,
    layout=tellings.layouts,
)
def test_both_tellings_give_the_same_bits(shape, rate, seed, dtype, layout):
    x = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    if shape and x.size:
        x = laid_out(x, layout)
    y, expected = (ops.dropout_forward(None, x, rate, seed) for ops in (cpu, reference))
    assert y.dtype == computed(dtype)
    assert y.shape == shape
    assert y.tobytes() == expected.tobytes()


@both_tellings
@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64 - 1])
def test_what_stays_is_scaled_and_backward_draws_the_same_mask(ops, seed):
    x = np.random.default_rng(1).random((50, 40)).astype(np.float32) + 1
    y = ops.dropout_forward(None, x, 0.25, seed)
    stays = y != 0
    np.testing.assert_array_equal(y[stays], x[stays] * np.float32(1 / 0.75))
    dx = ops.dropout_backward(None, x, 0.25, seed)
    np.testing.assert_array_equal(dx, y)


@both_tellings
def test_rate_zero_keeps_all(ops):
    x = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    np.testing.assert_array_equal(ops.dropout_forward(None, x, 0, 3), x)


@pytest.mark.parametrize("rate", [0.001, 0.2, 0.5, 0.9, 0.999])
def test_share_and_neighbours_are_those_of_independent_draws(rate):
    count = 400_000
    masks = np.stack(
        [reference.dropout_forward(None, np.ones(count), rate, seed) > 0 for seed in (5, 6)]
    )
    deviation = np.sqrt(rate * (1 - rate))
    assert abs(masks.mean() - (1 - rate)) < 5 * deviation / np.sqrt(masks.size)
    centred = (masks - (1 - rate)) / deviation
    for lag in (1, 2, 7, 64, 1000):  # in one mask, then between the masks of seeds 5 and 6
        correlation = (centred[0, lag:] * centred[0, :-lag]).mean()
        assert abs(correlation) < 5 / np.sqrt(count - lag)
    for lag in range(3):
        correlation = (centred[0, lag:] * centred[1, : count - lag]).mean()
        assert abs(correlation) < 5 / np.sqrt(count - lag)


def test_same_bits_for_any_number_of_threads_and_any_piece():
    x = np.random.default_rng(1).standard_normal(100_000).astype(np.float32)
    tellings.same_bits(lambda: cpu.dropout_forward(None, x, 0.3, 42))
    y = cpu.dropout_forward(None, x, 0.3, 42)
    assert y.tobytes() == reference.dropout_forward(None, x, 0.3, 42).tobytes()
    np.testing.assert_array_equal(cpu.dropout_forward(None, x[:100], 0.3, 42), y[:100])


@both_tellings
def test_nan_that_stays_is_nan(ops):
    y = ops.dropout_forward(None, np.full(100, np.nan, np.float32), 0.5, 1)
    assert 20 < np.isnan(y).sum() < 80
    assert (y[~np.isnan(y)] == 0).all()


@both_tellings
@pytest.mark.parametrize("rate", [-0.1, 1, 1.0, 2, float("nan"), float("inf")])
def test_rates_outside_0_1_are_refused(ops, rate):
    x = np.ones(3, np.float32)
    with pytest.raises(ValueError, match=r"dropout_forward: rate must lie in \[0, 1\), got"):
        ops.dropout_forward(None, x, rate, 1)
    with pytest.raises(ValueError, match=r"dropout_backward: rate must lie in \[0, 1\), got"):
        ops.dropout_backward(None, x, rate, 1)


@both_tellings
def test_refusals(ops):
    x = np.ones(3, np.float32)
    with pytest.raises(TypeError, match="rate must be a real number, got None"):
        ops.dropout_forward(None, x, None, 1)
    with pytest.raises(TypeError, match=r"seed must be an integer, got 1\.5"):
        ops.dropout_forward(None, x, 0.5, 1.5)
    with pytest.raises(ValueError, match=r"seed must lie in 0..2\*\*64 - 1, got -1"):
        ops.dropout_forward(None, x, 0.5, -1)
    with pytest.raises(ValueError, match="y must not overlap an input"):
        ops.dropout_forward(x, x, 0.5, 1)
