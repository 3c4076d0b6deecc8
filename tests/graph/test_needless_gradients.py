"""What nobody needs is not computed: gradients of inputs, of frozen weights, and below them."""

import numpy as np
import pytest

from minicnn import layers, models
from minicnn_kernels import cpu


@pytest.fixture
def calls(monkeypatch):
    """Names of the backward kernels of convolution, in the order of their calls."""
    seen = []

    def spy(part):
        kernel = getattr(cpu, f"conv2d_backward_{part}")

        def call(*arguments):
            seen.append(part)
            return kernel(*arguments)

        monkeypatch.setattr(cpu, f"conv2d_backward_{part}", call)

    spy("input")
    spy("weights")
    return seen


def step(model, shape):
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).random((2, *shape)).astype(np.float32)
    model.train_on_batch(x, np.zeros((2, *model.outputs[0].shape[1:]), np.float32))


@pytest.mark.parametrize(
    "before",
    [
        [],
        [layers.Rescaling(1 / 255)],
        [layers.ZeroPadding2D(1)],
        [layers.RandomFlip("horizontal"), layers.Rescaling(2.0), layers.ZeroPadding2D(((1, 0), 2))],
    ],
    ids=lambda before: "-".join(type(layer).__name__ for layer in before) or "first",
)
def test_the_first_convolution_computes_no_input_gradient(before, calls):
    x = image = layers.Input((8, 8, 3))
    for layer in before:
        x = layer(x)
    x = layers.Conv2D(4, 3)(layers.Conv2D(4, 3)(x))
    step(models.Model(image, x), (8, 8, 3))
    assert calls == ["weights", "input", "weights"]


def test_frozen_layers_cost_no_weight_gradient_and_nothing_runs_below_the_lowest_that_learns(calls):
    x = image = layers.Input((12, 12, 3))
    convolutions = [layers.Conv2D(4, 3) for _ in range(4)]
    for convolution in convolutions:
        x = convolution(x)
    model = models.Model(image, x)
    for index in (0, 1, 3):
        convolutions[index].trainable = False
    step(model, (12, 12, 3))
    assert calls == ["input", "weights"]


def test_a_frozen_block_of_layers_is_not_entered(calls):
    inner = models.Sequential([layers.Conv2D(4, 3), layers.Conv2D(4, 3)])
    inner.trainable = False
    model = models.Sequential([layers.Input((12, 12, 3)), inner, layers.Conv2D(4, 3)])
    step(model, (12, 12, 3))
    assert calls == ["weights"]
