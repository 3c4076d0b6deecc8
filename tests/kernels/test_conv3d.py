"""Convolution over three axes: against TensorFlow, the formula, and the laws of ``conv2d``."""

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

from minicnn_kernels import cpu
from minicnn_kernels.contracts.conv import ACTIVATIONS


@both_tellings
@settings(max_examples=10)
@given(case=cases(axes=3), seed=seeds)
def test_forward_and_gradients_agree_with_tensorflow(tf, ops, case, seed):
    check_against_tensorflow(tf, ops, 3, case, seed)


@settings(max_examples=20)
@given(case=cases(axes=3, whole=True), seed=seeds)
def test_whole_numbers_agree_with_the_reference_to_the_last_bit(case, seed):
    check_exactly(3, case, ACTIVATIONS[seed % 3], seed)


@both_tellings
@settings(max_examples=10)
@given(case=cases(axes=3, dtypes=("float64",)))
def test_gradients_are_adjoint(ops, case):
    check_adjoint(ops, 3, case)


def made(batch, size, channels, filters, kernel, padding):
    rng = np.random.default_rng(5)
    shapes = ((batch, *size, channels), (*kernel, channels, filters), (filters,))
    arrays = (numbers(rng, shape, "float32", whole=True) for shape in shapes)
    geometry = {"padding": padding, "strides": (1, 1, 1), "dilations": (1, 1, 1), "groups": 1}
    return Case(*arrays, geometry)


@pytest.mark.parametrize("channels", [2, 30])
def test_large_volumes_are_exact_and_the_same_on_any_number_of_threads(channels):
    case = made(2, (5, 9, 17), channels, 18, (3, 3, 3), ((1, 1), (1, 1), (1, 1)))
    check_exactly(3, case)
    check_same_bits(3, case)


@both_tellings
def test_an_empty_batch_gives_an_empty_result_and_no_gradient(ops):
    x, w = np.zeros((0, 3, 4, 5, 2), np.float32), np.ones((1, 2, 3, 2, 6), np.float32)
    y = ops.conv3d_forward(None, x, w)
    assert y.shape == (0, 3, 3, 3, 6)
    assert ops.conv3d_backward_input(None, y, w, (3, 4, 5)).shape == x.shape
    dw = ops.conv3d_backward_weights(w.copy(), x, y, (1, 2, 3))
    np.testing.assert_array_equal(dw, w)


def test_one_plane_is_a_two_dimensional_convolution():
    rng = np.random.default_rng(2)
    x, w = numbers(rng, (2, 6, 7, 3), "float32"), numbers(rng, (3, 3, 3, 5), "float32")
    flat = cpu.conv2d_forward(None, x, w, padding=((1, 1), (1, 1)))
    solid = cpu.conv3d_forward(None, x[:, None], w[None], padding=((0, 0), (1, 1), (1, 1)))
    np.testing.assert_array_equal(solid[:, 0], flat)
