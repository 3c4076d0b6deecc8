"""Gradients that are kept as factors: never written out in training, the same whenever they are."""

import numpy as np
import pytest

import minicnn as keras
from minicnn.layers import factored
from minicnn.layers.weight import Weight
from minicnn_kernels import backend


def make_eager(monkeypatch):
    monkeypatch.setattr(factored, "LEAST_BYTES", 0)
    monkeypatch.setattr(factored, "LEAST_RATIO", 0)
    monkeypatch.setattr(factored, "BLOCK", 200)


@pytest.fixture
def eager(monkeypatch):
    """Factors wherever there are any, and several blocks of a few rows."""
    make_eager(monkeypatch)


def factors(rng, rows=3, features=23, units=7, dtype=np.float64):
    return [rng.normal(size=(rows, columns)).astype(dtype) for columns in (features, units)]


def test_blocks_are_the_product_piece_by_piece(rng, eager):
    x, dy = factors(rng)
    whole = np.full((23, 7), np.nan)
    pieces = [(start, piece.copy()) for start, piece in factored.FactoredGradient(x, dy).blocks()]
    assert len(pieces) == 23 * 7 * 8 // 200
    for start, piece in pieces:
        whole.reshape(-1)[start : start + piece.size] = piece
    np.testing.assert_allclose(whole, x.T @ dy, rtol=1e-12)


def test_a_block_is_one_row_at_least(rng, eager, monkeypatch):
    monkeypatch.setattr(factored, "BLOCK", 8)
    x, dy = factors(rng)
    pieces = [piece.copy() for _, piece in factored.FactoredGradient(x, dy).blocks()]
    assert len(pieces) == 23
    np.testing.assert_allclose(np.concatenate(pieces), (x.T @ dy).reshape(-1), rtol=1e-12)


@pytest.mark.parametrize("rows", [1, 4, 8, 11])
def test_large_blocks_have_the_bits_of_the_product(rng, rows):
    x, dy = factors(rng, rows, 4500, 1030, np.float32)
    assert factored.FactoredGradient.is_worth_it(x, dy)
    whole = backend.of(x).dense_backward_weights(None, x, dy)
    pieces = [piece.copy() for _, piece in factored.FactoredGradient(x, dy).blocks()]
    assert len(pieces) == 4
    np.testing.assert_array_equal(np.concatenate(pieces), whole.reshape(-1))


def test_only_large_gradients_of_few_rows_are_worth_it(rng):
    assert not factored.FactoredGradient.is_worth_it(*factors(rng))
    x, dy = factors(rng, 4, 4500, 1030, np.float32)
    assert not factored.FactoredGradient.is_worth_it(x[:, :1000], dy)
    x, dy = factors(rng, 40, 4500, 1030, np.float32)
    assert not factored.FactoredGradient.is_worth_it(x, dy)


def test_a_weight_adds_products_up_as_it_would_gradients(rng, eager):
    x, dy = factors(rng)
    weight = Weight("w", np.zeros((23, 7)))
    weight.add_product(x, dy)
    assert weight.factored is not None
    weight.add_product(x, dy)
    assert weight.factored is None
    np.testing.assert_allclose(weight.grad, 2 * x.T @ dy, rtol=1e-12)
    weight.await_gradient()
    weight.add_product(x, 3 * dy)
    assert weight.factored is not None
    weight.gradient()[...] += 1
    np.testing.assert_allclose(weight.grad, 3 * x.T @ dy + 1, rtol=1e-12)
    weight.await_gradient()
    weight.add_product(x, dy)
    weight.await_gradient()
    assert not weight.gradient().any()
    weight.add_product(x, dy)
    np.testing.assert_allclose(weight.grad, x.T @ dy, rtol=1e-12)


def trained(optimizer, regularizer=None):
    """Weights and last gradients of a model with a dense layer that is used twice."""
    x = image = keras.Input((6,), dtype="float64")
    x = keras.layers.Dense(9, "tanh", dtype="float64", kernel_regularizer=regularizer)(x)
    twice = keras.layers.Dense(9, "tanh", dtype="float64")
    x = keras.layers.Dense(3, dtype="float64")(twice(twice(x)))
    model = keras.Model(image, x)
    rng = np.random.default_rng(5)
    for weight in model.weights:
        weight.value[...] = rng.normal(size=weight.shape)
    model.compile(optimizer(), "mse")
    for _ in range(3):
        model.train_on_batch(rng.normal(size=(4, 6)), rng.normal(size=(4, 3)))
    return [*model.get_weights(), *(weight.grad for weight in model.trainable_weights)]


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.SGD(0.1, clipnorm=0.3),
        lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.3),
        lambda: keras.optimizers.SGD(0.1, clipvalue=0.01, weight_decay=0.1),
        lambda: keras.optimizers.Adam(0.01, amsgrad=True),
        lambda: keras.optimizers.Nadam(0.01),
        lambda: keras.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    ],
)
@pytest.mark.parametrize("regularizer", [None, "l2"])
def test_training_is_that_by_whole_gradients(monkeypatch, optimizer, regularizer):
    apart = trained(optimizer, regularizer)
    make_eager(monkeypatch)
    for a, b in zip(trained(optimizer, regularizer), apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_an_update_writes_no_factored_gradient_out(eager):
    x = image = keras.Input((6,))
    model = keras.Model(image, keras.layers.Dense(5)(x))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.train_on_batch(np.ones((2, 6)), np.ones((2, 5)))
    (segment,) = model.optimizer._flat.segments
    kernel = model.layers[-1].kernel
    spans = {weight.name: (start, stop) for weight, start, stop in segment.spans}
    start, stop = spans["kernel"]
    assert kernel.factored is not None
    assert not segment.grads[start:stop].any()
    assert kernel.grad.any()
    assert segment.grads[start:stop].any()
