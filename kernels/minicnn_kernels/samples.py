"""A small call of every kernel, by which all of them are compiled ahead, and compared.

``samples(dtype)[name]`` are arguments of the function ``name``: whole numbers where results must
agree to the last bit, normal ones elsewhere.
"""

import numpy as np

from .algorithms import set_convolution
from .backend import load


class _Draw:
    """Arrays of one dtype, the same in every process."""

    def __init__(self, dtype, weights=37):
        self.dtype, self.weights = dtype, weights
        self.rng = np.random.default_rng(7)

    def whole(self, *shape):
        """Small whole numbers, on which sums are exact in any order."""
        return self.rng.integers(-3, 4, shape).astype(self.dtype)

    def real(self, *shape):
        """Normal numbers."""
        return self.rng.normal(size=shape).astype(self.dtype)

    def slots(self, count):
        """A gradient behind ``count`` vectors that an update works on."""
        return [np.abs(self.real(self.weights)) for _ in range(count)]


def samples(dtype):
    """Arguments of every kernel of every operation.

    Parameters
    ----------
    dtype : numpy dtype
        float32 or float64.

    Returns
    -------
    dict of str to tuple
    """
    draw = _Draw(dtype)
    families = (_convolutions, _depthwise, _rows, _pools, _resampling, _normalizations)
    return {
        name: arguments
        for family in (*families, _activations, _losses, _updates)
        for name, arguments in family(draw).items()
    }


