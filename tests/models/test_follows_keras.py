"""From the same weights and batches, training goes as it goes in Keras."""

import numpy as np
import pytest

from minicnn.applications import FashionCNN, LeNet5
from minicnn.datasets import digits

STEPS = 10
BATCH = 32


def keras_twin(keras, model):
    """The same chain of layers in Keras, with the same weights."""
    twin = keras.Sequential([keras.Input(model.inputs[0].shape[1:])])
    for layer in model.layers:
        config = {k: v for k, v in layer.get_config().items() if k != "batch_input_shape"}
        twin.add(getattr(keras.layers, type(layer).__name__).from_config(config))
    twin.set_weights(model.get_weights())
    return twin


def losses(model, x, y):
    """Losses of ``STEPS`` training steps on consecutive batches."""
    batches = (slice(k * BATCH, (k + 1) * BATCH) for k in range(STEPS))
    return [float(np.ravel(model.train_on_batch(x[b], y[b]))[0]) for b in batches]


@pytest.mark.parametrize(
    "build", [LeNet5, lambda: FashionCNN(dropout=0.0)], ids=["lenet5", "fashion"]
)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
def test_ten_steps_follow_keras(build, optimizer, tf_keras):
    (x, y), _ = digits.load_data(size=28)
    x = x.reshape(-1, 28, 28, 1).astype(np.float32) / 255
    model = build()
    twin = keras_twin(tf_keras, model)
    for network in (model, twin):
        network.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    np.testing.assert_allclose(losses(model, x, y), losses(twin, x, y), rtol=1e-4)
