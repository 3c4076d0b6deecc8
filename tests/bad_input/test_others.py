"""Bad input of normalization, dense, losses, dropout, images and arrays, rows 50 to 69."""

import math

import numpy as np
import pytest
from support.refusal import BACKENDS, refused, refused_by_all, table, zeros

from minicnn import image, layers, losses, nn
from minicnn_kernels import backend

X, C = zeros(4, 3), zeros(3)
NAN = float("nan")

KERNELS = [
    (50, "lrn rank", "lrn_forward", (None, zeros(2, 2, 2, 3), 1, 1, 1.0, 1.0, 0.5), "axes"),
    (50, "lrn gradient shape", "lrn_backward", (None, zeros(4, 2), X, 1, 1, 1.0, 1.0, 0.5), "dy|x"),
    (51, "lrn radius", "lrn_forward", (None, X, -1, 1, 1.0, 1.0, 0.5), "before"),
    (51, "lrn alpha NaN", "lrn_forward", (None, X, 1, 1, 1.0, NAN, 0.5), "alpha"),
    (51, "lrn beta NaN", "lrn_forward", (None, X, 1, 1, 1.0, 1.0, NAN), "beta"),
    (52, "gamma", "batch_norm_forward", (None, None, None, X, zeros(2), C, 1e-3), "gamma"),
    (52, "beta", "batch_norm_forward", (None, None, None, X, C, zeros(4), 1e-3), "beta"),
    (52, "mean", "batch_norm_inference", (None, X, C, C, zeros(2), C, 1e-3), "mean"),
    (52, "variance", "batch_norm_inference", (None, X, C, C, C, zeros(1), 1e-3), "variance"),
    (53, "no channels", "batch_norm_forward", (None, None, None, zeros(4, 0), None, None, 1e-3), "channels"),
    (54, "no pixels", "batch_norm_forward", (None, None, None, zeros(0, 3), C, C, 1e-3), "x"),
    (55, "inner sizes differ", "dense_forward", (None, X, zeros(4, 2)), "w"),
    (55, "empty weights", "dense_forward", (None, X, zeros(3, 0)), "w"),
    (55, "no inputs", "dense_forward", (None, zeros(4, 0), zeros(0, 2)), "w|inner"),
    (56, "bias empty", "dense_forward", (None, X, zeros(3, 2), zeros(0)), "b must have shape"),
    (56, "bias 2-D", "dense_forward", (None, X, zeros(3, 2), zeros(1, 2)), "b must have 1 axes"),
    (57, "label -1", "sparse_softmax_cross_entropy_forward", (None, None, X, np.array([0, 1, 2, -1])), "-1"),
    (57, "label 3 of 3", "sparse_softmax_cross_entropy_forward", (None, None, X, np.array([0, 3, 2, 1])), "3"),
    (58, "float label", "sparse_softmax_cross_entropy_forward", (None, None, X, zeros(4)), "labels"),
    (60, "rate 1", "dropout_forward", (None, X, 1.0, 0), "rate"),
    (60, "rate negative", "dropout_forward", (None, X, -0.1, 0), "rate"),
    (60, "rate NaN", "dropout_forward", (None, X, NAN, 0), "rate"),
    (19, "activation name", "activation_forward", (None, X, "sinus"), "sinus"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [pytest.param(*row[2:], id=f"{row[0]}-{row[1]}") for row in KERNELS],
)
def test_kernel_refuses(function, arguments, message):
    refused_by_all(function, arguments, message)


def sparse(labels, predictions=None):
    predictions = np.full((2, 3), 1 / 3, np.float32) if predictions is None else predictions
    return losses.SparseCategoricalCrossentropy()(np.array(labels), predictions)


DOORS = [
    (51, "radius", lambda: layers.LocalResponseNormalization(depth_radius=-1), "depth_radius"),
    (51, "alpha NaN", lambda: layers.LocalResponseNormalization(alpha=NAN), "alpha"),
    (53, "no channels", lambda: layers.BatchNormalization()(zeros(2, 0)), "BatchNormalization"),
    (
        54,
        "no pixels",
        lambda: layers.BatchNormalization()(zeros(0, 3), training=True),
        "needs a batch",
    ),
    (55, "no inputs", lambda: layers.Dense(2)(zeros(2, 0)), "Dense"),
    (55, "units 0", lambda: layers.Dense(0), "Dense 'dense.*': units must be"),
    (24, "units 2.5", lambda: layers.Dense(2.5), "units must be an integer"),
    (57, "label -1", lambda: sparse([0, -1]), "-1"),
    (57, "label 3 of 3", lambda: sparse([3, 0]), "3"),
    (58, "label NaN", lambda: sparse([0.0, NAN]), "label|y_true"),
    (58, "label 0.5", lambda: sparse([0.5, 1.0]), "label|y_true"),
    (60, "rate 1", lambda: layers.Dropout(1.0), "Dropout 'dropout.*': rate must be"),
    (60, "rate NaN", lambda: layers.Dropout(NAN), "rate must be"),
    (62, "size 0", lambda: image.resize(zeros(1, 4, 4, 1), (0, 4)), "size"),
    (62, "empty image", lambda: image.resize(zeros(1, 0, 4, 1), (4, 4)), "image"),
    (63, "size 1879048192", lambda: image.resize(zeros(1, 4, 4, 1), (1879048192,) * 2), "bytes"),
    (66, "box width", lambda: image.non_max_suppression(zeros(2, 3), zeros(2), 5), "boxes"),
    (65, "box NaN", lambda: image.non_max_suppression(np.full((1, 4), NAN), zeros(1), 5), "boxes"),
    (
        67,
        "max_output -1",
        lambda: image.non_max_suppression(zeros(2, 4), zeros(2), -1),
        "max_output",
    ),
    (67, "IoU 1.5", lambda: image.non_max_suppression(zeros(2, 4), zeros(2), 5, 1.5), "iou"),
    (67, "score NaN", lambda: image.non_max_suppression(zeros(1, 4), np.array([NAN]), 5), "scores"),
]


@pytest.mark.parametrize(("call", "message"), table(DOORS))
def test_layers_losses_and_images_refuse(call, message):
    refused(call, message)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("name", BACKENDS)
def test_row_61_nan_and_infinity_come_through(name, value):
    x = np.ones((1, 4, 4, 2), np.float32)
    x[0, 1, 1, 0] = value
    with backend.use(name), np.errstate(invalid="ignore"):
        for result in (
            nn.conv2d(x, np.ones((3, 3, 2, 3), np.float32), 1, "SAME"),
            nn.max_pool(x, 2, 2, "VALID"),
            nn.avg_pool(x, 2, 2, "VALID"),
            nn.relu(x),
        ):
            assert np.isnan(result).any() if math.isnan(value) else np.isinf(result).any()


def awkward(array):
    """The same values in every memory that NumPy permits."""
    spread = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    spread[..., ::2] = array
    misaligned = np.frombuffer(b"\0" + array.tobytes(), np.uint8)[1:].view(array.dtype)
    frozen = array.copy()
    frozen.flags.writeable = False
    return {
        "strided": spread[..., ::2],
        "negative strides": array[:, ::-1].copy()[:, ::-1],
        "Fortran order": np.asfortranarray(array),
        "misaligned": misaligned.reshape(array.shape),
        "big-endian": array.astype(array.dtype.newbyteorder(">")),
        "read-only": frozen,
    }


@pytest.mark.parametrize("kind", list(awkward(zeros(1, 2))))
@pytest.mark.parametrize("name", BACKENDS)
def test_row_69_any_memory_gives_the_same_result(name, kind, rng):
    x = rng.normal(size=(2, 6, 6, 3)).astype(np.float32)
    w = rng.normal(size=(3, 3, 3, 4)).astype(np.float32)
    ops = backend.load(name)
    plain = ops.conv2d_forward(None, x, w)
    np.testing.assert_array_equal(
        ops.conv2d_forward(None, awkward(x)[kind], awkward(w)[kind]), plain
    )
    pooled, _ = ops.max_pool_forward(None, None, x, (2, 2), (2, 2), ((0, 0), (0, 0)))
    again, _ = ops.max_pool_forward(None, None, awkward(x)[kind], (2, 2), (2, 2), ((0, 0), (0, 0)))
    np.testing.assert_array_equal(again, pooled)


@pytest.mark.parametrize("name", BACKENDS)
def test_row_69_overlapping_or_unfit_outputs_are_refused(name):
    ops = backend.load(name)
    memory = zeros(1, 5, 5, 2)
    w = zeros(1, 1, 2, 2)
    refused(lambda: ops.conv2d_forward(memory, memory, w), "y must not overlap an input")
    refused(
        lambda: ops.conv2d_forward(zeros(1, 5, 5, 4)[..., ::2], memory, w), "y must be writable"
    )
    refused(
        lambda: ops.conv2d_forward(zeros(1, 5, 5, 2, dtype="f8"), memory, w), "y must be float32"
    )
