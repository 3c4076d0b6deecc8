"""Images as arrays, under TensorFlow's names: resizing, cropping, flipping, boxes.

An image is ``[height, width, channels]``, a batch ``[N, height, width, channels]``; every function
takes both unless it says otherwise, returns a new array and leaves its input alone.
"""

# ruff: noqa: F401

from .boxes import crop_and_resize, non_max_suppression
from .cropping import (
    central_crop,
    crop_to_bounding_box,
    flip_left_right,
    flip_up_down,
    pad,
    pad_to_bounding_box,
    random_flip_left_right,
    random_flip_up_down,
    resize_with_crop_or_pad,
)
from .resizing import resize, resize_with_pad
