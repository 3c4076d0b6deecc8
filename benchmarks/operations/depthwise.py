"""Depthwise convolution: forward, and both gradients."""

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass, cropped, image
from ..peers import channels_last, compiled
from .convolution import FLOAT


def passes(case, peers):
    """Two passes of a :class:`~benchmarks.shapes.Convolution` with a group for each channel."""
    rng = np.random.default_rng(0)
    w_shape = (*case.kernel, case.channels, 1)
    x, w, dy = (normal(rng, shape) for shape in (case.x_shape, w_shape, case.y_shape))
    padding = case.padding_pairs
    even = all(before == after for before, after in padding)
    runners = {"minicnn": _minicnn(case, x, w, dy, padding)}
    if peers.torch:
        runners["torch"] = _torch(peers.torch, case, x, w, dy, padding if even else None)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, case, x, w, dy)
    of_input = image if even else cropped(padding, x.shape[1:3])
    operations = 2 * dy.size * w[..., 0, 0].size
    one_way, both = FLOAT * (x.size + w.size + dy.size), FLOAT * (2 * x.size + 2 * w.size + dy.size)
    calls = [{who: runner[k] for who, runner in runners.items()} for k in (0, 1)]
    yield Pass("forward", operations, one_way, calls[0])
    yield Pass("both gradients", 2 * operations, both, calls[1], (of_input, _kernel))


def _kernel(tensor):
    return tensor.permute(2, 3, 0, 1).numpy()


def _minicnn(case, x, w, dy, padding):
    from minicnn_kernels import cpu

    y, dx, dw = (empty_like(a) for a in (dy, x, w))

    def gradients():
        dw.fill(0)
        return cpu.depthwise_conv2d_backward(dx, dw, x, dy, w, case.strides, padding)

    return lambda: cpu.depthwise_conv2d_forward(y, x, w, None, case.strides, padding), gradients


def _torch(torch, case, x, w, dy, padding):
    """Uneven padding (``None`` here), which PyTorch lacks, is put into ``x`` before."""
    if padding is None:
        x = np.pad(x, ((0, 0), *case.padding_pairs, (0, 0)))
        padding = ((0, 0), (0, 0))
    x, dy = channels_last(torch, x), channels_last(torch, dy)
    w = torch.from_numpy(w).permute(2, 3, 0, 1).contiguous(memory_format=torch.channels_last)
    geometry = list(case.strides), [before for before, _ in padding], [1, 1]

    def gradients():
        return torch.ops.aten.convolution_backward(
            dy, x, w, None, *geometry, False, [0, 0], case.channels, (True, True, False)
        )[:2]

    return lambda: torch.conv2d(x, w, None, *geometry, case.channels), gradients


def _tensorflow(tf, case, x, w, dy):
    ops, options = tf.raw_ops, {"strides": [1, *case.strides, 1], "padding": case.padding}

    def gradients(x, w, dy):
        dx = ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=x.shape, filter=w, out_backprop=dy, **options
        )
        dw = ops.DepthwiseConv2dNativeBackpropFilter(
            input=x, filter_sizes=w.shape, out_backprop=dy, **options
        )
        return dx, dw

    def forward(x, w):
        return ops.DepthwiseConv2dNative(input=x, filter=w, **options)

    return compiled(tf, forward, x, w), compiled(tf, gradients, x, w, dy)
