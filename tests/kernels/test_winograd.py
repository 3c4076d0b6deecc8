"""Winograd's convolution: its matrices, its drivers in both tile sizes, and when it is chosen."""

import numpy as np
import pytest
from hypothesis import given, settings
from support.convolutions import (
    Case,
    check_adjoint,
    check_against_tensorflow,
    check_same_bits,
    functions,
    numbers,
    square_cases,
)
from support.tellings import seeds

from minicnn_kernels import cpu
from minicnn_kernels.algorithms import CONVOLUTIONS, convolution, set_convolution
from minicnn_kernels.contracts import conv
from minicnn_kernels.cpu import choice, winograd, winograd_weight_gradient
from minicnn_kernels.cpu.winograd_matrices import matrix

SAME = ((1, 1), (1, 1))
PLAIN = (1, 1), SAME  # strides and padding


@pytest.fixture(params=choice.TILES, autouse=True)
def tile(request, monkeypatch):
    """Every test runs for each tile size, and for no other algorithm unless it says so."""
    monkeypatch.setattr(choice, "TILES", (request.param,))
    monkeypatch.setattr(choice, "FEW_CHANNELS", 0)
    choice._tile.cache_clear()
    with set_convolution("winograd"):
        yield request.param
    choice._tile.cache_clear()


def made(x, w, padding=SAME, dtype="float32"):
    """Normal numbers of shapes ``x`` and ``w``, weights as He draws them."""
    rng = np.random.default_rng(5)
    x, w, b = (numbers(rng, shape, dtype) for shape in (x, w, w[-1:]))
    w *= np.sqrt(2 / np.prod(w.shape[:-1]))
    geometry = {"strides": (1, 1), "padding": padding, "dilations": (1, 1), "groups": 1}
    return Case(x, w, b, geometry)


def plans(case, threads=2):
    """The plans of the three drivers."""
    g = conv.convolution("conv2d", case.x.shape, case.w.shape, **case.geometry)
    m = choice.TILES[0]
    return (
        winograd.forward_plan(g, case.x.dtype, m, False, "linear"),
        winograd.input_gradient_plan(g, case.x.dtype, m),
        winograd_weight_gradient.weight_gradient_plan(g, case.x.dtype, m, threads),
    )


@pytest.mark.parametrize(("outputs", "taps"), [(4, 3), (2, 3), (2, 5), (3, 4), (5, 2)])
def test_matrices_filter_one_line_exactly(outputs, taps):
    rng, points = np.random.default_rng(0), outputs + taps - 1
    line, filter = rng.standard_normal(points), rng.standard_normal(taps)
    sizes = {"input": points, "weights": taps, "output": outputs}
    inputs, weights, output = (np.array(matrix(name, points, n)) for name, n in sizes.items())
    expected = np.correlate(line, filter, "valid")
    found = output @ ((weights @ filter) * (inputs @ line))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@settings(max_examples=25)
@given(case=square_cases(3), seed=seeds)
def test_forward_and_gradients_agree_with_tensorflow(tf, case, seed):
    check_against_tensorflow(tf, cpu, 2, case, seed, more=36)


@settings(max_examples=15)
@given(case=square_cases(3, dtypes=("float64",)))
def test_gradients_are_adjoint(case):
    check_adjoint(cpu, 2, case)


# Every way through the drivers: how tiles, channels and filters are cut, and who sums.
WAYS = {
    "one block, weights chunk by chunk": made((2, 9, 7, 150), (3, 3, 150, 40)),
    "several blocks, a last one that is not full": made((3, 33, 34, 20), (3, 3, 20, 70)),
    "several parts": made((1, 40, 24, 5), (3, 3, 5, 140)),
    "splits": made((4, 40, 40, 16), (3, 3, 16, 33)),
    "no splits, many blocks": made((1, 45, 40, 160), (3, 3, 160, 170)),
    "channels block by block": made((1, 12, 12, 70), (3, 3, 70, 70)),
    "one channel, one filter": made((1, 5, 6, 1), (3, 3, 1, 1), padding=((0, 0), (0, 0))),
    "wide border": made((2, 3, 4, 6), (3, 3, 6, 7), padding=((5, 4), (3, 9))),
    "double": made((2, 13, 18, 30), (3, 3, 30, 21), dtype="float64"),
}


