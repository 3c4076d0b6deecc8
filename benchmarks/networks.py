"""Whole training steps: LeNet-5 and the Fashion CNN, batch 32, against Keras and PyTorch.

``python -m benchmarks networks`` times a step (forward, backward, update) on the same batch of
images; ``python -m benchmarks memory`` prints each contender's peak resident memory, measured in
a process of its own. All use two threads (``--threads``), float32, plain SGD with momentum.
"""

import resource
import subprocess
import sys

import numpy as np

from .race import race, ratio

BATCH = 32
RATE, MOMENTUM = 0.01, 0.9


def batch():
    """Images in [0, 1] and class numbers, the same for every contender."""
    rng = np.random.default_rng(0)
    return rng.random((BATCH, 28, 28, 1), np.float32), rng.integers(0, 10, BATCH)


def minicnn_step(name):
    """A function that runs one step in MiniCNN and returns the loss."""
    from minicnn import applications, optimizers, random

    random.set_random_seed(0)
    build = {"lenet5": applications.LeNet5, "fashion_cnn": applications.FashionCNN}[name]
    model = build()
    model.compile(optimizers.SGD(RATE, momentum=MOMENTUM), "sparse_categorical_crossentropy")
    x, y = batch()
    return lambda: model.train_on_batch(x, y)


def keras_step(name):
    """The same in Keras over TensorFlow (compiled graph)."""
    import tensorflow as tf

    keras = tf.keras
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((28, 28, 1)), *_layers(name, keras.layers)])
    model.compile(keras.optimizers.SGD(RATE, momentum=MOMENTUM), "sparse_categorical_crossentropy")
    x, y = batch()
    model.train_on_batch(x, y)
    step = model.make_train_function()
    dataset = tf.data.Dataset.from_tensors((tf.constant(x), tf.constant(y))).repeat()
    iterator = iter(dataset)
    return lambda: step(iterator)


def keras_train_on_batch(name):
    """Keras' own ``train_on_batch``."""
    import tensorflow as tf

    keras = tf.keras
    model = keras.Sequential([keras.Input((28, 28, 1)), *_layers(name, keras.layers)])
    model.compile(keras.optimizers.SGD(RATE, momentum=MOMENTUM), "sparse_categorical_crossentropy")
    x, y = (tf.constant(a) for a in batch())
    return lambda: model.train_on_batch(x, y)


def torch_step(name):
    """The same in PyTorch, eager, channels last."""
    import torch

    torch.manual_seed(0)
    model = _torch_model(name, torch.nn).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=MOMENTUM, fused=True)
    loss_of = torch.nn.CrossEntropyLoss()
    images, labels = batch()
    x = torch.from_numpy(images).permute(0, 3, 1, 2)
    y = torch.from_numpy(labels)

    def step():
        optimizer.zero_grad(set_to_none=False)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def _layers(name, k):
    if name == "lenet5":
        return [
            k.Conv2D(6, 5, padding="same", activation="tanh"),
            k.AveragePooling2D(2),
            k.Conv2D(16, 5, activation="tanh"),
            k.AveragePooling2D(2),
            k.Conv2D(120, 5, activation="tanh"),
            k.Flatten(),
            k.Dense(84, activation="tanh"),
            k.Dense(10, activation="softmax"),
        ]
    blocks = [k.Conv2D(64, 7, padding="same", activation="relu"), k.MaxPooling2D(2)]
    for filters in (128, 256):
        blocks += [k.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(2)]
        blocks.append(k.MaxPooling2D(2))
    blocks.append(k.Flatten())
    for units in (128, 64):
        blocks += [k.Dense(units, activation="relu"), k.Dropout(0.5)]
    return [*blocks, k.Dense(10, activation="softmax")]


def _torch_model(name, nn):
    if name == "lenet5":
        return nn.Sequential(
            *(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
            *(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten()),
            *(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
        )
    parts = [nn.Conv2d(1, 64, 7, padding=3), nn.ReLU(), nn.MaxPool2d(2)]
    before = 64
    for filters in (128, 256):
        for _ in range(2):
            parts += [nn.Conv2d(before, filters, 3, padding=1), nn.ReLU()]
            before = filters
        parts.append(nn.MaxPool2d(2))
    parts += [nn.Flatten(), nn.Linear(2304, 128), nn.ReLU(), nn.Dropout(0.5)]
    parts += [nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 10)]
    return nn.Sequential(*parts)


CONTENDERS = {
    "minicnn": minicnn_step,
    "keras": keras_step,
    "keras train_on_batch": keras_train_on_batch,
    "torch": torch_step,
}


def run(threads, seconds=20.0):
    """Race the steps and print a table."""
    set_threads(threads)
    print(f"{'network':<14}" + "".join(f"{name:>22}" for name in CONTENDERS) + f"{'ratio':>8}")
    for name in ("lenet5", "fashion_cnn"):
        times = race({who: make(name) for who, make in CONTENDERS.items()}, seconds, most=1000)
        cells = "".join(f"{times[who] * 1e3:>19.2f} ms" for who in CONTENDERS)
        print(f"{name:<14}{cells}{ratio(times):>8.2f}", flush=True)


def set_threads(threads):
    """The same number of threads for all; to be called before any of them computes."""
    import numba
    import tensorflow as tf
    import torch

    numba.set_num_threads(threads)
    torch.set_num_threads(threads)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def memory(steps=20):
    """Print each contender's peak resident memory over the Fashion CNN's training steps."""
    for name in ("lenet5", "fashion_cnn"):
        for who in CONTENDERS:
            code = f"from benchmarks.networks import peak; peak({who!r}, {name!r}, {steps})"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            print(f"{name:<14}{who:<22}{done.stdout.strip() or done.stderr[-300:]}", flush=True)


def peak(who, name, steps):
    """Run ``steps`` and print the process's peak resident memory, with and without the import."""
    step = CONTENDERS[who](name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(steps):
        step()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak {after / 1024:7.1f} MiB, of which the steps added {(after - before) / 1024:7.1f}")
