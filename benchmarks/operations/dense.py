"""Dense layers: forward with bias, input gradient, weight gradient."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass, plain
from ..peers import compiled
from .convolution import FLOAT


def passes(case, peers):
    """Three passes of a :class:`~benchmarks.shapes.Product`."""
    rng = np.random.default_rng(0)
    shapes = (
        (case.batch, case.inputs), (case.inputs, case.units), (case.units,),
        (case.batch, case.units),
    )  # fmt: skip
    x, w, b, dy = (normal(rng, shape) for shape in shapes)
    runners = {"minicnn": _minicnn(x, w, b, dy)}
    if peers.torch:
        runners["torch"] = _torch(*map(peers.torch.from_numpy, (x, w, b, dy)))
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, x, w, b, dy)
    size = FLOAT * (x.size + w.size + dy.size)
    for k, name in enumerate(("forward", "input gradient", "weight gradient")):
        calls = {who: runner[k] for who, runner in runners.items()}
        yield Pass(name, 2 * x.size * case.units, size, calls, plain)


def _minicnn(x, w, b, dy):
    from minicnn_kernels import cpu

    y, dx, dw = empty_like(dy), empty_like(x), empty_like(w)

    def weight_gradient():
        return cpu.dense_backward_weights(dw, x, dy, add=False)

    return (
        lambda: cpu.dense_forward(y, x, w, b),
        lambda: cpu.dense_backward_input(dx, dy, w),
        weight_gradient,
    )


def _torch(x, w, b, dy):
    w = w.t().contiguous()  # as torch.nn.Linear keeps it
    return (
        lambda: b.addmm(x, w.t()),
        lambda: dy.mm(w),
        lambda: dy.t().mm(x).t(),
    )


def _tensorflow(tf, x, w, b, dy):
    return (
        compiled(tf, lambda x, w, b: tf.nn.bias_add(tf.matmul(x, w), b), x, w, b),
        compiled(tf, lambda dy, w: tf.matmul(dy, w, transpose_b=True), dy, w),
        compiled(tf, lambda x, dy: tf.matmul(x, dy, transpose_a=True), x, dy),
    )
