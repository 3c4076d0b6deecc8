"""Activations on a layer's maps, forward and backward."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass
from ..peers import channels_last, compiled
from .convolution import FLOAT


def passes(case, peers):
    """Two passes of a :class:`~benchmarks.shapes.Maps` named after the activation."""
    rng = np.random.default_rng(0)
    x, dy = (normal(rng, case.shape) for _ in range(2))
    runners = {"minicnn": _minicnn(case.name, x, dy)}
    if peers.torch:
        runners["torch"] = _torch(peers.torch, case.name, x, dy)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, case.name, x, dy)
    calls = [{who: runner[k] for who, runner in runners.items()} for k in (0, 1)]
    yield Pass("forward", 0, FLOAT * 2 * x.size, calls[0])
    yield Pass("backward", 0, FLOAT * 3 * x.size, calls[1])


def _minicnn(name, x, dy):
    from minicnn_kernels import cpu

    y, dx = empty_like(x), empty_like(x)
    cpu.activation_forward(y, x, name)
    return (
        lambda: cpu.activation_forward(y, x, name),
        lambda: cpu.activation_backward(dx, dy, x, y, name),
    )


def _torch(torch, name, x, dy):
    x, dy, aten = channels_last(torch, x), channels_last(torch, dy), torch.ops.aten
    forward = {"relu": aten.relu, "tanh": aten.tanh, "sigmoid": aten.sigmoid, "gelu": aten.gelu}
    y = forward[name](x)
    backward = {
        "relu": lambda: aten.threshold_backward(dy, y, 0),
        "tanh": lambda: aten.tanh_backward(dy, y),
        "sigmoid": lambda: aten.sigmoid_backward(dy, y),
        "gelu": lambda: aten.gelu_backward(dy, x),
    }
    return lambda: forward[name](x), backward[name]


def _tensorflow(tf, name, x, dy):
    forward = {
        "relu": tf.nn.relu,
        "tanh": tf.tanh,
        "sigmoid": tf.sigmoid,
        "gelu": lambda x: tf.nn.gelu(x, approximate=False),
    }[name]
    ops = tf.raw_ops

    def gelu_gradient(dy, x, y):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = forward(x)
        return tape.gradient(value, x, dy)

    backward = {
        "relu": lambda dy, x, y: ops.ReluGrad(gradients=dy, features=y),
        "tanh": lambda dy, x, y: ops.TanhGrad(y=y, dy=dy),
        "sigmoid": lambda dy, x, y: ops.SigmoidGrad(y=y, dy=dy),
        "gelu": gelu_gradient,
    }[name]
    return compiled(tf, forward, x), compiled(tf, backward, dy, x, forward(x).numpy())
