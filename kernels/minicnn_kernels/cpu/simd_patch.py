"""The words of Winograd's transforms: a patch of an image in registers, and linear maps of it.

A *patch* is a tile of ``size x size`` pixels, one vector of channels each. Pixel ``(i, j)`` lies
at ``offset + i * row_step + j * column_step``. ``window`` (first row, last row, first column, last
column) and ``count`` say which pixels and lanes exist: others are read as zero and not written.

``size`` must be a literal (``numba.literally``), for it becomes the code's shape.
"""

from math import isqrt

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import Emitter, Tile
from .winograd_matrices import matrix

_INDEX = ir.IntType(64)
_LANE = ir.IntType(32)
_PLACE = (types.intp, types.intp, types.intp)
_PART = (types.UniTuple(types.intp, 4), types.intp)


class _PatchEmitter(Emitter):
    """Emits the instructions of one word for one type of patch."""

    def __init__(self, context, builder, tile):
        super().__init__(context, builder, tile)
        self.size = isqrt(tile.rows)

    def pointers(self, array_type, array, place):
        """Pointers to the pixels, row by row."""
        offset, row_step, column_step = place
        for i in range(self.size):
            row = self.builder.add(offset, self.builder.mul(row_step, ir.Constant(_INDEX, i)))
            for j in range(self.size):
                step = self.builder.mul(column_step, ir.Constant(_INDEX, j))
                pointer = self.address(array_type, array, self.builder.add(row, step))
                yield self.builder.bitcast(pointer, self.vector.as_pointer())

    def whole(self, window, count):
        """Whether every lane of every pixel exists."""
        lanes = ir.Constant(_INDEX, self.tile.lanes)
        whole = self.builder.icmp_signed(">=", count, lanes)
        for first, last in (window[:2], window[2:]):
            begins = self.builder.icmp_signed("<=", first, ir.Constant(_INDEX, 0))
            ends = self.builder.icmp_signed(">=", last, ir.Constant(_INDEX, self.size))
            whole = self.builder.and_(whole, self.builder.and_(begins, ends))
        return whole

    def pixel_masks(self, window, count):
        """For every pixel the mask of the lanes that exist."""
        kind = ir.VectorType(_LANE, self.tile.lanes)
        lanes = ir.Constant(kind, list(range(self.tile.lanes)))
        limit = self.builder.trunc(count, _LANE)
        rows, columns = (
            [self._between(i, first, last) for i in range(self.size)]
            for first, last in (window[:2], window[2:])
        )
        for row in rows:
            for column in columns:
                exists = self.builder.and_(row, column)
                most = self.builder.select(exists, limit, ir.Constant(_LANE, 0))
                yield self.builder.icmp_signed("<", lanes, self.splat(most, kind))

    def _between(self, i, first, last):
        i = ir.Constant(_INDEX, i)
        after = self.builder.icmp_signed(">=", i, first)
        return self.builder.and_(after, self.builder.icmp_signed("<", i, last))

    def whole_pixels(self, array_type, array, place, window, count):
        """Pointers to the pixels; if some do not exist, to a copy with zeros for them."""
        builder = self.builder
        pointers = list(self.pointers(array_type, array, place))
        copy = cgutils.alloca_once(builder, self.vector, len(pointers))
        copies = [builder.gep(copy, [ir.Constant(_INDEX, i)]) for i in range(len(pointers))]
        whole = self.whole(window, count)
        with builder.if_then(builder.not_(whole), likely=False):
            masks = self.pixel_masks(window, count)
            for pointer, mask, to in zip(pointers, masks, copies):
                self.store(self.load_masked(pointer, mask), to)
        return [builder.select(whole, p, c) for p, c in zip(pointers, copies)]

    def combine(self, terms):
        """``sum of factor * vector`` over ``terms``."""
        terms = [(factor, vector) for factor, vector in terms if factor]
        terms.sort(key=lambda term: term[0] != 1)  # what needs no product comes first
        (factor, total), *rest = terms
        if factor != 1:
            total = self.builder.fmul(self._constant(factor), total)
        for factor, vector in rest:
            if factor == 1:
                total = self.builder.fadd(total, vector)
            elif factor == -1:
                total = self.builder.fsub(total, vector)
            else:
                total = self.multiply_add(self._constant(factor), vector, total)
        return total

    def _constant(self, number):
        return ir.Constant(self.vector, [ir.Constant(self.scalar, number)] * self.tile.lanes)

    def product(self, rows, vectors):
        """The matrix ``rows`` times a column of vectors; mirrored points share their sums."""
        vectors, pairs = list(vectors), _mirrored(list(zip(*rows)))
        if pairs:
            return self._folded_product(rows, vectors, pairs)
        results = [None] * len(rows)
        for i, k in _mirrored(rows):
            even = [a if a == b else 0 for a, b in zip(rows[i], rows[k])]
            odd = [a if a != b else 0 for a, b in zip(rows[i], rows[k])]
            even, odd = (self.combine(zip(part, vectors)) for part in (even, odd))
            results[i], results[k] = self.builder.fadd(even, odd), self.builder.fsub(even, odd)
        for i, row in enumerate(rows):
            if results[i] is None:
                results[i] = self.combine(zip(row, vectors))
        return results

    def _folded_product(self, rows, vectors, pairs):
        """As ``product``, where pairs of columns differ in signs only: by their sums."""
        rows = [list(row) for row in rows]
        for j, k in pairs:
            sums = self.builder.fadd(vectors[j], vectors[k])
            differences = self.builder.fsub(vectors[j], vectors[k])
            vectors[j], vectors[k] = sums, differences
            for row in rows:
                same = row[j] == row[k]
                row[j], row[k] = (row[j], 0) if same else (0, row[j])
        return [self.combine(zip(row, vectors)) for row in rows]


