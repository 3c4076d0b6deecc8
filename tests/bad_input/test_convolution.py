"""Bad input of convolutions, rows 1 to 37 of the table: every backend, ``nn`` and layer."""

import numpy as np
import pytest
from support.refusal import BACKENDS, huge, refused, refused_by_all, refused_for_size, table, zeros

from minicnn import layers, nn
from minicnn_kernels import backend

X, W = zeros(1, 5, 5, 2), zeros(3, 3, 2, 4)
NO_PADDING = ((0, 0), (0, 0))


def forward(x=X, w=W, b=None, strides=(1, 1), padding=NO_PADDING, dilations=(1, 1), groups=1):
    return (None, x, w, b, strides, padding, dilations, groups)


FORWARD = [
    (
        1,
        "all-zero shapes",
        forward(zeros(0, 0, 0, 0), zeros(0, 0, 0, 0)),
        "must have height, width",
    ),
    (3, "height 0", forward(zeros(1, 0, 5, 2)), r"must have height, width.*\(1, 0, 5, 2\)"),
    (
        3,
        "width 0, padded",
        forward(zeros(1, 5, 0, 2), padding=((1, 1), (1, 1))),
        "must have height",
    ),
    (4, "zero channels", forward(zeros(1, 5, 5, 0), zeros(3, 3, 0, 4)), "channels"),
    (5, "kernel height 0", forward(w=zeros(0, 3, 2, 4)), "w must not be empty"),
    (6, "no filters", forward(w=zeros(3, 3, 2, 0)), "w must not be empty"),
    (7, "stride 0", forward(strides=(0, 1)), r"strides must be at least 1.*\(0, 1\)"),
    (8, "stride negative", forward(strides=(1, -1)), "strides must be at least 1"),
    (9, "dilation 0", forward(dilations=(0, 1)), "dilations must be at least 1"),
    (9, "dilation negative", forward(dilations=(1, -2)), "dilations must be at least 1"),
    (10, "padding negative", forward(padding=((-1, 0), (0, 0))), "padding must be at least 0"),
    (11, "padding on batch", forward(padding=((0, 0),) * 4), "padding must be 2"),
    (11, "padding of one axis", forward(padding=((1, 1),)), "padding must be 2"),
    (12, "strides of four axes", forward(strides=(2, 1, 1, 2)), "strides must be 2 integers"),
    (13, "kernel too large", forward(dilations=(3, 3)), "kernel 7x7 does not fit .* 5x5"),
    (14, "groups 0", forward(groups=0), "groups must be at least 1"),
    (14, "groups -1", forward(groups=-1), "groups must be at least 1"),
    (14, "groups 2**63 - 1", forward(groups=2**63 - 1), "groups must be"),
    (15, "groups 3", forward(groups=3), "groups must divide"),
    (16, "channels differ", forward(w=zeros(3, 3, 5, 4)), "w must have 2 input channels"),
    (17, "x of rank 3", forward(zeros(5, 5, 2)), "x must have 4 axes"),
    (17, "w of rank 3", forward(w=zeros(3, 3, 2)), "w must have 4 axes"),
    (18, "bias of another length", forward(b=zeros(3)), r"b must have shape \(4,\)"),
    (18, "bias of rank 2", forward(b=zeros(1, 4)), "b must have 1 axes"),
    (19, "mixed dtypes", forward(X.astype("f8")), "must share one dtype"),
    (19, "integers", forward(X.astype("i4")), "x must be float16, float32 or float64, got int32"),
    (19, "complex", forward(X.astype("c8")), "x must be float.*complex64"),
    (19, "objects", forward(X.astype(object)), "x must be float.*object"),
    (19, "strings", forward(X.astype("U1")), "x must be float"),
    (19, "a list", forward([[1.0]]), "x must be an array, got list"),
    (24, "stride a float", forward(strides=(1.0, 1)), "strides must be an integer, got 1.0"),
    (24, "stride a bool", forward(strides=(True, 1)), "strides must be an integer, got True"),
    (24, "stride NaN", forward(strides=(float("nan"), 1)), "strides must be an integer"),
    (24, "stride 1e20", forward(strides=(1e20, 1)), "strides must be an integer"),
    (24, "dilation a string", forward(dilations="12"), "dilations must be an integer"),
]


@pytest.mark.parametrize(("arguments", "message"), table(FORWARD))
def test_forward_refuses(arguments, message):
    refused_by_all("conv2d_forward", arguments, message)


