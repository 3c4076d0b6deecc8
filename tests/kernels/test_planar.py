"""Convolutions of few filters in planes: exact, block by block, and when they are chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.convolutions import (
    Case,
    check_against_tensorflow,
    check_exactly,
    check_same_bits,
    numbers,
)
from support.tellings import laid_out, layouts, seeds

from minicnn_kernels import cpu
from minicnn_kernels.contracts import conv
from minicnn_kernels.cpu import planar, planar_weight_gradient, planes, simd

LANES = simd.lanes(np.float32)
FEW = LANES // 2


def geometry(padding):
    return {"strides": (1, 1), "padding": padding, "dilations": (1, 1), "groups": 1}


def fits(case):
    g = conv.convolution("conv2d", case.x.shape, case.w.shape, **case.geometry)
    return planes.fits(g, case.x.dtype)


@st.composite
def cases(draw, whole=False):
    """Convolutions of few filters and many places."""
    channels = draw(st.sampled_from([1, 2, 3, 4, 5, LANES]))
    filters = draw(st.sampled_from([1, 2, 3, FEW - 1, FEW]))
    kernel = draw(st.integers(1, 5)), draw(st.integers(2, 5))
    padding = tuple((draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in range(2))
    size = [draw(st.integers(14, 40)) for _ in range(2)]
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    layout = draw(layouts)
    shapes = (draw(st.integers(1, 3)), *size, channels), (*kernel, channels, filters), (filters,)
    x, w, b = (laid_out(numbers(rng, shape, "float32", whole), layout) for shape in shapes)
    return Case(x, w, b, geometry(padding))


@pytest.fixture
def small_blocks(monkeypatch):
    """Two or three rows of outputs in a block, the last with fewer."""
    monkeypatch.setattr(planes, "BLOCK_BYTES", 2_000)
    caches = planes.cut, planar.forward_plan, planar_weight_gradient.weight_gradient_plan
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@given(case=cases(whole=True), activation=st.sampled_from(["linear", "relu", "relu6"]))
def test_exact_on_whole_numbers(case, activation):
    assert fits(case)
    check_exactly(2, case, activation)


@given(case=cases(), seed=seeds)
def test_as_tensorflow(tf, case, seed):
    check_against_tensorflow(tf, cpu, 2, case, seed)


@pytest.mark.parametrize("channels, filters", [(1, 1), (3, FEW), (LANES, 2)])
def test_blocks_of_rows(rng, small_blocks, channels, filters):
    shapes = (2, 23, 21, channels), (3, 4, channels, filters), (filters,)
    case = Case(*(numbers(rng, s, "float32", True) for s in shapes), geometry(((2, 0), (1, 2))))
    assert fits(case)
    check_exactly(2, case)
    check_same_bits(2, case)


def test_same_bits_for_any_number_of_threads(rng):
    shapes = (5, 28, 28, 1), (5, 5, 1, FEW), (FEW,)
    check_same_bits(2, Case(*(numbers(rng, s, "float32") for s in shapes), geometry(((2, 2),) * 2)))


def test_nan_and_infinity_reach_the_outputs_that_meet_them(rng):
    x, w = numbers(rng, (1, 20, 20, 1), "float32"), numbers(rng, (3, 3, 1, 2), "float32")
    x[0, 4, 7], x[0, 15, 3] = np.nan, np.inf
    y = cpu.conv2d_forward(None, x, w)
    met = np.zeros((18, 18), bool)
    met[2:5, 5:8] = met[13:16, 1:4] = True
    assert (~np.isfinite(y[0])).all(axis=-1).tolist() == met.tolist()
    dy = numbers(rng, y.shape, "float32")
    assert not np.isfinite(cpu.conv2d_backward_weights(None, x, dy, (3, 3))).any()


def test_memory_of_earlier_calls_does_not_matter(rng):
    """Planes have room beyond their numbers: NaN that a call leaves there must not be met."""
    x, w = numbers(rng, (1, 20, 20, 2), "float32"), numbers(rng, (3, 3, 2, 2), "float32")
    dy = numbers(rng, (1, 18, 18, 2), "float32")
    y, dw = cpu.conv2d_forward(None, x, w), cpu.conv2d_backward_weights(None, x, dy, (3, 3))
    nan = np.full((1, 30, 30, 2), np.nan, np.float32)
    cpu.conv2d_forward(None, nan, w)
    cpu.conv2d_backward_weights(None, nan, nan[:, :28, :28].copy(), (3, 3))
    assert cpu.conv2d_forward(None, x, w).tobytes() == y.tobytes()
    assert cpu.conv2d_backward_weights(None, x, dy, (3, 3)).tobytes() == dw.tobytes()


@pytest.mark.parametrize(
    "shape, filters, changes",
    [
        ((2, 28, 28, 1), FEW + 1, {}),
        ((2, 28, 28, LANES + 1), 2, {}),
        ((2, 28, 28, 1), 2, {"strides": (2, 1)}),
        ((2, 28, 28, 1), 2, {"dilations": (1, 2)}),
        ((2, 5, 5, 1), 2, {}),
    ],
)
def test_left_to_the_direct_form(shape, filters, changes):
    w = np.zeros((3, 3, shape[-1], filters), np.float32)
    assert not fits(Case(np.zeros(shape, np.float32), w, None, geometry(((1, 1),) * 2) | changes))
