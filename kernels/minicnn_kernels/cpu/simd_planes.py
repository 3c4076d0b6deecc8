"""Words that turn numbers side by side into planes, and planes into numbers side by side.

A *pixel* here is some numbers side by side, one of each plane; ``lanes`` pixels are turned at once,
``planes`` numbers of each. These are as many as a vector has lanes, or a half or a quarter of that,
which takes so much fewer steps; what a pixel has less is read and written beyond it.

``planes`` must be a literal (``numba.literally``), for it becomes the code's shape.
"""

from itertools import product

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .simd import Emitter, Tile

_INDEX = ir.IntType(64)
ALL = 64  # planes: as many as there are lanes


class _Turner(Emitter):
    """Emits a square of ``planes x planes`` numbers, or several side by side, turned over."""

    def __init__(self, context, builder, dtype, planes):
        super().__init__(context, builder, Tile(dtype, 1, 1))
        self.planes = min(planes, self.tile.lanes)
        self.squares = self.tile.lanes // self.planes

    def pointer(self, array_type, array, offset, step, i, kind):
        at = self.builder.add(offset, self.builder.mul(step, ir.Constant(_INDEX, i)))
        address = self.address(array_type, array, at)
        return self.builder.bitcast(address, kind.as_pointer())

    def turned(self, rows):
        """In every square, what was row ``r`` and lane ``c`` is row ``c`` and lane ``r``."""
        rows, lanes = list(rows), list(range(self.tile.lanes))
        for half in (1 << bit for bit in range(self.planes.bit_length() - 1)):
            # In every square of 2 half x 2 half, the upper right and the lower left change places.
            upper = [i + len(lanes) - half if i & half else i for i in lanes]
            lower = [i + len(lanes) if i & half else i + half for i in lanes]
            for r in (r for r in range(self.planes) if not r & half):
                a, b = rows[r], rows[r + half]
                rows[r], rows[r + half] = self.shuffle(a, b, upper), self.shuffle(a, b, lower)
        return rows

    def joined(self, parts):
        """Vectors one behind the other as one."""
        while len(parts) > 1:
            both = list(range(2 * parts[0].type.count))
            parts = [self.shuffle(a, b, both) for a, b in zip(parts[::2], parts[1::2])]
        return parts[0]


@intrinsic(prefer_literal=True)
def split(typing, planes, to, to_offset, to_step, source, offset, step):
    """``to[to_offset + c * to_step + p] = source[offset + p * step + c]`` for a vector of ``p``."""

    def generate(context, builder, signature, arguments):
        _, to_value, to_offset, to_step, source_value, offset, step = arguments
        emit = _Turner(context, builder, source.dtype, planes.literal_value)
        part = ir.VectorType(emit.scalar, emit.planes)

        def pixels(r):
            for k in range(emit.squares):
                pixel = r + k * emit.planes
                yield emit.load(emit.pointer(source, source_value, offset, step, pixel, part))

        rows = emit.turned(emit.joined(list(pixels(r))) for r in range(emit.planes))
        for c, row in enumerate(rows):
            emit.store(row, emit.pointer(to, to_value, to_offset, to_step, c, emit.vector))
        return context.get_dummy_value()

    arguments = planes, to, types.intp, types.intp, source, types.intp, types.intp
    return types.void(*arguments), generate


@intrinsic(prefer_literal=True)
def join(typing, planes, to, to_offset, to_step, source, offset, step):
    """``to[to_offset + p * to_step + c] = source[offset + c * step + p]``, one ``p`` by one.

    So that what a pixel writes beyond itself, the next one overwrites.
    """

    def generate(context, builder, signature, arguments):
        _, to_value, to_offset, to_step, source_value, offset, step = arguments
        emit = _Turner(context, builder, source.dtype, planes.literal_value)
        part = ir.VectorType(emit.scalar, emit.planes)
        rows = emit.turned(
            emit.load(emit.pointer(source, source_value, offset, step, c, emit.vector))
            for c in range(emit.planes)
        )
        for k, r in product(range(emit.squares), range(emit.planes)):
            first = k * emit.planes
            pixel = emit.shuffle(rows[r], rows[r], list(range(first, first + emit.planes)))
            emit.store(pixel, emit.pointer(to, to_value, to_offset, to_step, first + r, part))
        return context.get_dummy_value()

    arguments = planes, to, types.intp, types.intp, source, types.intp, types.intp
    return types.void(*arguments), generate


if numba.config.DISABLE_JIT:
    from .simd_planes_numpy import *  # noqa: F403 - the same words
