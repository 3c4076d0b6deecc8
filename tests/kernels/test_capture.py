"""Captured operations, run again on other numbers."""

import numpy as np
import pytest
from support.tellings import same_bits

from minicnn_kernels import cpu
from minicnn_kernels.algorithms import set_convolution
from minicnn_kernels.arena import Arena
from minicnn_kernels.capture import Capture, launch

SAME = ((1, 1), (1, 1))
POOL = ((2, 2), (2, 2), ((0, 0), (0, 0)))


def whole(*shape, seed=0):
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float32)


def conv(x_shape, w_shape, activation="relu6", **geometry):
    w, b = whole(*w_shape, seed=1), whole(w_shape[-1], seed=2)
    return x_shape, lambda x: cpu.conv2d_forward(None, x, w, b, activation=activation, **geometry)


def dense(rows, inner, columns):
    w, b = whole(inner, columns, seed=1), whole(columns, seed=2)
    return (rows, inner), lambda x: cpu.dense_forward(None, x, w, b, "relu")


CASES = {
    "many blocks": conv((3, 17, 17, 20), (3, 3, 20, 37), padding=SAME),
    "one block": conv((1, 5, 6, 20), (3, 3, 20, 37), "linear"),
    "few places": conv((1, 3, 3, 640), (1, 1, 640, 96)),
    "groups": conv((2, 9, 9, 8), (3, 3, 4, 6), groups=2, dilations=(2, 2)),
    "dense, one row": dense(1, 700, 100),
    "dense, many rows": dense(70, 30, 64),
    "depthwise": (
        (1, 9, 9, 20),
        lambda x: cpu.depthwise_conv2d_forward(None, x, whole(3, 3, 20, 1), None, padding=SAME),
    ),
    "transposed": (
        (1, 5, 5, 8),
        lambda x: cpu.conv2d_backward_input(None, x, whole(3, 3, 4, 8), (10, 10), (2, 2), SAME),
    ),
    "max_pool": ((2, 6, 6, 5), lambda x: cpu.max_pool_forward(None, None, x, *POOL)[0]),
    "average_pool": ((2, 6, 6, 5), lambda x: cpu.average_pool_forward(None, x, *POOL)),
    "global_average_pool": ((2, 36, 5), lambda x: cpu.global_average_pool_forward(None, x)),
    "add": ((40, 1000), lambda x: cpu.add_forward(None, x, x)),
    "concatenate": ((40, 10), lambda x: cpu.concatenate_forward(None, [x, x])),
    "lrn": ((40, 10), lambda x: cpu.lrn_forward(None, x, 2, 2, 1.0, 0.1, 0.75)),
    "tanh": ((40, 1000), lambda x: cpu.activation_forward(None, x, "tanh")),
    "prelu": ((40, 10), lambda x: cpu.prelu_forward(None, x, whole(10))),
    "softmax": ((40, 10), lambda x: cpu.softmax_forward(None, x)),
    "log_softmax": ((40, 10), lambda x: cpu.log_softmax_forward(None, x)),
    "upsample": ((2, 4, 4, 3), lambda x: cpu.upsample2d_bilinear_forward(None, x, (2, 2))),
    "batch_norm": (
        (40, 10),
        lambda x: cpu.batch_norm_inference(
            None, x, whole(10), whole(10, seed=1), whole(10, seed=2), np.ones(10, "f4"), 1e-3
        ),
    ),
}


def captured(shape, run):
    """``(x, y, launches)`` of an operation on an input of ``shape``."""
    arena = Arena()
    x = arena.empty(shape, np.float32, lasting=True)
    x[...] = whole(*shape, seed=3)
    with Capture(arena) as capture:
        y = run(x)
    return x, y, capture.launches


@pytest.mark.parametrize("shape, run", CASES.values(), ids=CASES)
def test_launches_repeat_the_operation_on_what_its_input_holds_then(shape, run):
    x, y, launches = captured(shape, run)
    for seed in (4, 5):
        x[...] = whole(*shape, seed=seed)
        y.fill(np.nan)
        for call in launches:
            call()
        np.testing.assert_array_equal(y, run(x))


@pytest.mark.parametrize("m", [1, 6, 13])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("activation", ["linear", "relu6"])
def test_winograd_transforms_constant_weights_once(batch, m, activation):
    shape, run = conv((batch, m, m + 2, 40), (3, 3, 40, 70), activation, padding=SAME)
    with set_convolution("winograd"):
        x, y, launches = captured(shape, run)
    x[...] = whole(*shape, seed=4)
    for call in launches:
        call()
    with set_convolution("direct"):
        direct = run(x)
    np.testing.assert_allclose(y, direct, atol=1e-3)  # of sums in the hundreds

    def again():
        for call in launches:
            call()
        return y.copy()

    same_bits(again)


def test_weights_that_are_computed_are_read_every_time():
    def run(w):
        return cpu.conv2d_forward(None, whole(1, 4, 4, 3), cpu.add_forward(None, w, w))

    x, y, launches = captured((1, 1, 3, 5), run)
    x[...] = whole(1, 1, 3, 5, seed=9)
    for call in launches:
        call()
    np.testing.assert_array_equal(y, run(x))


def test_constant_weights_are_those_of_the_capture():
    w = whole(3, 3, 20, 37)
    _, y, launches = captured((2, 8, 8, 20), lambda x: cpu.conv2d_forward(None, x, w))
    before = y.copy()
    w[...] = 0
    for call in launches:
        call()
    np.testing.assert_array_equal(y, before)


def test_outside_of_a_capture_a_launch_is_a_call():
    calls = []
    launch(calls.append, 3)
    assert calls == [3]
