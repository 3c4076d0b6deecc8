"""Convolution: forward, input gradient, weight gradient, and both gradients in one call."""

import math

import numpy as np

from ..arrays import empty_like, normal
from ..passes import Pass, cropped, image, kernel
from ..peers import channels_last, compiled

FLOAT = 4  # bytes of a float32


def passes(case, peers):
    """Four passes of a :class:`~benchmarks.shapes.Convolution`."""
    x, w, dy = arrays(case)
    padding = case.padding_pairs
    runners = {"minicnn": minicnn_calls(case, x, w, dy)}
    if peers.torch:
        runners["torch"] = torch_calls(peers.torch, case, x, w, dy)
    if peers.tensorflow:
        runners["tensorflow"] = _tensorflow(peers.tensorflow, case, x, w, dy)
    operations = 2 * dy.size * math.prod(w.shape[:3])
    of_input = image if is_even(padding) else cropped(padding, x.shape[1:3])
    all_arrays = FLOAT * (x.size + w.size + dy.size)
    table = [
        ("forward", operations, all_arrays, image),
        ("input gradient", operations, all_arrays, of_input),
        ("weight gradient", operations, all_arrays, kernel),
        ("both gradients", 2 * operations, 2 * all_arrays - FLOAT * dy.size, (of_input, kernel)),
    ]
    for number, (name, amount, size, turn) in enumerate(table):
        calls = {who: runner[number] for who, runner in runners.items()}
        yield Pass(name, amount, size, calls, turn)


def arrays(case):
    """Input, weights and gradient of the output: N(0, 1), weights by He's rule."""
    rng = np.random.default_rng(0)
    fan_in = case.kernel[0] * case.kernel[1] * case.channels // case.groups
    shapes = case.x_shape, case.w_shape, case.y_shape
    x, w, dy = (normal(rng, shape) for shape in shapes)
    w *= np.float32(math.sqrt(2 / fan_in))
    return x, w, dy


def is_even(padding):
    """Whether as much is added before as behind."""
    return all(before == after for before, after in padding)


def minicnn_calls(case, x, w, dy):
    """The four passes, into arrays allocated once."""
    from minicnn_kernels import cpu

    y, dx, dw = empty_like(dy), empty_like(x), empty_like(w)
    geometry = case.strides, case.padding_pairs, case.dilations, case.groups

    def input_gradient():
        return cpu.conv2d_backward_input(dx, dy, w, x.shape[1:3], *geometry)

    def weight_gradient():
        return cpu.conv2d_backward_weights(dw, x, dy, case.kernel, *geometry, add=False)

    return (
        lambda: cpu.conv2d_forward(y, x, w, None, *geometry),
        input_gradient,
        weight_gradient,
        lambda: (input_gradient(), weight_gradient()),
    )


def torch_calls(torch, case, x, w, dy):
    """The same; uneven padding, which PyTorch lacks, is put into ``x`` before."""
    padding = case.padding_pairs
    if not is_even(padding):
        x = np.pad(x, ((0, 0), *padding, (0, 0)))
        padding = ((0, 0), (0, 0))
    x, dy = channels_last(torch, x), channels_last(torch, dy)
    w = torch.from_numpy(w).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    geometry = list(case.strides), [before for before, _ in padding], list(case.dilations)

    def gradients(of_input, of_weights):
        backward = torch.ops.aten.convolution_backward
        mask = of_input, of_weights, False
        return backward(dy, x, w, None, *geometry, False, [0, 0], case.groups, mask)

    return (
        lambda: torch.conv2d(x, w, None, *geometry, case.groups),
        lambda: gradients(True, False)[0],
        lambda: gradients(False, True)[1],
        lambda: gradients(True, True)[:2],
    )


def _tensorflow(tf, case, x, w, dy):
    options = {
        "strides": [1, *case.strides, 1],
        "dilations": [1, *case.dilations, 1],
        "padding": case.padding if isinstance(case.padding, str) else "EXPLICIT",
        "explicit_paddings": (
            []
            if isinstance(case.padding, str)
            else [0, 0, *case.padding[0], *case.padding[1], 0, 0]
        ),
    }
    ops = tf.raw_ops

    def input_gradient(w, dy):
        return ops.Conv2DBackpropInput(input_sizes=x.shape, filter=w, out_backprop=dy, **options)

    def weight_gradient(x, dy):
        return ops.Conv2DBackpropFilter(input=x, filter_sizes=w.shape, out_backprop=dy, **options)

    return (
        compiled(tf, lambda x, w: ops.Conv2D(input=x, filter=w, **options), x, w),
        compiled(tf, input_gradient, w, dy),
        compiled(tf, weight_gradient, x, dy),
        compiled(tf, lambda x, w, dy: (input_gradient(w, dy), weight_gradient(x, dy)), x, w, dy),
    )
