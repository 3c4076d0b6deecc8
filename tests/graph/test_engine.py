"""The engine on small layers whose gradients are known by heart."""

import numpy as np
import pytest

from minicnn.graph import Network, Node, SymbolicTensor, engine


class Scale:
    """``y = w x`` with a scalar weight, or a fixed factor if it does not learn."""

    def __init__(self, factor, learns=True, name="scale"):
        self.factor, self.name = factor, name
        self.trainable_weights = [self] if learns else []
        self.grad = 0.0
        self.asked_for_dx = []

    def forward(self, x, training):
        return self.factor * x, x

    def backward(self, dy, cache, needs_dx=True):
        self.grad += float((dy * cache).sum())
        self.asked_for_dx.append(needs_dx)
        return self.factor * dy if needs_dx else None


class Sum:
    """Sum of any number of inputs; hands the same array back to each of them."""

    name = "sum"
    trainable_weights = ()

    def forward(self, xs, training):
        return sum(xs), len(xs)

    def backward(self, dy, cache):
        return [dy] * cache


class Split:
    """Two outputs, ``2 x`` and ``3 x``."""

    name = "split"
    trainable_weights = ()

    def forward(self, x, training):
        return [2 * x, 3 * x], None

    def backward(self, dys, cache):
        return 2 * dys[0] + 3 * dys[1]


def call(layer, *tensors, outputs=1, training=None):
    node = Node(
        layer,
        tensors,
        [tensors[0].shape] * outputs,
        single_input=not isinstance(layer, Sum),
        single_output=outputs == 1,
        training=training,
    )
    return node.outputs[0] if outputs == 1 else node.outputs


X = np.array([[1.0, -2.0]])


def run_both_ways(inputs, outputs, dys, wants_inputs=True):
    network = Network(inputs, outputs)
    run = engine.forward(network, [X] * len(inputs), record=True)
    return run, engine.backward(network, run, dys, wants_inputs)


def test_fan_in_is_summed_and_the_arrays_of_layers_are_left_alone():
    x = SymbolicTensor((None, 2))
    shared = Scale(2.0)
    y = call(Sum(), call(shared, x), call(shared, x), x)
    dy = np.ones((1, 2))
    run, (dx,) = run_both_ways([x], [y], [dy])
    np.testing.assert_array_equal(run.outputs[0], 5 * X)
    np.testing.assert_array_equal(dx, [[5.0, 5.0]])
    np.testing.assert_array_equal(dy, np.ones((1, 2)))
    assert shared.grad == 2 * X.sum()


def test_first_layer_is_not_asked_for_a_gradient_that_nobody_needs():
    x = SymbolicTensor((None, 2))
    first, second = Scale(2.0), Scale(3.0)
    _, (dx,) = run_both_ways([x], [call(second, call(first, x))], [np.ones((1, 2))], False)
    assert dx is None
    assert (first.asked_for_dx, second.asked_for_dx) == ([False], [True])


def test_nothing_runs_backward_below_layers_that_do_not_learn():
    x = SymbolicTensor((None, 2))
    frozen, learning = Scale(2.0, learns=False), Scale(3.0)
    run_both_ways([x], [call(learning, call(frozen, x))], [np.ones((1, 2))], False)
    assert frozen.asked_for_dx == []
    assert learning.asked_for_dx == [False]


def test_outputs_without_a_gradient_count_as_zero():
    x = SymbolicTensor((None, 2))
    left, right = call(Split(), x, outputs=2)
    _, (dx,) = run_both_ways([x], [left, right], [np.ones((1, 2)), None])
    np.testing.assert_array_equal(dx, [[2.0, 2.0]])


def test_an_intermediate_tensor_can_be_an_output_and_an_input():
    x = SymbolicTensor((None, 2))
    middle = call(Scale(2.0), x)
    y = call(Scale(5.0), middle)
    run, _ = run_both_ways([x], [middle, y], [None, np.ones((1, 2))])
    np.testing.assert_array_equal(run.outputs[0], 2 * X)
    run, (dx,) = run_both_ways([middle], [y], [np.ones((1, 2))])
    np.testing.assert_array_equal(run.outputs[0], 5 * X)
    np.testing.assert_array_equal(dx, [[5.0, 5.0]])


def test_caches_are_freed_as_they_are_used_and_kept_only_for_a_backward_pass():
    x = SymbolicTensor((None, 2))
    network = Network([x], [call(Scale(2.0), x)])
    assert engine.forward(network, [X]).caches == [None]
    run = engine.forward(network, [X], record=True)
    assert run.caches[0] is X
    engine.backward(network, run, [np.ones((1, 2))])
    assert run.caches == [None]


def test_a_network_that_needs_another_input_is_refused():
    x, other = SymbolicTensor((None, 2)), SymbolicTensor((None, 2), name="other")
    with pytest.raises(ValueError, match=r"depends on <SymbolicTensor other"):
        Network([x], [call(Sum(), x, other)])


def test_a_deep_chain_does_not_meet_the_recursion_limit():
    x = tensor = SymbolicTensor((None, 2))
    for _ in range(3000):
        tensor = call(Scale(1.0), tensor)
    assert len(Network([x], [tensor]).nodes) == 3000


def test_a_fixed_mode_of_a_call_wins_over_the_pass():
    seen = []

    class Spy(Scale):
        def forward(self, x, training):
            seen.append(training)
            return super().forward(x, training)

    x = SymbolicTensor((None, 2))
    network = Network([x], [call(Spy(1.0), call(Spy(1.0), x, training=False))])
    engine.forward(network, [X], training=True)
    assert seen == [False, True]


def test_symbolic_tensors_say_what_they_cannot_do():
    x = SymbolicTensor((None, 2), name="x")
    for use in (np.asarray, bool, iter):
        with pytest.raises(TypeError, match=r"<SymbolicTensor x .* has no values yet"):
            use(x)
