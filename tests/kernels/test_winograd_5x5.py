"""Winograd's convolution of 5x5, forward and back to the input; the weight gradient is direct."""

import numpy as np
import pytest
from hypothesis import given, settings
from support.convolutions import (
    Case,
    check_adjoint,
    check_against_tensorflow,
    check_same_bits,
    numbers,
    square_cases,
)
from support.tellings import seeds

from minicnn_kernels import cpu
from minicnn_kernels.algorithms import set_convolution
from minicnn_kernels.contracts import conv
from minicnn_kernels.cpu import choice, winograd

SAME = ((2, 2), (2, 2))
PLAIN = {"strides": (1, 1), "padding": SAME, "dilations": (1, 1), "groups": 1}
PASSES = choice.forward_tile, choice.input_gradient_tile, choice.weight_gradient_tile


@pytest.fixture(autouse=True)
def _always(monkeypatch):
    """Winograd's algorithm in every test, however few the channels."""
    monkeypatch.setattr(choice, "LEAST_OF_5X5", 0)
    choice._tile.cache_clear()
    with set_convolution("winograd"):
        yield
    choice._tile.cache_clear()


def made(x, filters, padding=SAME, dtype="float32"):
    """Normal numbers, weights as He draws them."""
    rng = np.random.default_rng(5)
    shapes = x, (5, 5, x[-1], filters), (filters,)
    x, w, b = (numbers(rng, shape, dtype) for shape in shapes)
    w *= np.sqrt(2 / np.prod(w.shape[:-1]))
    return Case(x, w, b, {**PLAIN, "padding": padding})


@settings(max_examples=25)
@given(case=square_cases(5), seed=seeds)
def test_forward_and_gradients_agree_with_tensorflow(tf, case, seed):
    check_against_tensorflow(tf, cpu, 2, case, seed, more=36)


@settings(max_examples=15)
@given(case=square_cases(5, dtypes=("float64",)))
def test_gradients_are_adjoint(case):
    check_adjoint(cpu, 2, case)


# Every way through the driver: how tiles, channels and filters are cut.
WAYS = {
    "one block, weights chunk by chunk": made((2, 7, 7, 150), 40),
    "several blocks, a last one that is not full": made((3, 21, 26, 20), 70),
    "several parts": made((1, 30, 24, 5), 140),
    "wide border": made((2, 3, 4, 6), 7, padding=((5, 4), (3, 9))),
    "no border, odd sizes": made((2, 12, 13, 17), 9, padding=((0, 0), (0, 0))),
    "double": made((2, 13, 18, 30), 21, dtype="float64"),
}


def test_every_way_is_taken():
    def work(name):
        case = WAYS[name]
        g = conv.convolution("conv2d", case.x.shape, case.w.shape, **case.geometry)
        return winograd.forward_plan(g, case.x.dtype, 2, False, "linear").work[0]

    own = work("one block, weights chunk by chunk")
    assert own["own_weights"]
    assert own["chunk"] < own["channels"]
    blocks = work("several blocks, a last one that is not full")
    assert blocks["blocks"] > 1
    assert blocks["tiles"] % blocks["block"]
    assert work("several parts")["parts"] > 1


@pytest.mark.parametrize("activation", ["relu", "relu6"])
@pytest.mark.parametrize("case", WAYS.values(), ids=WAYS)
def test_every_way_agrees_with_the_direct_form_and_is_the_same_on_any_number_of_threads(
    case, activation
):
    dy = cpu.conv2d_forward(None, case.x, case.w, case.b, **case.geometry)

    def both():
        arguments = case.x, case.w, case.b
        y = cpu.conv2d_forward(None, *arguments, **case.geometry, activation=activation)
        size = case.x.shape[1:-1]
        return y, cpu.conv2d_backward_input(None, dy, case.w, size, **case.geometry)

    ours = both()
    with set_convolution("direct"):
        direct = both()
    bound = 5e-6 if case.x.dtype == np.float32 else 2e-14
    for mine, theirs in zip(ours, direct, strict=True):
        assert (mine != theirs).any()
        assert np.abs(mine - theirs).max() <= bound * np.abs(theirs).max()
    check_same_bits(2, case)


def test_nan_reaches_the_outputs_that_see_it_and_at_most_their_tiles():
    x, w = np.ones((1, 24, 24, 2), np.float32), np.ones((5, 5, 2, 5), np.float32)
    x[0, 13, 14, 1] = np.nan
    spoilt = ~np.isfinite(cpu.conv2d_forward(None, x, w, padding=SAME))
    assert spoilt[0, 11:16, 12:17].all()
    spoilt[0, 9:18, 10:19] = False
    assert not spoilt.any()


def test_errors_stay_within_the_documented_bound():
    case = made((4, 28, 28, 128), 64)
    x, w = (a.astype(np.float64) for a in case[:2])
    with set_convolution("direct"):
        exact = cpu.conv2d_forward(None, x, w, **case.geometry)
    error = np.abs(cpu.conv2d_forward(None, case.x, case.w, **case.geometry) - exact).max()
    assert error <= 5e-6 * np.abs(exact).max()


def tiles_of(x, w):
    """The tiles that the three passes of a convolution take."""
    g = conv.convolution("conv2d", x, w, **PLAIN)
    return [tile(g, np.dtype("float32")) for tile in PASSES]


def test_what_is_chosen(monkeypatch):
    """The weight gradient would lose too much, and so would the sums over few channels."""
    monkeypatch.setattr(choice, "LEAST_OF_5X5", 16)
    assert tiles_of((64, 14, 14, 6), (5, 5, 6, 16)) == [0, 0, 0]
    assert tiles_of((64, 14, 14, 16), (5, 5, 16, 16)) == [2, 2, 0]
    with set_convolution("auto"):
        assert tiles_of((8, 27, 27, 96), (5, 5, 96, 256)) == [2, 2, 0]
        assert tiles_of((8, 28, 28, 16), (5, 5, 16, 32)) == [2, 2, 0]
        assert tiles_of((1, 7, 7, 16), (5, 5, 16, 16)) == [0, 0, 0]  # not worth waking anyone
    with set_convolution("direct"):
        assert tiles_of((8, 27, 27, 96), (5, 5, 96, 256)) == [0, 0, 0]


@pytest.mark.parametrize("changed", [{"strides": (1, 2)}, {"dilations": (2, 1)}, {"groups": 2}])
def test_what_winograd_cannot_do_is_computed_directly(changed):
    geometry = {**PLAIN, **changed}
    rng = np.random.default_rng(1)
    w = numbers(rng, (5, 5, 32 // geometry["groups"], 32), "float32")
    x = numbers(rng, (2, 9, 9, 32), "float32")
    ours = cpu.conv2d_forward(None, x, w, **geometry)
    with set_convolution("direct"):
        np.testing.assert_array_equal(ours, cpu.conv2d_forward(None, x, w, **geometry))
