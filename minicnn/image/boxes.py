"""Boxes in images: cut out and resized, or thinned to the best of those that overlap."""

import numpy as np

from minicnn_kernels.contracts import arrays

from . import arguments


def crop_and_resize(
    image, boxes, box_indices, crop_size, method="bilinear", extrapolation_value=0.0
):
    """Boxes of images, each resized to ``crop_size``, as ``tf.image.crop_and_resize``.

    Parameters
    ----------
    image : array
        ``[N, H, W, C]``.
    boxes : array
        ``[B, 4]``: ``y1, x1, y2, x2`` where 0 is the first row's centre and 1 the last one's.
        Corners may lie outside and in reverse order (then the crop is flipped).
    box_indices : array of int
        ``[B]``: the image of each box.
    crop_size : (int, int)
    method : str
        ``"bilinear"`` (default) or ``"nearest"``.
    extrapolation_value : float
        What pixels outside the image are.

    Returns
    -------
    array
        ``[B, crop height, crop width, C]``, float32 (float64 for float64).

    Raises
    ------
    ValueError, TypeError
        For boxes of another width, NaN or infinite ones, or an index of no image.
    """
    op = "crop_and_resize"
    x, _ = arguments.images(op, image, rank=4)
    name = arguments.method(op, method)
    new = arguments.size(op, "crop_size", crop_size)
    boxes = _boxes(op, boxes)
    indices = _indices(op, box_indices, len(boxes), len(x))
    value = arrays.number(op, "extrapolation_value", extrapolation_value)
    shape, dtype = (len(boxes), *new, x.shape[-1]), arguments.float_dtype(x)
    arrays.allocation(op, "the result", shape, dtype)
    y = np.full(shape, value, dtype)
    for crop, box, index in zip(y, boxes, indices):
        rows, i = _places(box[0], box[2], x.shape[1], new[0])
        columns, j = _places(box[1], box[3], x.shape[2], new[1])
        if i.size and j.size:
            crop[np.ix_(i, j)] = _sampled(x[index].astype(dtype), rows, columns, name)
    return y


def _places(start, end, old, new):
    """Where new pixels lie among the old ones, and which they are, of those that lie inside."""
    share = np.arange(new) / (new - 1) if new > 1 else np.array([0.5])  # one: in the middle
    places = (start + (end - start) * share) * (old - 1)
    inside = np.flatnonzero((places >= 0) & (places <= old - 1))
    return places[inside], inside


def _sampled(image, rows, columns, name):
    if name == "nearest":
        i, j = (np.floor(v + 0.5).astype(np.int64) for v in (rows, columns))
        return image[i[:, None], j]
    top, left = (np.floor(v).astype(np.int64) for v in (rows, columns))
    bottom, right = (np.ceil(v).astype(np.int64) for v in (rows, columns))
    down = (rows - top).astype(image.dtype)[:, None, None]
    across = (columns - left).astype(image.dtype)[:, None]
    upper = image[top[:, None], left] * (1 - across) + image[top[:, None], right] * across
    lower = image[bottom[:, None], left] * (1 - across) + image[bottom[:, None], right] * across
    return upper * (1 - down) + lower * down


def non_max_suppression(
    boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf")
):
    """Indices of the best boxes, none of which overlaps a better one too much.

    Greedy, best score first; of equal scores the lower index.

    Parameters
    ----------
    boxes : array
        ``[B, 4]``: two opposite corners ``y1, x1, y2, x2``, in any unit.
    scores : array
        ``[B]``.
    max_output_size : int
        At most that many indices; 0 or more.
    iou_threshold : float
        In [0, 1]: boxes whose intersection over union with a chosen one is larger are dropped.
    score_threshold : float
        Boxes whose score is not above it are dropped.

    Returns
    -------
    array of int32
    """
    op = "non_max_suppression"
    boxes = _boxes(op, boxes)
    scores = _numbers(op, "scores", scores)
    if scores.shape != (len(boxes),):
        raise ValueError(f"{op}: scores must have shape ({len(boxes)},), got {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError(f"{op}: scores must not be NaN, got one at {np.isnan(scores).argmax()}")
    count = arrays.integer(op, "max_output_size", max_output_size, 0)
    limit = arrays.number(op, "iou_threshold", iou_threshold, 0, 1)
    if np.isnan(score_threshold):
        raise ValueError(f"{op}: score_threshold must be a number, got {score_threshold}")
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > score_threshold]
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    chosen = []
    while order.size and len(chosen) < count:
        best, order = order[0], order[1:]
        chosen.append(best)
        order = order[_overlap(low, high, best, order) <= limit]
    return np.array(chosen, np.int32)


def _overlap(low, high, one, others):
    """Intersection over union of box ``one`` with ``others``; 0 where a box has no area."""
    sides = np.minimum(high[one], high[others]) - np.maximum(low[one], low[others])
    shared = np.maximum(sides, 0).prod(axis=1)
    area = (high - low).prod(axis=1)
    union = area[one] + area[others] - shared
    solid = (area[one] > 0) & (area[others] > 0)
    return np.divide(shared, union, out=np.zeros(len(others)), where=solid)


def _numbers(op, name, value):
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{op}: {name} must be real numbers, got {array.dtype}")
    return array.astype(np.float64)


def _boxes(op, value):
    boxes = _numbers(op, "boxes", value)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{op}: boxes must have shape (boxes, 4), got {boxes.shape}")
    if not np.isfinite(boxes).all():
        row = np.flatnonzero(~np.isfinite(boxes).all(axis=1))[0]
        raise ValueError(f"{op}: boxes must be finite, got {boxes[row].tolist()} at {row}")
    return boxes


def _indices(op, value, count, images):
    indices = np.asarray(value)
    if indices.dtype.kind not in "iu" and indices.size:
        raise TypeError(f"{op}: box_indices must be integers, got {indices.dtype}")
    if indices.shape != (count,):
        raise ValueError(f"{op}: box_indices must have shape ({count},), got {indices.shape}")
    if count and not (indices.min() >= 0 and indices.max() < images):
        wrong = indices[(indices < 0) | (indices >= images)][0]
        raise ValueError(f"{op}: box_indices must be in [0, {images}), got {wrong}")
    return indices.astype(np.int64)