def winograd_samples(dtype, taps=3):
    """Arguments of the convolutions that Winograd's algorithm serves too; see :func:`samples`."""
    draw = _Draw(dtype)
    x, w, dy = draw.real(2, 7, 6, 18), draw.real(taps, taps, 18, 35), draw.real(2, 7, 6, 35)
    geometry = ((1, 1), ((taps // 2, taps // 2),) * 2, (1, 1), 1)
    return {
        "conv2d_forward": (None, x, w, draw.real(35), *geometry, "relu"),
        "conv2d_backward_input": (None, dy, w, (7, 6), *geometry),
        "conv2d_backward_weights": (None, x, dy, (taps, taps), *geometry),
    }


def planar_samples(dtype):
    """Arguments of convolutions of so few filters that vectors of places serve them better."""
    draw = _Draw(dtype)
    x, w, b, dy = (draw.whole(*s) for s in ((2, 24, 20, 2), (3, 3, 2, 2), (2,), (2, 24, 20, 2)))
    geometry = ((1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    return {
        "conv2d_forward": (None, x, w, b, *geometry, "relu"),
        "conv2d_backward_weights": (None, x, dy, (3, 3), *geometry),
    }


def depthwise_samples(dtype):
    """Arguments of depthwise convolutions whose 3x3 windows have machine code of their own."""
    draw = _Draw(dtype)
    slide = draw.whole(2, 7, 6, 16), draw.whole(3, 3, 16, 1), draw.whole(16)
    return {"depthwise_conv2d_forward": (None, *slide, (1, 1), ((1, 1), (1, 1)))}


def strided_samples(dtype):
    """The same with strides of two."""
    draw = _Draw(dtype)
    slide = draw.whole(2, 7, 6, 16), draw.whole(3, 3, 16, 1), draw.whole(16)
    x, w, dy = draw.whole(2, 7, 6, 20), draw.whole(3, 3, 20, 1), draw.whole(2, 4, 3, 20)
    geometry = (2, 2), ((1, 1), (0, 1))
    return {
        "depthwise_conv2d_forward": (None, *slide, *geometry),
        "depthwise_conv2d_backward": (None, None, x, dy, w, *geometry),
    }


def large_samples(dtype):
    """Arguments of the kernels that compute large arrays by other machine code than small ones."""
    draw = _Draw(dtype, weights=32_768)
    x, y, c = draw.real(256, 128), draw.real(256, 128), draw.real(128)
    image, twice, strides = draw.real(1, 64, 64, 8), draw.real(1, 128, 128, 8), (2, 2)
    few_channels = draw.real(2, 20, 18, 20), draw.real(7, 7, 3, 20), (40, 37)
    few_rows, weights, dy = draw.real(3, 520), draw.real(520, 600), draw.real(3, 600)
    return {
        "conv2d_backward_input": (None, *few_channels, strides, ((3, 2), (2, 3)), (1, 1), 1),
        "dense_forward": (None, few_rows, weights, draw.real(600)),
        "dense_backward_input": (None, dy, weights),
        "dense_backward_weights": (None, few_rows, dy),
        "upsample2d_nearest_forward": (None, image, strides),
        "upsample2d_nearest_backward": (None, twice, strides),
        "upsample2d_bilinear_forward": (None, image, strides),
        "upsample2d_bilinear_backward": (None, twice, strides),
        "add_forward": (None, x, y),
        "concatenate_forward": (None, [x, y]),
        "concatenate_backward": (None, draw.real(256, 256), (128, 128)),
        "bias_forward": (None, x, c),
        "bias_backward": (None, x),
        "activation_forward": (None, x, "tanh"),
        "activation_backward": (None, y, None, np.tanh(x), "tanh"),
        "prelu_forward": (None, x, c),
        "prelu_backward_input": (None, y, x, c),
        "prelu_backward_weights": (None, x, y),
        "dropout_forward": (None, x, 0.5, 3),
        "dropout_backward": (None, x, 0.5, 3),
        "lrn_forward": (None, x, 1, 1, 1.0, 0.5, 0.75),
        "lrn_backward": (None, y, x, 1, 1, 1.0, 0.5, 0.75),
        **_losses(draw, *x.shape),
        **_updates(draw),
    }


def calls(dtype):
    """``[(algorithm, name, arguments)]``, which together need all machine code for ``dtype``.

    Activations beside tanh are left out: there are twenty of them.
    """
    families = samples, planar_samples, depthwise_samples, strided_samples, large_samples
    direct = [call for family in families for call in family(dtype).items()]
    return [
        *(("direct", *call) for call in direct),
        *(("winograd", *call) for call in winograd_samples(dtype).items()),
    ]


def compile_all(dtype):
    """Compile every kernel of the CPU telling for ``dtype``, a step at a time.

    Yields
    ------
    str
        The name of the function that is compiled next; Numba loads what its cache holds.
    """
    telling = load("cpu")
    for algorithm, name, arguments in calls(dtype):
        yield name
        with set_convolution(algorithm):
            getattr(telling, name)(*arguments)


def _convolutions(draw):
    x, w, dy = draw.whole(2, 7, 6, 4), draw.whole(3, 2, 2, 6), draw.whole(2, 3, 7, 6)
    geometry = ((2, 1), ((1, 0), (1, 2)), (1, 2), 2)  # strides, padding, dilations, groups
    x3, w3, dy3 = draw.whole(1, 3, 4, 5, 2), draw.whole(2, 2, 3, 2, 3), draw.whole(1, 2, 4, 5, 3)
    geometry3 = ((1, 1, 1), ((0, 0), (1, 0), (1, 1)), (1, 1, 1), 1)
    return {
        "conv2d_forward": (None, x, w, draw.whole(6), *geometry, "relu"),
        "conv2d_backward_input": (None, dy, w, (7, 6), *geometry),
        "conv2d_backward_weights": (None, x, dy, (3, 2), *geometry),
        "conv3d_forward": (None, x3, w3, None, *geometry3),
        "conv3d_backward_input": (None, dy3, w3, (3, 4, 5), *geometry3),
        "conv3d_backward_weights": (None, x3, dy3, (2, 2, 3), *geometry3),
    }


def _depthwise(draw):
    x, w, dy = draw.whole(2, 7, 6, 4), draw.whole(3, 2, 4, 2), draw.whole(2, 3, 7, 8)
    geometry = ((2, 1), ((1, 0), (1, 2)), (1, 2))
    return {
        "depthwise_conv2d_forward": (None, x, w, draw.whole(8), *geometry),
        "depthwise_conv2d_backward_input": (None, dy, w, (7, 6), *geometry),
        "depthwise_conv2d_backward_weights": (None, x, dy, (3, 2), *geometry),
        "depthwise_conv2d_backward": (
            *(None, None, x, draw.whole(2, 7, 6, 8), draw.whole(3, 3, 4, 2)),
            *((1, 1), ((1, 1), (1, 1))),
        ),
    }


def _rows(draw):
    x = draw.whole(2, 7, 6, 4)
    return {
        "add_forward": (None, x, draw.whole(2, 7, 6, 4)),
        "concatenate_forward": (None, [draw.whole(5, 3), draw.whole(5, 1)]),
        "concatenate_backward": (None, draw.whole(5, 4), (3, 1)),
        "bias_forward": (None, x, draw.whole(4)),
        "bias_backward": (None, x),
        "dense_forward": (None, draw.whole(5, 7), draw.whole(7, 3), draw.whole(3), "relu"),
        "dense_backward_input": (None, draw.whole(5, 3), draw.whole(7, 3)),
        "dense_backward_weights": (None, draw.whole(5, 7), draw.whole(5, 3)),
    }


def _pools(draw):
    x, dy, flat = draw.whole(2, 7, 6, 4), draw.whole(2, 4, 3, 4), draw.whole(2, 42, 4)
    window = ((3, 2), (2, 2), ((1, 1), (0, 0)))  # size, strides, padding
    taps, places = np.full((2, 4, 3, 4), 2, np.uint8), np.full((2, 4), 5, np.uint8)
    return {
        "max_pool_forward": (None, None, x, *window),
        "max_pool_backward": (None, dy, taps, (7, 6), *window),
        "average_pool_forward": (None, x, *window),
        "average_pool_backward": (None, dy, (7, 6), *window),
        "global_average_pool_forward": (None, flat),
        "global_average_pool_backward": (None, draw.whole(2, 4), 42),
        "global_max_pool_forward": (None, None, flat),
        "global_max_pool_backward": (None, draw.whole(2, 4), places, 42),
    }


def _resampling(draw):
    x, dy = draw.whole(2, 7, 6, 4), draw.whole(2, 14, 18, 4)
    return {
        "upsample2d_nearest_forward": (None, x, (2, 3)),
        "upsample2d_nearest_backward": (None, dy, (2, 3)),
        "upsample2d_bilinear_forward": (None, x, (2, 3)),
        "upsample2d_bilinear_backward": (None, dy, (2, 3)),
    }


def _normalizations(draw):
    x, y, dy, c = draw.real(5, 3), draw.real(5, 3), draw.real(5, 3), draw.real(3)
    return {
        "batch_norm_forward": (None, None, None, x, c, c, 1e-3, "relu", y),
        "batch_norm_inference": (None, x, c, c, c, np.abs(c), 1e-3),
        "batch_norm_backward": (
            *(None, None, None, dy, x, c, np.abs(c), c, 1e-3),
            *(True, "relu6", c),
        ),
        "lrn_forward": (None, x, 1, 1, 1.0, 0.5, 0.75),
        "lrn_backward": (None, dy, x, 1, 1, 1.0, 0.5, 0.75),
    }


def _activations(draw):
    x, dy, slope = draw.real(5, 3), draw.real(5, 3), draw.real(3)
    return {
        "activation_forward": (None, x, "tanh"),
        "activation_backward": (None, dy, None, np.tanh(x), "tanh"),
        "prelu_forward": (None, x, slope),
        "prelu_backward_input": (None, dy, x, slope),
        "prelu_backward_weights": (None, x, dy),
        "dropout_forward": (None, x, 0.5, 3),
        "dropout_backward": (None, x, 0.5, 3),
    }


def _losses(draw, rows=5, classes=3):
    x, dy, labels = draw.real(rows, classes), draw.real(rows, classes), np.arange(rows) % classes
    targets, weights = np.eye(classes, dtype=draw.dtype)[labels], draw.real(rows)
    even = np.full((rows, classes), 1 / classes, draw.dtype)
    return {
        "softmax_forward": (None, x),
        "softmax_backward": (None, dy, even),
        "log_softmax_forward": (None, x),
        "log_softmax_backward": (None, dy, np.log(even)),
        "softmax_cross_entropy_forward": (None, None, x, targets),
        "softmax_cross_entropy_backward": (None, even, targets, weights),
        "sparse_softmax_cross_entropy_forward": (None, None, x, labels),
        "sparse_softmax_cross_entropy_backward": (None, even, labels, weights),
    }


def _updates(draw):
    (first,) = draw.slots(1)
    return {
        "sgd_update": (*draw.slots(3), 0.1, 0.9, True),
        # The mean square exceeds the square of the mean, as it does in life: else the root is NaN.
        "rmsprop_update": (first, first + 1, first / 10, *draw.slots(2), 0.1, 0.9, 0.5),
        "adam_update": (*draw.slots(5), 0.1),
        "nadam_update": (*draw.slots(4), 0.1),
        "adagrad_update": (*draw.slots(3), 0.1),
    }
