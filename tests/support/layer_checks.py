"""Checks that every layer must pass, whatever it computes: a table of cases runs them all.

>>> CASES = [case("Conv2D", (2, 7, 6, 3), filters=4, kernel_size=3, padding="same")]

``case.arguments`` go to the class of that name in ``minicnn.layers`` and in ``tf.keras.layers``.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import layers

TOLERANCE = {"float32": {"rtol": 2e-4, "atol": 2e-5}, "float64": {"rtol": 1e-9, "atol": 1e-11}}


@dataclass(frozen=True)
class Case:
    """One layer configuration and the shape it is tried on (a list of shapes: several inputs)."""

    name: str
    shape: tuple | list
    arguments: dict
    training: bool = False
    # Arguments that Keras spells otherwise or does not have: they replace those of `arguments`.
    keras: dict = field(default_factory=dict)

    def __str__(self):
        told = ",".join(f"{k}={v}" for k, v in self.arguments.items())
        return f"{self.name}({told}) on {self.shape}".replace(" ", "")

    def layer(self, dtype="float64", **changes):
        """The layer, built, with random weights."""
        layer = getattr(layers, self.name)(dtype=dtype, **{**self.arguments, **changes})
        shapes = [(None, *shape[1:]) for shape in self.shapes]
        layer._ensure_built(shapes if self.several else shapes[0])
        return layer

    @property
    def several(self):
        """Whether the layer takes a list of inputs."""
        return isinstance(self.shape, list)

    @property
    def shapes(self):
        """Shapes of the inputs, always a list."""
        return self.shape if self.several else [self.shape]

    def draw(self, rng, dtype="float64"):
        """Random input, a list for several."""
        xs = [rng.standard_normal(shape).astype(dtype) for shape in self.shapes]
        return xs if self.several else xs[0]


def case(name, shape, training=False, keras=None, **arguments):
    """A :class:`Case`."""
    return Case(name, shape, arguments, training, keras or {})


def randomize(layer, rng):
    """Fill every weight with random numbers, biases too (variances stay positive)."""
    for weight in layer.weights:
        values = rng.standard_normal(weight.shape) * 0.5
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
        weight.grad = None


def check_against_keras(tf, case, dtype, rng):
    """Output, input gradients and weight gradients are those of the same Keras layer."""
    layer = case.layer(dtype)
    randomize(layer, rng)
    x = case.draw(rng, dtype)
    peer_class = getattr(tf.keras.layers, case.name)
    peer = peer_class(dtype=dtype, **{**case.arguments, **case.keras})
    tensors = [tf.constant(item) for item in _listed(x)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        arguments = {"training": True} if case.training else {}
        peer.build([tuple(t.shape) for t in tensors] if case.several else tuple(tensors[0].shape))
        peer.set_weights(layer.get_weights())
        expected = peer(tensors if case.several else tensors[0], **arguments)
        dy = rng.standard_normal(expected.shape).astype(dtype)
        total = tf.reduce_sum(expected * dy)
    variables = list(peer.trainable_variables)
    gradients = tape.gradient(total, tensors + variables)

    y, cache = layer.forward(x, case.training)
    dx = layer.backward(dy, cache)
    near = TOLERANCE[dtype]
    assert y.dtype == np.dtype(dtype)
    assert_allclose(y, expected.numpy(), **near, err_msg="output")
    for item, gradient in zip(_listed(dx), gradients):
        assert item.dtype == np.dtype(dtype)
        assert_allclose(item, gradient.numpy(), **near, err_msg="gradient of the input")
    weights = layer.trainable_weights
    assert len(weights) == len(variables)
    for weight, gradient in zip(weights, gradients[len(tensors) :]):
        assert_allclose(weight.grad, gradient.numpy(), **near, err_msg=f"gradient of {weight.name}")


def check_gradient(case, rng, step=1e-5):
    """float64: the slope along a random direction over inputs and weights is that of backward."""
    layer = case.layer("float64")
    for _ in range(8):  # a direction that crosses a kink (of relu, of a maximum) is redrawn
        randomize(layer, rng)
        xs = _listed(case.draw(rng))
        weights = layer.trainable_weights
        arrays = xs + [weight.value for weight in weights]
        direction = [rng.standard_normal(array.shape) for array in arrays]
        y, cache = layer.forward(_as_given(case, xs), case.training)
        dy = rng.standard_normal(y.shape)
        slopes = [_slope(case, layer, arrays, direction, dy, h) for h in (step, 2 * step)]
        if np.isclose(*slopes, rtol=1e-5, atol=1e-6):
            break
    else:
        raise AssertionError("no direction without a kink found")
    gradients = _listed(layer.backward(dy, cache)) + [weight.grad for weight in weights]
    slope = sum(float(np.vdot(g, d)) for g, d in zip(gradients, direction))
    assert_allclose(slope, slopes[0], rtol=1e-5, atol=1e-6, err_msg=str((arrays, direction, dy)))


def check_laws(case, rng, dtype="float32"):
    """Shapes are as foretold, inputs stay as they are, a batch equals its items one by one."""
    layer = case.layer(dtype)
    randomize(layer, rng)
    x = case.draw(rng, dtype)
    before = [item.copy() for item in _listed(x)]
    y, cache = layer.forward(x, case.training)
    shapes = [(None, *shape[1:]) for shape in case.shapes]
    foretold = layer.output_shape(shapes if case.several else shapes[0])
    assert foretold == (None, *y.shape[1:])

    dy = rng.standard_normal(y.shape).astype(dtype)
    dy_before, y_before = dy.copy(), y.copy()
    dx = layer.backward(dy, cache)
    first = [weight.grad.copy() for weight in layer.trainable_weights]
    for item, copy in zip(_listed(x), before):
        assert_array_equal(item, copy, err_msg="forward or backward changed its input")
    assert_array_equal(dy, dy_before, err_msg="backward changed dy")
    assert_array_equal(y, y_before, err_msg="backward changed the output")
    assert [item.shape for item in _listed(dx)] == case.shapes

    _, cache = layer.forward(x, case.training)
    layer.backward(dy, cache)
    for weight, gradient in zip(layer.trainable_weights, first):
        assert_allclose(weight.grad, 2 * gradient, rtol=1e-5, atol=1e-6, err_msg="must accumulate")

    if not case.training:
        for index in range(y.shape[0]):
            one = [item[index : index + 1] for item in _listed(x)]
            alone, _ = layer.forward(_as_given(case, one), False)
            assert_allclose(alone, y[index : index + 1], rtol=1e-5, atol=1e-5)


def check_awkward_arrays(case, rng, dtype="float32"):
    """An empty batch gives empty results; strided and read-only arrays give what plain ones do."""
    layer = case.layer(dtype)
    randomize(layer, rng)
    x = case.draw(rng, dtype)
    y, cache = layer.forward(x, case.training)
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx = layer.backward(dy, cache)
    again, cache = layer.forward(_as_given(case, [_strided(a) for a in _listed(x)]), case.training)
    assert_array_equal(again, y)
    for item, other in zip(_listed(layer.backward(_strided(dy), cache)), _listed(dx)):
        assert_array_equal(item, other)

    for weight in layer.weights:
        weight.grad = None
    nothing = _as_given(case, [a[:0] for a in _listed(x)])
    y, cache = layer.forward(nothing, False)
    assert y.shape == (0, *dy.shape[1:])
    dx = layer.backward(dy[:0], cache)
    assert [a.shape for a in _listed(dx)] == [(0, *shape[1:]) for shape in case.shapes]
    assert not any(weight.grad.any() for weight in layer.trainable_weights)


def check_config(case, rng):
    """``from_config(get_config())`` computes the same with the same weights."""
    import json

    layer = case.layer("float64")
    config = layer.get_config()
    twin = type(layer).from_config(json.loads(json.dumps(config)))
    assert twin.get_config() == config
    shapes = [(None, *shape[1:]) for shape in case.shapes]
    twin._ensure_built(shapes if case.several else shapes[0])
    twin.set_weights(layer.get_weights())
    x = case.draw(rng)
    assert_array_equal(twin.forward(x, False)[0], layer.forward(x, False)[0])


def check_frozen(case, rng):
    """A layer that does not learn leaves the gradients of its weights alone."""
    layer = case.layer("float64")
    layer.trainable = False
    x = case.draw(rng)
    y, cache = layer.forward(x, case.training)
    layer.backward(rng.standard_normal(y.shape), cache)
    assert all(weight.grad is None for weight in layer.weights)


def check_channels_first(case, rng):
    """``channels_first`` is ``channels_last`` with the axes turned at both ends."""
    last = case.layer("float64", data_format="channels_last")
    randomize(last, rng)
    x = case.draw(rng)
    shape = _first(x).shape
    turned = Case(case.name, shape, {**case.arguments, "data_format": "channels_first"})
    first = turned.layer("float64")
    first.set_weights(last.get_weights())
    y_last, cache_last = last.forward(x, False)
    y_first, cache_first = first.forward(np.ascontiguousarray(_first(x)), False)
    assert first.output_shape((None, *shape[1:])) == (None, *y_first.shape[1:])
    axes = y_last.ndim == x.ndim
    assert_allclose(y_first, _first(y_last) if axes else y_last, rtol=1e-12, atol=1e-13)
    dy = rng.standard_normal(y_last.shape)
    dx_last = last.backward(dy, cache_last)
    dx_first = first.backward(np.ascontiguousarray(_first(dy)) if axes else dy, cache_first)
    assert_allclose(dx_first, _first(dx_last), rtol=1e-12, atol=1e-13)
    for one, other in zip(first.trainable_weights, last.trainable_weights):
        assert_allclose(one.grad, other.grad, rtol=1e-12, atol=1e-13)


def _slope(case, layer, arrays, direction, dy, h):
    """Central difference of ``<layer(...), dy>`` along ``direction``; arrays are put back."""
    values, kept = [], [array.copy() for array in arrays]
    count = len(case.shapes)
    for sign in (1, -1):
        for array, copy, d in zip(arrays, kept, direction):
            array[...] = copy + sign * h * d
        y, _ = layer.forward(_as_given(case, arrays[:count]), case.training)
        values.append(float(np.vdot(y, dy)))
    for array, copy in zip(arrays, kept):
        array[...] = copy
    return (values[0] - values[1]) / (2 * h)


def _strided(array):
    """The same values, in memory in reverse order, read-only."""
    turned = array[::-1].copy(order="F")[::-1]
    turned.flags.writeable = False
    return turned


def _listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _as_given(case, arrays):
    return list(arrays) if case.several else arrays[0]


def _first(array):
    return np.moveaxis(array, -1, 1)
