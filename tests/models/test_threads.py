"""One model in several Python threads at once, and several models in training side by side."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from minicnn import layers, losses, models, optimizers


def convolutional(seed=0):
    x = image = layers.Input((16, 16, 3))
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D()(x)
    model = models.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.value[...] = rng.uniform(0.1, 0.5, weight.shape)
    return model


def images(seed, count=24):
    return np.random.default_rng(seed).standard_normal((count, 16, 16, 3)).astype(np.float32)


def test_one_model_serves_several_threads():
    model = convolutional()
    batches = [images(seed) for seed in range(4)]
    expected = [model(x) for x in batches]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for y, right in zip(pool.map(model, batches), expected, strict=True):
                np.testing.assert_array_equal(y, right)


def test_gradients_of_one_model_in_several_threads_do_not_mix_activations():
    model = convolutional()
    model.trainable = False
    batches = [images(seed) for seed in range(4)]

    def input_gradient(x):
        return model.backward(np.ones((len(x), 4), np.float32), model.forward(x, True)[1])

    expected = [input_gradient(x) for x in batches]
    with ThreadPoolExecutor(4) as pool:
        for dx, right in zip(pool.map(input_gradient, batches), expected, strict=True):
            np.testing.assert_array_equal(dx, right)


def trained(seed):
    model = convolutional(seed)
    model.compile(optimizers.SGD(0.01), losses.MeanSquaredError())
    x, y = images(seed), np.zeros((24, 4), np.float32)
    for _ in range(5):
        model.train_on_batch(x, y)
    return np.concatenate([weight.numpy().ravel() for weight in model.weights])


def test_models_train_side_by_side_as_alone():
    expected = [trained(seed) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        for weights, right in zip(pool.map(trained, range(3)), expected, strict=True):
            np.testing.assert_array_equal(weights, right)