def test_every_way_is_taken():
    own, blocks, parts, splits = (
        plans(WAYS[name])
        for name in (
            "one block, weights chunk by chunk",
            "several blocks, a last one that is not full",
            "several parts",
            "splits",
        )
    )
    assert own[0].own_weights
    assert own[0].work["chunk"][0] < own[0].work["channels"][0]
    assert blocks[0].work["blocks"][0] > 1
    assert blocks[0].work["tiles"][0] % blocks[0].work["block"][0]
    assert parts[0].work["parts"][0] > 1
    assert splits[2].splits > 1
    assert plans(WAYS["channels block by block"])[2].whole


@pytest.mark.parametrize("activation", ["relu", "relu6"])
@pytest.mark.parametrize("case", WAYS.values(), ids=WAYS)
def test_every_way_agrees_with_the_direct_form_and_is_the_same_on_any_number_of_threads(
    case, activation
):
    conv2d = functions(cpu, 2)
    size, kernel = case.x.shape[1:-1], case.w.shape[:-2]
    dy = conv2d.forward(None, case.x, case.w, case.b, **case.geometry, activation=activation)

    def all_three():
        return (
            conv2d.forward(None, case.x, case.w, case.b, **case.geometry, activation=activation),
            conv2d.backward_input(None, dy, case.w, size, **case.geometry),
            conv2d.backward_weights(np.ones_like(case.w), case.x, dy, kernel, **case.geometry),
            conv2d.backward_weights(
                np.full_like(case.w, np.nan), case.x, dy, kernel, **case.geometry, add=False
            ),
        )

    ours = all_three()
    with set_convolution("direct"):
        direct = all_three()
    bound = 5e-6 if case.x.dtype == np.float32 else 2e-14
    for mine, theirs in zip(ours, direct):
        assert np.abs(mine - theirs).max() <= bound * np.abs(theirs).max()
    check_same_bits(2, case)


def test_an_empty_batch_gives_an_empty_result_and_no_gradient():
    x, w = np.zeros((0, 4, 5, 2), np.float32), np.ones((3, 3, 2, 6), np.float32)
    y = cpu.conv2d_forward(None, x, w)
    assert y.shape == (0, 2, 3, 6)
    assert cpu.conv2d_backward_input(None, y, w, (4, 5)).shape == x.shape
    np.testing.assert_array_equal(cpu.conv2d_backward_weights(w.copy(), x, y, (3, 3)), w)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_the_outputs_that_see_them_and_at_most_their_tiles(value, tile):
    x, w = np.ones((1, 24, 24, 2), np.float32), np.ones((3, 3, 2, 5), np.float32)
    x[0, 13, 14, 1] = value
    spoilt = ~np.isfinite(cpu.conv2d_forward(None, x, w, padding=SAME))
    assert spoilt[0, 12:15, 13:16].all()
    spoilt[0, 12 - tile : 15 + tile, 13 - tile : 16 + tile] = False
    assert not spoilt.any()
    dw = cpu.conv2d_backward_weights(None, x, np.ones((1, 24, 24, 5), "f"), (3, 3), padding=SAME)
    assert not np.isfinite(dw[:, :, 1]).any()
    assert np.isfinite(dw[:, :, 0]).all()


def test_images_in_a_batch_do_not_see_each_other():
    case = made((5, 9, 10, 33), (3, 3, 33, 40))
    together = cpu.conv2d_forward(None, case.x, case.w, case.b, **case.geometry)
    for n in range(len(case.x)):
        alone = cpu.conv2d_forward(None, case.x[n : n + 1], case.w, case.b, **case.geometry)
        np.testing.assert_array_equal(together[n : n + 1], alone)


