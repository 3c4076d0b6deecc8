"""Convolution over two axes: against TensorFlow, against the formula, and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from support.convolutions import (
    Case,
    cases,
    check_adjoint,
    check_against_tensorflow,
    check_exactly,
    check_same_bits,
    numbers,
)
from support.tellings import both_tellings, seeds

from minicnn_kernels import cpu, reference
from minicnn_kernels.contracts.conv import ACTIVATIONS, convolution
from minicnn_kernels.cpu import weight_gradient_plan
from minicnn_kernels.cpu.correlation_plan import forward_plan

SAME3 = ((1, 1), (1, 1))
VALID = ((0, 0), (0, 0))


@both_tellings
@settings(max_examples=25)
@given(case=cases(axes=2), seed=seeds)
def test_forward_and_gradients_agree_with_tensorflow(tf, ops, case, seed):
    check_against_tensorflow(tf, ops, 2, case, seed)


@settings(max_examples=50)
@given(case=cases(axes=2, whole=True), seed=seeds)
def test_whole_numbers_agree_with_the_reference_to_the_last_bit(case, seed):
    check_exactly(2, case, ACTIVATIONS[seed % 3], seed)


@both_tellings
@settings(max_examples=15)
@given(case=cases(axes=2, dtypes=("float64",)))
def test_gradients_are_adjoint(ops, case):
    check_adjoint(ops, 2, case)


def made(x, w, strides=(1, 1), padding=VALID, dilations=(1, 1), groups=1, dtype="float32"):
    """Whole numbers of shapes ``x`` and ``w``."""
    rng = np.random.default_rng(5)
    arrays = (numbers(rng, shape, dtype, whole=True) for shape in (x, w, w[-1:]))
    geometry = {"strides": strides, "padding": padding, "dilations": dilations, "groups": groups}
    return Case(*arrays, geometry)


# Every way through the drivers: what a block reads, how sums and outputs are cut, and who writes.
WAYS = {
    "borders gathered, in bands": made((2, 30, 29, 9), (3, 3, 9, 34), padding=SAME3),
    "borders clipped": made((2, 20, 17, 30), (3, 3, 30, 40), padding=SAME3),
    "read in place": made((2, 24, 26, 5), (5, 5, 5, 48)),
    "several images in a block": made((40, 3, 3, 8), (3, 3, 8, 33), padding=SAME3),
    "uneven last block": made((67, 2, 3, 8), (2, 2, 8, 16), padding=((1, 0), (0, 1))),
    "pixels in one line": made((3, 21, 23, 7), (1, 1, 7, 36)),
    "sums in several chunks": made((1, 5, 6, 400), (3, 3, 400, 6), padding=SAME3),
    "one tap, very long": made((1, 1, 1, 6000), (1, 1, 6000, 40)),
    "stride without all taps": made((2, 33, 31, 40), (1, 1, 40, 18), strides=(2, 2)),
    "stride without all rows": made((2, 39, 17, 9), (1, 3, 9, 5), (2, 1), ((3, 4), (1, 1))),
    "one filter": made((2, 5, 6, 64), (2, 3, 64, 1), padding=SAME3),
    "stride with residues": made((2, 33, 31, 20), (3, 3, 20, 18), strides=(2, 3), padding=SAME3),
    "scattered": made((2, 40, 37, 3), (7, 7, 3, 20), strides=(2, 2), padding=((3, 2), (2, 3))),
    "scattered, dilated": made((1, 40, 40, 1), (3, 4, 1, 20), dilations=(2, 3), padding=SAME3),
    "groups": made((2, 18, 18, 12), (3, 3, 4, 51), padding=SAME3, groups=3),
    "split images": made((6, 28, 28, 1), (5, 5, 1, 6)),
    "wide border": made((1, 3, 40, 4), (2, 2, 4, 5), padding=((9, 7), (5, 8))),
    "few places, rows of weights": made((2, 3, 3, 60), (3, 3, 60, 100), padding=SAME3),
    "pixels that share a set": made((2, 18, 18, 1024), (1, 1, 1024, 20)),
    "pixels picked": made((2, 17, 15, 512), (1, 1, 512, 20), strides=(2, 2)),
    "pixels picked from rows": made((2, 17, 9, 1024), (1, 1, 1024, 20), strides=(2, 1)),
    "pixels picked, in groups": made((3, 9, 8, 1024), (1, 1, 512, 6), strides=(2, 2), groups=2),
    "gradients that share a set": made((3, 9, 8, 12), (1, 1, 12, 1024), strides=(2, 2)),
    "an output past the caches": made((1, 160, 160, 8), (1, 1, 8, 128)),
    "double": made((2, 19, 18, 30), (3, 3, 30, 21), padding=SAME3, dtype="float64"),
}


@pytest.mark.parametrize("case", WAYS.values(), ids=WAYS)
def test_every_way_through_the_drivers_is_exact_and_the_same_on_any_number_of_threads(case):
    check_exactly(2, case)
    check_same_bits(2, case)


@both_tellings
def test_an_empty_batch_gives_an_empty_result_and_no_gradient(ops):
    x, w = np.zeros((0, 4, 5, 2), np.float32), np.ones((2, 3, 2, 6), np.float32)
    y = ops.conv2d_forward(None, x, w)
    assert y.shape == (0, 3, 3, 6)
    assert ops.conv2d_backward_input(None, y, w, (4, 5)).shape == x.shape
    dw = ops.conv2d_backward_weights(w.copy(), x, y, (2, 3))
    np.testing.assert_array_equal(dw, w)


@both_tellings
@pytest.mark.parametrize(
    "value, activation",
    [*((np.nan, name) for name in ACTIVATIONS), (np.inf, "linear"), (np.inf, "relu")],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in matmul")  # by NumPy's own BLAS
def test_nan_and_infinity_reach_the_outputs_that_see_them_and_no_other(ops, value, activation):
    x, w = np.ones((1, 9, 20, 2), np.float32), np.ones((3, 3, 2, 5), np.float32)
    x[0, 4, 7, 1] = value
    y = ops.conv2d_forward(None, x, w, padding=SAME3, activation=activation)
    seen = np.zeros(y.shape, bool)
    seen[0, 3:6, 6:9] = True
    np.testing.assert_array_equal(~np.isfinite(y), seen)
    dw = ops.conv2d_backward_weights(None, x, np.ones_like(y), (3, 3), padding=SAME3)
    assert not np.isfinite(dw[:, :, 1]).any()
    assert np.isfinite(dw[:, :, 0]).all()
    dy = np.ones_like(y)
    dy[0, 4, 7, 3] = value
    dx = ops.conv2d_backward_input(None, dy, w, (9, 20), padding=SAME3)
    seen = np.zeros(x.shape, bool)
    seen[0, 3:6, 6:9] = True
    np.testing.assert_array_equal(~np.isfinite(dx), seen)


@given(case=cases(axes=2, dtypes=("float32",)))
@settings(max_examples=15)
def test_images_in_a_batch_do_not_see_each_other(case):
    together = cpu.conv2d_forward(None, case.x, case.w, case.b, **case.geometry)
    for n in range(len(case.x)):
        alone = cpu.conv2d_forward(None, case.x[n : n + 1], case.w, case.b, **case.geometry)
        np.testing.assert_allclose(together[n : n + 1], alone, rtol=1e-4, atol=1e-4)


@both_tellings
def test_inputs_are_left_as_they_were(ops):
    case = made((2, 9, 8, 3), (3, 3, 3, 5), padding=SAME3)
    copies = [a.copy() for a in case[:3]]
    dy = ops.conv2d_forward(None, case.x, case.w, case.b, padding=SAME3)
    copy = dy.copy()
    ops.conv2d_backward_input(None, dy, case.w, (9, 8), padding=SAME3)
    ops.conv2d_backward_weights(None, case.x, dy, (3, 3), padding=SAME3)
    for array, before in zip((*case[:3], dy), (*copies, copy)):
        np.testing.assert_array_equal(array, before)


def test_an_error_is_no_larger_than_that_of_a_plain_sum():
    rng = np.random.default_rng(9)
    x, w = numbers(rng, (4, 14, 14, 64), "float32"), numbers(rng, (3, 3, 64, 32), "float32")
    exact = cpu.conv2d_forward(None, x.astype(float), w.astype(float), padding=SAME3)
    error = np.abs(cpu.conv2d_forward(None, x, w, padding=SAME3) - exact).max()
    assert error < 2e-6 * np.abs(exact).max()
    dw = cpu.conv2d_backward_weights(None, x, exact.astype("float32"), (3, 3), padding=SAME3)
    exact = cpu.conv2d_backward_weights(None, x.astype(float), exact, (3, 3), padding=SAME3)
    assert np.abs(dw - exact).max() < 2e-6 * np.abs(exact).max()


@pytest.mark.parametrize(("channels", "filters"), [(1, 3), (16, 120), (5, 7)])
@pytest.mark.parametrize("batch", [0, 1, 6])
def test_the_input_gradient_of_a_kernel_as_large_as_its_image(batch, channels, filters):
    """Computed as that of a dense layer."""
    rng = np.random.default_rng(2)
    dy = numbers(rng, (batch, 1, 1, filters), "float32", whole=True)
    w = numbers(rng, (5, 4, channels, filters), "float32", whole=True)
    dx = np.full((batch, 5, 4, channels), np.nan, np.float32)
    cpu.conv2d_backward_input(dx, dy, w, (5, 4))
    np.testing.assert_array_equal(dx, reference.conv2d_backward_input(None, dy, w, (5, 4)))


def test_small_images_of_few_filters_are_shared_out_and_small_work_is_not():
    def tasks(batch, size, kernel, filters):
        padding = ((kernel // 2, kernel // 2),) * 2
        w_shape = kernel, kernel, 32, filters
        g = convolution(*("conv2d", (batch, size, size, 32), w_shape, (1, 1), padding, (1, 1), 1))
        return forward_plan(g, np.dtype(np.float32), True, "linear").tasks

    assert tasks(8, 7, 5, 32) >= 4
    assert tasks(8, 7, 5, 24) >= 4
    assert tasks(2, 7, 1, 32) == 1


def test_weight_gradients_are_the_same_with_the_next_block_fetched(rng, monkeypatch):
    x, dy = (numbers(rng, (3, 40, 38, c), "float32") for c in (3, 32))
    geometry = (3, 3), (1, 1), SAME3
    plain = cpu.conv2d_backward_weights(None, x, dy, *geometry)
    weight_gradient_plan.weight_gradient_plan.cache_clear()
    monkeypatch.setattr(weight_gradient_plan, "FAR_BYTES", 0)
    fetched = cpu.conv2d_backward_weights(None, x, dy, *geometry)
    g = convolution("conv2d", x.shape, (3, 3, 3, 32), (1, 1), SAME3, (1, 1), 1)
    assert weight_gradient_plan.weight_gradient_plan(g, x.dtype).work[0].ahead > 0
    weight_gradient_plan.weight_gradient_plan.cache_clear()
    assert fetched.tobytes() == plain.tobytes()


def test_tasks_are_even_where_columns_allow():
    def tasks(size, channels, filters):
        w_shape = 1, 1, channels, filters
        g = convolution("conv2d", (4, size, size, channels), w_shape, (1, 1), VALID, (1, 1), 1)
        return forward_plan(g, np.dtype(np.float32), False, "linear").tasks

    assert all(tasks(size, 128, 256) % 2 == 0 for size in range(20, 60, 3))
