"""Boxes: cut out of images, and thinned by their overlap, against TensorFlow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import image

BATCH = np.random.default_rng(2).uniform(0, 255, (2, 9, 12, 3)).astype(np.float32)
# Sixteenths, so that no rounding decides whether a pixel lies in the image.
CORNERS = hnp.arrays(np.float32, (3, 4), elements=st.integers(-8, 24).map(lambda n: n / 16))


@given(boxes=CORNERS, size=st.tuples(st.sampled_from([1, 2, 3, 5, 9]), st.sampled_from([1, 2, 5])))
@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_crop_and_resize_is_that_of_tensorflow(tf, method, boxes, size):
    x = BATCH[:, :, :9]
    arguments = (x, boxes, [0, 1, 1], size, method, 7.0)
    assert_allclose(
        image.crop_and_resize(*arguments),
        tf.image.crop_and_resize(*arguments),
        rtol=1e-4,
        atol=1e-2,
    )


def test_the_whole_image_is_a_box():
    y = image.crop_and_resize(BATCH, [[0, 0, 1, 1]], [1], (9, 12))
    assert_allclose(y[0], BATCH[1], rtol=1e-4)


@pytest.mark.parametrize("size", range(1, 60))
def test_the_last_row_is_never_lost_to_rounding(size):
    x = np.ones((1, 50, 47, 1), np.float32)
    assert_array_equal(image.crop_and_resize(x, [[0, 0, 1, 1]], [0], (size, size)), 1)


def test_far_boxes_are_extrapolated():
    y = image.crop_and_resize(BATCH, [[1e38, -1e38, 1e38, 1e38]], [0], (3, 2), "bilinear", -1)
    assert_array_equal(y, -1)


def test_no_boxes():
    none = np.zeros((0, 4), np.float32)
    assert image.crop_and_resize(BATCH, none, np.zeros(0, int), (3, 2)).shape == (0, 3, 2, 3)
    assert image.non_max_suppression(none, np.zeros(0), 5).shape == (0,)


@given(
    boxes=hnp.arrays(np.float32, (12, 4), elements=st.integers(0, 8).map(float)),
    scores=hnp.arrays(np.float32, 12, elements=st.integers(0, 4).map(lambda n: n / 4)),
    count=st.integers(0, 12),
    threshold=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    least=st.sampled_from([float("-inf"), 0.5]),
)
def test_non_max_suppression_is_that_of_tensorflow(tf, boxes, scores, count, threshold, least):
    arguments = (boxes, scores, count, threshold, least)
    y = image.non_max_suppression(*arguments)
    assert y.dtype == np.int32
    assert_array_equal(y, tf.image.non_max_suppression(*arguments))


ONE = [[0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: image.crop_and_resize(BATCH, [[0, 0, 1]], [0], (2, 2)), ValueError, "boxes must"),
        (
            lambda: image.crop_and_resize(BATCH, [[0, np.nan, 1, 1]], [0], (2, 2)),
            ValueError,
            "boxes must be finite",
        ),
        (
            lambda: image.crop_and_resize(BATCH, [[0, 0, np.inf, 1]], [0], (2, 2)),
            ValueError,
            "boxes must be finite",
        ),
        (lambda: image.crop_and_resize(BATCH, ONE, [2], (2, 2)), ValueError, r"in \[0, 2\), got 2"),
        (lambda: image.crop_and_resize(BATCH, ONE, [-1], (2, 2)), ValueError, "got -1"),
        (lambda: image.crop_and_resize(BATCH, ONE, [0.0], (2, 2)), TypeError, "must be integers"),
        (lambda: image.crop_and_resize(BATCH, ONE, [0, 0], (2, 2)), ValueError, r"shape \(1,\)"),
        (lambda: image.crop_and_resize(BATCH, ONE, [0], (0, 2)), ValueError, "crop_size must be"),
        (lambda: image.crop_and_resize(BATCH[0], ONE, [0], (2, 2)), ValueError, "must have 4 axes"),
        (
            lambda: image.crop_and_resize(BATCH, ONE, [0], (2**30, 2**30)),
            ValueError,
            "would take",
        ),
        (lambda: image.non_max_suppression(ONE, [1.0], -1), ValueError, "max_output_size must be"),
        (lambda: image.non_max_suppression(ONE, [1.0], 1, 1.5), ValueError, "iou_threshold must"),
        (lambda: image.non_max_suppression(ONE, [1.0], 1, -0.1), ValueError, "iou_threshold must"),
        (lambda: image.non_max_suppression(ONE, [np.nan], 1), ValueError, "scores must not be NaN"),
        (lambda: image.non_max_suppression(ONE, [1.0, 2.0], 1), ValueError, r"shape \(1,\), got"),
        (lambda: image.non_max_suppression([[0, 1]], [1.0], 1), ValueError, r"\(boxes, 4\)"),
        (lambda: image.non_max_suppression(ONE, ["a"], 1), TypeError, "scores must be real"),
    ],
)
def test_nonsense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
