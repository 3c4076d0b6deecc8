"""From the same weights and batches, training goes as it goes in Keras."""

import numpy as np
import pytest

import minicnn
from minicnn.applications import FashionCNN, LeNet5
from minicnn.datasets import digits

STEPS = 10
BATCH = 32


def plain_fashion_cnn():
    """Without dropout, which draws other units in every library."""
    return FashionCNN(dropout=0.0)


def keras_twin(keras, model):
    """The same chain of layers in Keras, with the same weights."""
    twin = keras.Sequential([keras.Input(model.inputs[0].shape[1:], dtype=model.inputs[0].dtype)])
    for layer in model.layers:
        config = {k: v for k, v in layer.get_config().items() if k != "batch_input_shape"}
        twin.add(getattr(keras.layers, type(layer).__name__).from_config(config))
    twin.set_weights(model.get_weights())
    return twin


def losses(model, x, y):
    """Losses of ``STEPS`` training steps on consecutive batches."""
    batches = (slice(k * BATCH, (k + 1) * BATCH) for k in range(STEPS))
    return [float(np.ravel(model.train_on_batch(x[b], y[b]))[0]) for b in batches]


@pytest.fixture
def floatx(request, tf_keras):
    """Both libraries in the dtype that the test names."""
    minicnn.config.set_floatx(request.param)
    tf_keras.backend.set_floatx(request.param)
    yield request.param
    minicnn.config.set_floatx("float32")
    tf_keras.backend.set_floatx("float32")


# Adam and Nadam divide by the root of the squared gradient: where that is near zero they turn a
# rounding error into a step of full size, so the deeper network follows in float64 only. Keras'
# Adam rounds its decay rates to float32 there; Nadam does not.
@pytest.mark.parametrize(
    ("build", "optimizer", "floatx"),
    [
        (LeNet5, "sgd", "float32"),
        (LeNet5, "adam", "float32"),
        (LeNet5, "nadam", "float32"),
        (plain_fashion_cnn, "sgd", "float32"),
        (plain_fashion_cnn, "nadam", "float64"),
    ],
    indirect=["floatx"],
)
def test_ten_steps_follow_keras(build, optimizer, floatx, tf_keras):
    (x, y), _ = digits.load_data(size=28)
    x = x.reshape(-1, 28, 28, 1).astype(floatx) / 255
    # From other weights training may bounce, and 1e-10 grow to 1e-4 in ten steps.
    minicnn.set_random_seed(0)
    model = build()
    twin = keras_twin(tf_keras, model)
    for network in (model, twin):
        network.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    np.testing.assert_allclose(losses(model, x, y), losses(twin, x, y), rtol=1e-4)
