"""Local response normalization with AlexNet's constants, forward and backward."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass
from ..peers import channels_last, compiled
from .convolution import FLOAT

RADIUS, BIAS, ALPHA, BETA = 2, 1.0, 2e-5, 0.75


def passes(case, peers):
    """Two passes of a :class:`~benchmarks.shapes.Maps`."""
    rng = np.random.default_rng(0)
    x, dy = (normal(rng, case.shape) for _ in range(2))
    runners = {"minicnn": _minicnn(x, dy)}
    if peers.torch:
        runners["torch"] = _torch(peers.torch, x, dy)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, x, dy)
    calls = [{who: runner[k] for who, runner in runners.items()} for k in (0, 1)]
    yield Pass("forward", 0, FLOAT * 2 * x.size, calls[0])
    yield Pass("backward", 0, FLOAT * 3 * x.size, calls[1])


def _minicnn(x, dy):
    from minicnn_kernels import cpu

    rows, drows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, x.shape[-1])
    y, dx, window = empty_like(rows), empty_like(rows), (RADIUS, RADIUS, BIAS, ALPHA, BETA)
    return (
        lambda: cpu.lrn_forward(y, rows, *window).reshape(x.shape),
        lambda: cpu.lrn_backward(dx, drows, rows, *window).reshape(x.shape),
    )


def _torch(torch, x, dy):
    """PyTorch's alpha goes over the mean of the window; its gradient is autograd's."""
    x, dy = channels_last(torch, x), channels_last(torch, dy)
    size = 2 * RADIUS + 1
    window = size, ALPHA * size, BETA, BIAS
    normalize = torch.nn.functional.local_response_norm
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        y = normalize(leaf, *window)
    return (
        lambda: normalize(x, *window),
        lambda: torch.autograd.grad(y, leaf, dy, retain_graph=True)[0],
    )


def _tensorflow(tf, x, dy):
    ops = tf.raw_ops
    window = {"depth_radius": RADIUS, "bias": BIAS, "alpha": ALPHA, "beta": BETA}
    y = ops.LRN(input=x, **window).numpy()

    def backward(dy, x, y):
        return ops.LRNGrad(input_grads=dy, input_image=x, output_image=y, **window)

    return (
        compiled(tf, lambda x: ops.LRN(input=x, **window), x),
        compiled(tf, backward, dy, x, y),
    )
