"""Max and average pooling, forward and backward."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass, cropped, image
from ..peers import channels_last, compiled
from .convolution import FLOAT


def passes(case, peers):
    """Two passes of a :class:`~benchmarks.shapes.Pooling`; max pooling keeps where it looked."""
    rng = np.random.default_rng(0)
    x = normal(rng, case.x_shape)
    dy = normal(rng, case.y_shape)
    padding = case.padding_pairs
    even = all(before == after for before, after in padding)
    runners = {"minicnn": _minicnn(case, x, dy, padding)}
    if peers.torch:
        runners["torch"] = _torch(peers.torch, case, x, dy, padding if even else None)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, case, x, dy)
    of_input = image if even else cropped(padding, x.shape[1:3])
    winners = dy.size if case.kind == "max" else 0  # a byte for each
    size = FLOAT * (x.size + dy.size) + winners
    calls = [{who: runner[k] for who, runner in runners.items()} for k in (0, 1)]
    yield Pass("forward", 0, size, calls[0])
    yield Pass("backward", 0, size, calls[1], of_input)


def _minicnn(case, x, dy, padding):
    from minicnn_kernels import cpu

    y, dx = (empty_like(a) for a in (dy, x))
    window = case.pool, case.strides, padding
    size = x.shape[1:3]
    if case.kind == "average":
        return (
            lambda: cpu.average_pool_forward(y, x, *window),
            lambda: cpu.average_pool_backward(dx, dy, size, *window),
        )
    _, argmax = cpu.max_pool_forward(y, None, x, *window)
    return (
        lambda: cpu.max_pool_forward(y, argmax, x, *window)[0],
        lambda: cpu.max_pool_backward(dx, dy, argmax, size, *window),
    )


def _torch(torch, case, x, dy, padding):
    """Uneven padding (``None`` here), which PyTorch lacks, is put into ``x`` before."""
    if padding is None:
        if case.kind == "average":
            return _refused, _refused
        x = np.pad(x, ((0, 0), *case.padding_pairs, (0, 0)), constant_values=-np.inf)
        padding = ((0, 0), (0, 0))
    x, dy = channels_last(torch, x), channels_last(torch, dy)
    window = list(case.pool), list(case.strides), [before for before, _ in padding]
    aten = torch.ops.aten
    if case.kind == "average":
        return (
            lambda: aten.avg_pool2d(x, *window, False, False),
            lambda: aten.avg_pool2d_backward(dy, x, *window, False, False, None),
        )
    _, winners = aten.max_pool2d_with_indices(x, *window)
    return (
        lambda: aten.max_pool2d_with_indices(x, *window)[0],
        lambda: aten.max_pool2d_with_indices_backward(dy, x, *window, [1, 1], False, winners),
    )


def _refused():
    raise ValueError("has no average pooling with uneven padding that is left out of the means")


def _tensorflow(tf, case, x, dy):
    ops = tf.raw_ops
    window = {
        "ksize": [1, *case.pool, 1],
        "strides": [1, *case.strides, 1],
        "padding": case.padding,
    }
    if case.kind == "average":
        return (
            compiled(tf, lambda x: ops.AvgPool(value=x, **window), x),
            compiled(
                tf, lambda dy: ops.AvgPoolGrad(orig_input_shape=x.shape, grad=dy, **window), dy
            ),
        )
    y = ops.MaxPool(input=x, **window).numpy()
    return (
        compiled(tf, lambda x: ops.MaxPool(input=x, **window), x),
        compiled(
            tf,
            lambda x, y, dy: ops.MaxPoolGrad(orig_input=x, orig_output=y, grad=dy, **window),
            *(x, y, dy),
        ),
    )
