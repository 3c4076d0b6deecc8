"""A block of the input with its border's zeros, copied where the first-level caches hold it."""

from typing import NamedTuple

from ..jit import inner
from .simd import clear, copy


class Input(NamedTuple):
    """An input ``[batch, *size, channels]`` and how it is cut into blocks (see ``plan.Layout``).

    ``picked``: a block's images are single pixels, taken from images of ``size`` at as many places
    as ``places0``, ``places1`` and ``places2`` say.
    """

    batch: int
    size0: int
    size1: int
    size2: int
    channels: int
    gathered: bool
    picked: bool
    images: int
    rows: int
    row_count: int
    columns: int
    stride0: int
    stride1: int
    stride2: int
    start0: int
    start1: int
    start2: int
    places0: int
    places1: int
    places2: int
    extent0: int
    extent1: int
    width: int
    image_blocks: int
    planes: int
    row_blocks: int
    image_step: int
    pixel_step: int


@inner
def block_of(g, index):
    """``(first image, images, plane, first row, rows)`` of block ``index``."""
    row_block = index % g.row_blocks
    index //= g.row_blocks
    plane = index % g.planes
    image = index // g.planes * g.images
    row = row_block * g.rows
    return image, min(g.images, g.batch - image), plane, row, min(g.rows, g.row_count - row)


@inner
def gather(scratch, x, g, block):
    """Copy the input that ``block`` needs into ``scratch``; return where its first place lies.

    Without a border nothing is copied: the offset is one in ``x``.
    """
    image, images, plane, row, rows = block
    if g.picked:
        _pick(scratch, x, g, image, images)
        return 0
    plane = plane * g.stride0 + g.start0
    row = row * g.stride1 + g.start1
    row_size = g.size2 * g.channels
    if not g.gathered:
        return ((image * g.size0 + plane) * g.size1 + row) * row_size + g.start2 * g.channels
    needed = (rows - 1) * g.stride1 + g.extent1
    full = (g.rows - 1) * g.stride1 + g.extent1
    for n in range(images):
        for p in range(g.extent0):
            for r in range(needed):
                to = n * g.image_step + (p * full + r) * g.width * g.pixel_step
                outside = not (0 <= plane + p < g.size0 and 0 <= row + r < g.size1)
                at = (((image + n) * g.size0 + plane + p) * g.size1 + row + r) * row_size
                _copy_row(scratch, to, x, at, outside, g)
    return 0


@inner
def _pick(scratch, x, g, first, count):
    """Copy the pixels of ``count`` places in a row."""
    for n in range(count):
        row, column = (first + n) // g.places2, (first + n) % g.places2
        plane, row = row // g.places1, row % g.places1
        image, plane = plane // g.places0, plane % g.places0
        at = image * g.size0 + plane * g.stride0 + g.start0
        at = at * g.size1 + row * g.stride1 + g.start1
        at = at * g.size2 + column * g.stride2 + g.start2
        copy(scratch, n * g.image_step, x, at * g.channels, g.channels)


@inner
def _copy_row(scratch, to, x, at, outside, g):
    left = min(max(-g.start2, 0), g.width)
    skipped = max(g.start2, 0)
    inside = max(min(g.width - left, g.size2 - skipped), 0)
    if outside:
        left, inside = g.width, 0
    right = g.width - left - inside
    if g.pixel_step != g.channels:  # there is no border then
        for i in range(g.width):
            copy(scratch, to + i * g.pixel_step, x, at + (skipped + i) * g.channels, g.channels)
        return
    clear(scratch, to, left * g.channels)
    copy(scratch, to + left * g.channels, x, at + skipped * g.channels, inside * g.channels)
    clear(scratch, to + (left + inside) * g.channels, right * g.channels)
