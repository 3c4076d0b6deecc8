"""Bad input of pooling, rows 38 to 49 of the table."""

import numpy as np
import pytest
from support.refusal import BACKENDS, refused, refused_by_all, table, zeros

from minicnn import layers, nn
from minicnn_kernels import backend

X = zeros(1, 4, 4, 2)
NONE = ((0, 0), (0, 0))


def pool(x=X, size=(2, 2), strides=(2, 2), padding=NONE):
    return (x, size, strides, padding)


POOL = [
    (38, "pool 0", pool(size=(0, 2)), "pool must be at least 1"),
    (38, "pool negative", pool(size=(2, -2)), "pool must be at least 1"),
    (39, "stride 0", pool(strides=(0, 1)), "strides must be at least 1"),
    (40, "window too large", pool(size=(5, 5)), "5x5.*does not fit"),
    (41, "padding over half the window", pool(padding=((2, 0), (0, 0))), "padding"),
    (42, "zero channels", pool(zeros(1, 4, 4, 0)), "channels|must have"),
    (42, "zero height", pool(zeros(1, 0, 4, 2)), "must have"),
    (17, "rank 3", pool(zeros(4, 4, 2)), "axes"),
    (19, "integers", pool(X.astype("i4")), "x must be float"),
]


@pytest.mark.parametrize(("arguments", "message"), table(POOL))
def test_forward_refuses(arguments, message):
    refused_by_all("max_pool_forward", (None, None, *arguments), message)
    refused_by_all("average_pool_forward", (None, *arguments), message)


DY, WINNERS = zeros(1, 2, 2, 2), zeros(1, 2, 2, 2, dtype=np.uint8)


def max_backward(dy=DY, argmax=WINNERS, size=(4, 4), pool=(2, 2), padding=NONE):
    return (zeros(1, 4, 4, 2), dy, argmax, size, pool, (2, 2), padding)


MAX_BACKWARD = [
    (44, "empty gradient", max_backward(zeros(1, 0, 0, 2)), "dy must have"),
    (45, "argmax of another size", max_backward(argmax=WINNERS[:, :1]), "argmax must have"),
    (45, "argmax past the window", max_backward(argmax=WINNERS + 4), "argmax"),
    (45, "argmax of another dtype", max_backward(argmax=WINNERS.astype("f4")), "argmax must"),
    (
        45,
        "argmax in the padding",
        max_backward(size=(3, 3), padding=((1, 0), (1, 0)))[1:],
        "argmax",
    ),
    (47, "negative size", max_backward(size=(-4, 4)), "input_size must be at least 1"),
    (48, "gradient of another shape", max_backward(zeros(1, 2, 2, 3)), "dy must have|argmax"),
]


@pytest.mark.parametrize(("arguments", "message"), table(MAX_BACKWARD))
def test_max_backward_refuses(arguments, message):
    arguments = arguments if len(arguments) == 7 else (None, *arguments)
    refused_by_all("max_pool_backward", arguments, message)


@pytest.mark.parametrize(
    "dy", [zeros(1, 0, 0, 2), zeros(1, 2, 2, 2).astype("f8"), zeros(2, 2, 2, 2)]
)
def test_average_backward_refuses_a_gradient_that_does_not_fit(dy):
    arguments = (zeros(1, 4, 4, 2), dy, (4, 4), (2, 2), (2, 2), NONE)
    refused_by_all("average_pool_backward", arguments, "dy|dx")


@pytest.mark.parametrize("name", BACKENDS)
def test_row_46_an_empty_batch_gives_empty_results(name):
    ops = backend.load(name)
    y, argmax = ops.max_pool_forward(None, None, zeros(0, 4, 4, 2), (2, 2), (2, 2), NONE)
    assert y.shape == argmax.shape == (0, 2, 2, 2)
    dx = ops.max_pool_backward(None, y, argmax, (4, 4), (2, 2), (2, 2), NONE)
    assert dx.shape == (0, 4, 4, 2)


LAYERS = [
    (38, "pool 0", lambda: layers.MaxPooling2D(0), "MaxPooling2D 'm.*': pool_size must be"),
    (39, "stride 0", lambda: layers.AveragePooling2D(2, strides=0), "strides must be"),
    (
        40,
        "window too large",
        lambda: layers.MaxPooling2D(5)(layers.Input((4, 4, 1))),
        "does not fit",
    ),
    (21, "padding name", lambda: layers.MaxPooling2D(2, padding="full"), "padding must be"),
    (24, "pool 2.0", lambda: layers.MaxPooling2D(2.0), "pool_size must be"),
    (
        49,
        "global over 0 x 0",
        lambda: layers.GlobalAveragePooling2D()(zeros(1, 0, 0, 3)),
        "global_.*must have positions",
    ),
    (
        49,
        "global max over 0 x 0",
        lambda: layers.GlobalMaxPooling2D()(zeros(1, 0, 0, 3)),
        "global_.*must have positions",
    ),
    (38, "ksize on batch", lambda: nn.max_pool(X, [2, 2, 2, 1], 2, "VALID"), "ksize"),
    (38, "ksize 0", lambda: nn.max_pool(X, 0, 2, "VALID"), "ksize"),
    (39, "nn stride 0", lambda: nn.avg_pool(X, 2, 0, "VALID"), "strides"),
]


@pytest.mark.parametrize(("call", "message"), table(LAYERS))
def test_layers_and_nn_refuse(call, message):
    refused(call, message)