def test_errors_stay_within_the_documented_bound():
    case = made((4, 28, 28, 256), (3, 3, 256, 64))
    x, w = (a.astype(np.float64) for a in case[:2])
    with set_convolution("direct"):
        exact = cpu.conv2d_forward(None, x, w, **case.geometry)
    error = np.abs(cpu.conv2d_forward(None, case.x, case.w, **case.geometry) - exact).max()
    assert error <= 5e-6 * np.abs(exact).max()


OTHERS = {
    "stride": {"strides": (2, 1)},
    "dilation": {"dilations": (1, 2)},
    "groups": {"groups": 2},
}


@pytest.mark.parametrize("geometry", OTHERS.values(), ids=OTHERS)
def test_what_winograd_cannot_do_is_computed_directly(geometry):
    rng = np.random.default_rng(1)
    groups = geometry.get("groups", 1)
    x, w = numbers(rng, (2, 9, 9, 8), "float32"), numbers(rng, (3, 3, 8 // groups, 6), "float32")
    ours = cpu.conv2d_forward(None, x, w, **geometry)
    with set_convolution("direct"):
        np.testing.assert_array_equal(ours, cpu.conv2d_forward(None, x, w, **geometry))


def chosen(x, w):
    """The tile that the three passes of a convolution take, with all sizes to choose from."""
    g = conv.convolution("conv2d", x, w, (1, 1), SAME, (1, 1), 1)
    passes = choice.forward_tile, choice.input_gradient_tile, choice.weight_gradient_tile
    return {tile(g, np.dtype("float32")) for tile in passes}


def test_auto_takes_winograd_where_products_outweigh_the_transforms(monkeypatch):
    monkeypatch.setattr(choice, "TILES", (4, 2))
    with set_convolution("auto"):
        assert chosen((8, 56, 56, 64), (3, 3, 64, 64)) == {4}
        assert chosen((8, 7, 7, 512), (3, 3, 512, 512)) == {4}
        assert chosen((1, 7, 7, 512), (3, 3, 512, 512)) == {0}  # weights weigh too much
        assert chosen((1, 5, 5, 4), (3, 3, 4, 4)) == {0}  # not worth waking anyone
        assert chosen((8, 32, 32, 3), (3, 3, 3, 8)) == {0}  # few products to save
    with set_convolution("direct"):
        assert chosen((8, 56, 56, 64), (3, 3, 64, 64)) == {0}


def test_few_channels_take_the_smaller_tile(monkeypatch):
    """The larger one's roundings outweigh those of a short sum: the error of 3 channels."""
    monkeypatch.setattr(choice, "TILES", (4, 2))
    monkeypatch.setattr(choice, "FEW_CHANNELS", 8)
    assert chosen((8, 32, 32, 7), (3, 3, 7, 7)) == {2}
    assert chosen((8, 32, 32, 8), (3, 3, 8, 8)) == {4}
    case = made((2, 64, 64, 3), (3, 3, 3, 16))
    expected = cpu.conv2d_forward(None, *(a.astype(float) for a in (case.x, case.w)), None, *PLAIN)
    with set_convolution("direct"):
        direct = cpu.conv2d_forward(None, case.x, case.w, None, *PLAIN)
    ours = cpu.conv2d_forward(None, case.x, case.w, None, *PLAIN)
    assert np.abs(ours - expected).max() < 3 * np.abs(direct - expected).max()


def test_the_setting_is_undone_at_the_end_of_a_with_block():
    for name in CONVOLUTIONS:
        with set_convolution(name):
            assert convolution() == name
        assert convolution() == "winograd"


@pytest.mark.parametrize("name", ["fft", None, 4, ["direct"]])
def test_an_unknown_algorithm_is_refused_and_nothing_changes(name):
    with pytest.raises(ValueError, match=r"^set_convolution: algorithm must be one of .*, got"):
        set_convolution(name)
    assert convolution() == "winograd"
