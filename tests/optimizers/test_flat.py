"""Flat parameters: weights are views of one aligned vector, whoever rebinds them."""

import numpy as np

from minicnn.layers.weight import Weight
from minicnn.optimizers import FlatParameters


def some_weights(rng):
    return [Weight(f"w{n}", rng.normal(size=n).astype(np.float32)) for n in (3, 17, 1)]


def test_values_are_kept_and_aligned(rng):
    weights = some_weights(rng)
    before = [w.numpy() for w in weights]
    flat = FlatParameters([*weights, weights[0]])
    (segment,) = flat.segments
    assert flat.weights == weights
    for weight, value, (_, start, stop) in zip(weights, before, segment.spans):
        np.testing.assert_array_equal(weight.value, value)
        assert weight.value.ctypes.data % 64 == 0 == weight.grad.ctypes.data % 64
        segment.values[start:stop] = 7
        assert (weight.value == 7).all()
        weight.grad += 1
        assert (segment.grads[start:stop] == 1).all()
    assert segment.grads.sum() == 21
    flat.zero_gradients()
    assert not segment.grads.any()


def test_a_weight_that_was_given_other_memory_is_taken_back(rng):
    weights = some_weights(rng)
    flat = FlatParameters(weights)
    other = FlatParameters(weights[:2])  # as another model that shares layers does
    weights[0].value[...] = 5
    weights[2].value = np.array([9], np.float32)
    flat.bind()
    segment = flat.segments[0]
    assert (segment.values[:3] == 5).all()
    assert weights[2].value[0] == segment.values[segment.spans[2][1]] == 9
    assert not np.shares_memory(weights[0].value, other.segments[0].values)


def test_released_weights_have_memory_of_their_own(rng):
    weights = some_weights(rng)
    flat = FlatParameters(weights)
    assert flat.refreshed(weights) is flat
    fewer = flat.refreshed(weights[:1])
    assert fewer is not flat
    assert np.shares_memory(weights[0].value, fewer.segments[0].values)
    assert not np.shares_memory(weights[1].value, flat.segments[0].values)
    assert weights[1].grad is None


def test_the_first_gradient_of_a_pass_overwrites_and_what_none_reached_is_zero(rng):
    weights = some_weights(rng)
    flat = FlatParameters(weights)
    flat.segments[0].grads.fill(9)
    flat.await_gradients()
    overwritten, added, unreached = weights
    target, add = overwritten.gradient_target()
    assert target is overwritten.grad
    assert not add
    target.fill(2)
    assert overwritten.gradient_target() == (target, True)  # a second use of the layer
    added.gradient()[...] += 3
    flat.settle_gradients()
    assert (overwritten.grad == 2).all()
    assert (added.grad == 3).all()
    assert not unreached.grad.any()


def test_a_weight_without_memory_for_gradients_starts_from_zeros(rng):
    (weight, *_) = some_weights(rng)
    target, add = weight.gradient_target()
    assert add
    assert not target.any()
