"""Batch normalization in training, forward and backward."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass, image, plain
from ..peers import channels_last, compiled
from .convolution import FLOAT

EPSILON = 1e-3


def passes(case, peers):
    """Two passes of a :class:`~benchmarks.shapes.Maps`."""
    rng = np.random.default_rng(0)
    x, dy = (normal(rng, case.shape) for _ in range(2))
    gamma, beta = (normal(rng, case.channels) for _ in range(2))
    runners = {"minicnn": _minicnn(x, dy, gamma, beta)}
    if peers.torch:
        runners["torch"] = _torch(peers.torch, x, dy, gamma, beta)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, x, dy, gamma, beta)
    calls = [{who: runner[k] for who, runner in runners.items()} for k in (0, 1)]
    yield Pass("forward", 0, FLOAT * 2 * x.size, calls[0])
    yield Pass("backward", 0, FLOAT * 3 * x.size, calls[1], (image, plain, plain))


def _minicnn(x, dy, gamma, beta):
    from minicnn_kernels import cpu

    rows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, x.shape[-1])
    y, mean, variance = cpu.batch_norm_forward(None, None, None, rows[0], gamma, beta, EPSILON)
    dx, dgamma, dbeta = empty_like(y), np.zeros_like(mean), np.zeros_like(mean)

    def forward():
        cpu.batch_norm_forward(y, mean, variance, rows[0], gamma, beta, EPSILON)
        return y.reshape(x.shape)

    def backward():
        dgamma.fill(0)
        dbeta.fill(0)
        cpu.batch_norm_backward(
            *(dx, dgamma, dbeta, rows[1], rows[0]), mean, variance, gamma, EPSILON
        )
        return dx.reshape(x.shape), dgamma, dbeta

    return forward, backward


def _torch(torch, x, dy, gamma, beta):
    x, dy = channels_last(torch, x), channels_last(torch, dy)
    gamma, beta, aten = torch.from_numpy(gamma), torch.from_numpy(beta), torch.ops.aten
    options = gamma, beta, None, None, True, 0.1, EPSILON
    _, mean, deviation = aten.native_batch_norm(x, *options)
    kept = gamma, None, None, mean, deviation, True, EPSILON, (True, True, True)
    return (
        lambda: aten.native_batch_norm(x, *options)[0],
        lambda: aten.native_batch_norm_backward(dy, x, *kept),
    )


def _tensorflow(tf, x, dy, gamma, beta):
    ops, none = tf.raw_ops, np.zeros(0, np.float32)

    def forward(x, gamma, beta):
        return ops.FusedBatchNormV3(
            x=x, scale=gamma, offset=beta, mean=none, variance=none, epsilon=EPSILON
        )

    def backward(dy, x, gamma, *kept):
        names = ("reserve_space_1", "reserve_space_2", "reserve_space_3")
        options = dict(zip(names, kept))
        made = ops.FusedBatchNormGradV3(y_backprop=dy, x=x, scale=gamma, epsilon=EPSILON, **options)
        return made[:3]

    kept = [a.numpy() for a in forward(x, gamma, beta)[3:]]
    return (
        compiled(tf, lambda *given: forward(*given)[0], x, gamma, beta),
        compiled(tf, backward, dy, x, gamma, *kept),
    )