def backward_input(dy=zeros(1, 3, 3, 4), w=W, input_size=(5, 5), **geometry):  # noqa: B008
    return (None, dy, w, input_size, *geometry.values())


def backward_weights(x=X, dy=zeros(1, 3, 3, 4), kernel_size=(3, 3), **geometry):  # noqa: B008
    return (zeros(3, 3, 2, 4), x, dy, kernel_size, *geometry.values())


BACKWARD_INPUT = [
    (25, "gradient of another shape", backward_input(zeros(1, 4, 3, 4)), r"\(1, 3, 3, 4\)"),
    (27, "one size", backward_input(input_size=(5,)), "input_size must be 2 integers"),
    (27, "negative size", backward_input(input_size=(5, -5)), "input_size must be at least 1"),
    (27, "size a number", backward_input(input_size=5), "input_size must be 2 integers"),
    (29, "channels differ", backward_input(zeros(1, 3, 3, 5)), "dy must have the output's shape"),
    (30, "empty filter", backward_input(w=zeros(0, 0, 0, 0)), "channels|w must not be empty"),
    (37, "size no input gives", backward_input(input_size=(9, 9)), "dy must have the output's"),
]
BACKWARD_WEIGHTS = [
    (25, "gradient of another shape", backward_weights(dy=zeros(2, 3, 3, 4)), "dy must have"),
    (28, "scalar filter size", backward_weights(kernel_size=3), "kernel_size must be 2 integers"),
    (30, "empty filter", backward_weights(kernel_size=(0, 3)), "kernel_size must be at least 1"),
    (29, "no filters", backward_weights(dy=zeros(1, 3, 3, 0)), "w must not be empty"),
]


@pytest.mark.parametrize(("arguments", "message"), table(BACKWARD_INPUT))
def test_backward_input_refuses(arguments, message):
    refused_by_all("conv2d_backward_input", arguments, message)


@pytest.mark.parametrize(("arguments", "message"), table(BACKWARD_WEIGHTS))
def test_backward_weights_refuses(arguments, message):
    refused_by_all("conv2d_backward_weights", arguments, message)


def test_row_35_gradient_written_into_an_array_of_another_shape():
    refused_by_all(
        "conv2d_backward_weights",
        (zeros(3, 3, 2, 3), X, zeros(1, 3, 3, 4), (3, 3)),
        r"dw must have shape \(3, 3, 2, 4\), got \(3, 3, 2, 3\)",
    )


@pytest.mark.parametrize("name", BACKENDS)
def test_rows_2_and_26_an_empty_batch_gives_empty_results_and_zero_gradients(name):
    ops = backend.load(name)
    y = ops.conv2d_forward(None, zeros(0, 5, 5, 2), W)
    assert y.shape == (0, 3, 3, 4)
    assert ops.conv2d_backward_input(None, y, W, (5, 5)).shape == (0, 5, 5, 2)
    dw = ops.conv2d_backward_weights(None, zeros(0, 5, 5, 2), y, (3, 3))
    np.testing.assert_array_equal(dw, np.zeros((3, 3, 2, 4)))


@pytest.mark.parametrize("name", BACKENDS)
def test_row_20_stride_and_dilation_together_are_correct(name, rng):
    x, w = rng.normal(size=(1, 9, 9, 1)), rng.normal(size=(2, 2, 1, 1))
    y = backend.load(name).conv2d_forward(None, x, w, None, (2, 3), NO_PADDING, (3, 2))
    expected = [
        [
            sum(
                x[0, 2 * i + 3 * u, 3 * j + 2 * v, 0] * w[u, v, 0, 0]
                for u in (0, 1)
                for v in (0, 1)
            )
            for j in range(3)
        ]
        for i in range(3)
    ]
    np.testing.assert_allclose(y[0, :, :, 0], expected)


HUGE = [
    (22, "output past 2**63 bytes", (None, huge(2**20, 2**20, 2**20, 1), huge(1, 1, 1, 2**10))),
    (22, "output past 2**31 elements", (None, huge(2**14, 2**10, 2**10, 1), huge(1, 1, 1, 2**10))),
]


@pytest.mark.parametrize("what", [row[2] for row in HUGE], ids=[row[1] for row in HUGE])
def test_row_22_huge_outputs_are_refused_for_size(what):
    from minicnn_kernels.contracts import arrays, conv

    g = conv.convolution("conv2d", what[1].shape, what[2].shape, (1, 1), NO_PADDING, (1, 1), 1)
    refused_for_size(lambda: arrays.output("conv2d", "y", None, g.y_shape, np.float32), "conv2d: y")