def _mirrored(rows):
    """Pairs of rows whose numbers are equal but for some signs."""
    pairs = []
    for i, row in enumerate(rows):
        for k in range(i + 1, len(rows)):
            sizes = [[abs(number) for number in r] for r in (row, rows[k])]
            if sizes[0] == sizes[1] and row != rows[k] and sum(map(bool, row)) > 1:
                pairs.append((i, k))
    return pairs


@intrinsic(prefer_literal=True)
def load_patch(typing, size, x, offset, row_step, column_step, window, count):
    """The patch of ``x`` at ``offset``."""
    tile = Tile(x.dtype, size.literal_value**2, 1)

    def generate(context, builder, signature, arguments):
        emit = _PatchEmitter(context, builder, tile)
        _, x_value, *place, window, count = arguments
        window = cgutils.unpack_tuple(builder, window)
        pointers = list(emit.pointers(x, x_value, place))
        result = cgutils.alloca_once(builder, context.get_value_type(tile))
        with builder.if_else(emit.whole(window, count)) as (yes, no):
            with yes:
                builder.store(emit.build(map(emit.load, pointers)), result)
            with no:
                masks = emit.pixel_masks(window, count)
                builder.store(emit.build(map(emit.load_masked, pointers, masks)), result)
        return builder.load(result)

    return tile(size, x, *_PLACE, *_PART), generate


@intrinsic
def store_patch(typing, y, offset, row_step, column_step, window, count, patch):
    """Write ``patch`` to ``y`` at ``offset``."""

    def generate(context, builder, signature, arguments):
        emit = _PatchEmitter(context, builder, patch)
        y_value, *place, window, count, value = arguments
        window = cgutils.unpack_tuple(builder, window)
        pointers, vectors = list(emit.pointers(y, y_value, place)), emit.split(value)
        with builder.if_else(emit.whole(window, count)) as (yes, no):
            with yes:
                for vector, pointer in zip(vectors, pointers):
                    emit.store(vector, pointer)
            with no:
                for vector, pointer, mask in zip(
                    vectors, pointers, emit.pixel_masks(window, count)
                ):
                    emit.store_masked(vector, pointer, mask)
        return context.get_dummy_value()

    return types.void(y, *_PLACE, *_PART, patch), generate


@intrinsic(prefer_literal=True)
def transform(typing, name, points, size, x, offset, row_step, column_step, window, count):
    """``M X M^T`` for the patch ``X`` of ``x`` and the matrix ``M`` called ``name``.

    Pixels are loaded a column at a time, each just before it is multiplied: registers do not
    hold a patch of 6 x 6.
    """
    rows = matrix(name.literal_value, points.literal_value, size.literal_value)
    patch, result = (Tile(x.dtype, n**2, 1) for n in (len(rows[0]), len(rows)))

    def generate(context, builder, signature, arguments):
        emit = _PatchEmitter(context, builder, patch)
        _, _, _, x_value, *place, window, count = arguments
        pixels = emit.whole_pixels(x, x_value, place, cgutils.unpack_tuple(builder, window), count)
        columns = [
            emit.product(rows, map(emit.load, pixels[j :: emit.size])) for j in range(emit.size)
        ]
        turned = [emit.product(rows, row) for row in zip(*columns)]
        after = _PatchEmitter(context, builder, result)
        return after.build(vector for row in turned for vector in row)

    return result(name, points, size, x, *_PLACE, *_PART), generate


@intrinsic
def add(typing, patch, other):
    """``patch + other``, pixel by pixel."""

    def generate(context, builder, signature, arguments):
        emit = _PatchEmitter(context, builder, patch)
        return emit.build(map(builder.fadd, *map(emit.split, arguments)))

    return patch(patch, other), generate


if numba.config.DISABLE_JIT:
    from .simd_numpy import add, load_patch, store_patch, transform  # noqa: F401
