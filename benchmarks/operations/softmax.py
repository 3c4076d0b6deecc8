"""Softmax with its gradient, and with cross-entropy on class numbers."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass, plain
from ..peers import compiled
from .convolution import FLOAT


def passes(case, peers):
    """Three passes of a :class:`~benchmarks.shapes.Product`: rows and classes."""
    rng = np.random.default_rng(0)
    shape = case.batch, case.units
    x, dy = (normal(rng, shape) for _ in range(2))
    labels = rng.integers(0, case.units, case.batch)
    runners = {"minicnn": _minicnn(x, dy, labels)}
    if peers.torch:
        runners["torch"] = _torch(peers.torch, x, dy, labels)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, x, dy, labels)
    names = (("forward", 2), ("backward", 3), ("loss and gradient", 2))
    for k, (name, arrays) in enumerate(names):
        calls = {who: runner[k] for who, runner in runners.items()}
        yield Pass(name, 0, arrays * FLOAT * x.size, calls, plain)


def _minicnn(x, dy, labels):
    from minicnn_kernels import cpu

    y, dx, p = empty_like(x), empty_like(x), empty_like(x)
    loss, ones = np.empty(len(x), x.dtype), np.ones(len(x), x.dtype)
    cpu.softmax_forward(y, x)

    def loss_and_gradient():
        cpu.sparse_softmax_cross_entropy_forward(loss, p, x, labels)
        return loss, cpu.sparse_softmax_cross_entropy_backward(dx, p, labels, ones)

    return (
        lambda: cpu.softmax_forward(y, x),
        lambda: cpu.softmax_backward(dx, dy, y),
        loss_and_gradient,
    )


def _torch(torch, x, dy, labels):
    x, dy, labels = map(torch.from_numpy, (x, dy, labels))
    y = torch.softmax(x, 1)
    leaf = x.detach().requires_grad_()

    def loss_and_gradient():
        with torch.enable_grad():
            loss = torch.nn.functional.cross_entropy(leaf, labels, reduction="none")
            return loss, torch.autograd.grad(loss.sum(), leaf)[0]

    return (
        lambda: torch.softmax(x, 1),
        lambda: torch.ops.aten._softmax_backward_data(dy, y, 1, torch.float32),
        loss_and_gradient,
    )


def _tensorflow(tf, x, dy, labels):
    def backward(dy, y):
        return y * (dy - tf.reduce_sum(dy * y, axis=1, keepdims=True))

    def loss_and_gradient(x, labels):
        return tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=labels)

    return (
        compiled(tf, tf.nn.softmax, x),
        compiled(tf, backward, dy, tf.nn.softmax(x).numpy()),
        compiled(tf, loss_and_gradient, x, labels),
    )