def test_row_23_an_empty_batch_of_huge_images():
    refused_by_all("conv2d_forward", forward(np.zeros((0, 2**31, 2, 2), "f4")), "below 2|fit|must")


TRANSPOSED = [
    (
        31,
        "zero channels",
        lambda: layers.DepthwiseConv2D(3)(zeros(1, 5, 5, 0)),
        "must not be empty",
    ),
    (32, "multiplier 0", lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), "depth_multiplier"),
    (33, "absurd kernel", lambda: layers.DepthwiseConv2D(2**40), "kernel_size"),
    (34, "stride 0", lambda: layers.DepthwiseConv2D(3, strides=0), "strides"),
    (34, "transposed stride 0", lambda: layers.Conv2DTranspose(1, 3, strides=0), "strides"),
    (
        36,
        "output_padding as large as the stride",
        lambda: layers.Conv2DTranspose(1, 3, strides=2, output_padding=2),
        "output_padding",
    ),
]
LAYERS = [
    (6, "filters 0", lambda: layers.Conv2D(0, 3), "Conv2D 'conv2d.*': filters must be"),
    (6, "filters -1", lambda: layers.Conv2D(-1, 3), "filters must be"),
    (5, "kernel 0", lambda: layers.Conv2D(1, 0), "kernel_size must be"),
    (7, "stride 0", lambda: layers.Conv2D(1, 3, strides=0), "strides must be"),
    (9, "dilation 0", lambda: layers.Conv2D(1, 3, dilation_rate=0), "dilation_rate must be"),
    (12, "three strides", lambda: layers.Conv2D(1, 3, strides=(1, 1, 1)), "strides must be"),
    (14, "groups 0", lambda: layers.Conv2D(1, 3, groups=0), "groups must be"),
    (15, "filters % groups", lambda: layers.Conv2D(3, 3, groups=2), "groups"),
    (21, "padding name", lambda: layers.Conv2D(1, 3, padding="full"), "padding must be.*'full'"),
    (21, "layout name", lambda: layers.Conv2D(1, 3, data_format="CHWN"), "data_format must be"),
    (24, "filters 2.0", lambda: layers.Conv2D(2.0, 3), "filters must be an integer, got 2.0"),
    (24, "filters True", lambda: layers.Conv2D(True, 3), "filters must be an integer, got True"),
    (24, "kernel 1e20", lambda: layers.Conv2D(1, 1e20), "kernel_size must be"),
    (
        13,
        "kernel too large",
        lambda: layers.Conv2D(1, 5, name="c1")(layers.Input((3, 3, 8))),
        r"Conv2D 'c1': kernel_size 5x5 does not fit into the padded input 3x3 "
        r"\(input_shape \(None, 3, 3, 8\), padding 'valid'\)",
    ),
    (17, "rank 3", lambda: layers.Conv2D(1, 3)(layers.Input((5, 5))), "input"),
    (3, "height 0", lambda: layers.Conv2D(1, 1)(zeros(1, 0, 5, 2)), "Conv2D"),
]
FUNCTIONS = [
    (7, "stride 0", lambda: nn.conv2d(X, W, 0, "SAME"), "strides"),
    (12, "stride on batch", lambda: nn.conv2d(X, W, [2, 1, 1, 1], "SAME"), "strides"),
    (12, "stride on channels", lambda: nn.conv2d(X, W, [1, 1, 1, 2], "SAME"), "strides"),
    (
        11,
        "padding on batch",
        lambda: nn.conv2d(X, W, 1, [[1, 1], [0, 0], [0, 0], [0, 0]]),
        "padding",
    ),
    (16, "channels differ", lambda: nn.conv2d(X, zeros(3, 3, 5, 4), 1, "VALID"), "channels"),
    (21, "padding name", lambda: nn.conv2d(X, W, 1, "FULL"), "padding"),
    (21, "layout name", lambda: nn.conv2d(X, W, 1, "SAME", data_format="NWHC"), "data_format"),
    (
        37,
        "output shape that no input gives",
        lambda: nn.conv2d_transpose(zeros(1, 3, 3, 4), W, (1, 9, 9, 2), 1, "VALID"),
        "conv2d",
    ),
]


@pytest.mark.parametrize(("call", "message"), table(TRANSPOSED + LAYERS))
def test_layer_refuses(call, message):
    refused(call, message)


@pytest.mark.parametrize(("call", "message"), table(FUNCTIONS))
def test_nn_refuses(call, message):
    refused(call, message)
