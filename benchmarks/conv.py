"""Convolution, forward and both gradients, against TensorFlow and PyTorch.

Shapes from the books' networks; the same arrays for all three (PyTorch sees the NHWC memory as
channels-last tensors, so nobody converts inside the timed part). Results are compared first.
"""

from typing import NamedTuple

import numpy as np

from .networks import set_threads
from .race import race, ratio


class Shape(NamedTuple):
    """One convolution: ``N H W C``, filters, kernel size, stride, padding."""

    batch: int
    height: int
    width: int
    channels: int
    filters: int
    kernel: int
    stride: int
    padding: str

    def __str__(self):
        return (
            f"{self.batch}x{self.height}x{self.width}x{self.channels}"
            f" {self.kernel}x{self.kernel}/{self.stride} {self.filters} {self.padding}"
        )


SHAPES = [
    Shape(32, 28, 28, 1, 64, 7, 1, "SAME"),
    Shape(32, 14, 14, 128, 128, 3, 1, "SAME"),
    Shape(8, 56, 56, 64, 64, 3, 1, "SAME"),
    Shape(8, 14, 14, 256, 256, 3, 1, "SAME"),
    Shape(8, 14, 14, 480, 192, 1, 1, "SAME"),
    Shape(8, 56, 56, 64, 128, 1, 2, "SAME"),
    Shape(8, 224, 224, 3, 64, 7, 2, "SAME"),
    Shape(64, 14, 14, 6, 16, 5, 1, "VALID"),
]
PASSES = ("forward", "input gradient", "weight gradient")


def arrays(shape):
    """Input, weights, gradient of the output, and the padding of each axis."""
    from minicnn_kernels.geometry import output_size, same_padding

    rng = np.random.default_rng(0)
    sizes, k, s = (shape.height, shape.width), shape.kernel, shape.stride
    same = shape.padding == "SAME"
    padding = tuple(same_padding(n, k, s, 1) if same else (0, 0) for n in sizes)
    out = [output_size(n, k, s, *pair, 1) for n, pair in zip(sizes, padding)]
    drawn = [
        rng.standard_normal(dims).astype(np.float32)
        for dims in (
            (shape.batch, *sizes, shape.channels),
            (k, k, shape.channels, shape.filters),
            (shape.batch, *out, shape.filters),
        )
    ]
    return *drawn, padding


def minicnn_runners(shape, x, w, dy, padding):
    """The three passes of MiniCNN into arrays allocated once."""
    from minicnn_kernels import cpu

    y, dx, dw = np.empty_like(dy), np.empty_like(x), np.zeros_like(w)
    strides = (shape.stride, shape.stride)
    size, kernel = x.shape[1:3], w.shape[:2]

    def weight_gradient():
        dw.fill(0)
        return cpu.conv2d_backward_weights(dw, x, dy, kernel, strides, padding)

    return (
        lambda: cpu.conv2d_forward(y, x, w, None, strides, padding),
        lambda: cpu.conv2d_backward_input(dx, dy, w, size, strides, padding),
        weight_gradient,
    )


def torch_runners(torch, shape, x, w, dy, padding):
    """The three passes of PyTorch; uneven padding, which it lacks, is put into ``x`` before."""
    even = all(before == after for before, after in padding)
    if not even:
        x = np.pad(x, ((0, 0), *padding, (0, 0)))
        padding = ((0, 0), (0, 0))
    tx, tdy = (torch.from_numpy(a).permute(0, 3, 1, 2) for a in (x, dy))
    tw = torch.from_numpy(w).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    pad, stride = [before for before, _ in padding], [shape.stride] * 2

    def gradient(of_input):
        mask = (of_input, not of_input, False)
        return torch.ops.aten.convolution_backward(
            tdy, tx, tw, None, stride, pad, [1, 1], False, [0, 0], 1, mask
        )

    def forward():
        with torch.no_grad():
            return torch.conv2d(tx, tw, None, stride, pad)

    return forward, lambda: gradient(True)[0], lambda: gradient(False)[1]


def tensorflow_runners(tf, shape, x, w, dy):
    """The three passes of TensorFlow, eagerly."""
    tx, tw, tdy = (tf.constant(a) for a in (x, w, dy))
    ops, options = (
        tf.raw_ops,
        {"strides": [1, shape.stride, shape.stride, 1], "padding": shape.padding},
    )
    return (
        lambda: ops.Conv2D(input=tx, filter=tw, **options),
        lambda: ops.Conv2DBackpropInput(
            input_sizes=x.shape, filter=tw, out_backprop=tdy, **options
        ),
        lambda: ops.Conv2DBackpropFilter(
            input=tx, filter_sizes=w.shape, out_backprop=tdy, **options
        ),
    )


def check(ours, theirs, what):
    """Raise unless two results agree to float32's rounding."""
    scale = np.abs(theirs).max()
    difference = np.abs(ours - theirs).max() / scale
    if not difference < 1e-4:
        raise AssertionError(f"{what}: results differ by {difference:.1e} of their largest")


def run_shape(tf, torch, shape, seconds):
    """Compare the results of one shape, then race its passes and print their rows."""
    x, w, dy, padding = arrays(shape)
    mini = minicnn_runners(shape, x, w, dy, padding)
    pytorch = torch_runners(torch, shape, x, w, dy, padding)
    tensorflow = tensorflow_runners(tf, shape, x, w, dy)
    for name, ours, theirs in zip(PASSES, mini, tensorflow):
        check(ours(), theirs().numpy(), f"{shape} {name} of TensorFlow")
    check(mini[0](), pytorch[0]().permute(0, 2, 3, 1).numpy(), f"{shape} forward of PyTorch")
    check(
        mini[2](),
        pytorch[2]().permute(2, 3, 1, 0).numpy(),
        f"{shape} weight gradient of PyTorch",
    )
    products = dy.size * w[..., 0].size
    contenders = [
        {"minicnn": ours, "torch": theirs, "tf": others}
        for ours, theirs, others in zip(mini, pytorch, tensorflow)
    ]
    times = [race(passes, seconds, most=1000) for passes in contenders]
    times.append({who: times[1][who] + times[2][who] for who in times[0]})
    for name, taken, passes in zip((*PASSES, "both gradients"), times, (1, 1, 1, 2)):
        speed = 2 * passes * products / taken["minicnn"] / 1e9
        cells = "".join(f"{taken[who] * 1e3:>14.3f} ms" for who in taken)
        print(f"{shape!s:<34}{name:<17}{cells}{ratio(taken):>8.2f}{speed:>9.0f}", flush=True)


def run(threads, seconds=2.0):
    """Race every shape and print a table: times, best peer / MiniCNN, MiniCNN's GFLOP/s."""
    import tensorflow as tf
    import torch

    set_threads(threads)
    names = "".join(f"{name:>17}" for name in ("minicnn", "torch", "tensorflow"))
    print(f"{'N x H x W x C, kernel / stride, F':<34}{'pass':<17}{names}{'ratio':>8}{'GFLOP/s':>9}")
    for shape in SHAPES:
        run_shape(tf, torch, shape, seconds)
