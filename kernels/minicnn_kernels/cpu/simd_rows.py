"""The words of loops over rows of channels: what :mod:`.simd` lacks where rows lie evenly apart.

Row ``r`` of a tile belongs to ``offset + r * step``. A *row* below is a tile of one row: numbers of
the channels' own, the same for every row of the tile beside it. ``count`` says how many columns of
the tile there are; ``None`` means all, without a mask.
"""

from itertools import product

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import VECTOR_BYTES, Emitter, Tile, suffix

_INDEX = ir.IntType(64)


def _pointers(emit, array_type, array, offset, step):
    """Pointers to all vectors of the tile."""
    for r in range(emit.tile.rows):
        at = emit.builder.add(offset, emit.builder.mul(step, ir.Constant(step.type, r)))
        yield from emit.vectors_at(emit.address(array_type, array, at))


def _count_type(count):
    return count if isinstance(count, types.NoneType) else types.intp


def _masks(emit, count_type, count):
    """The arguments that the mask adds to a load or store of each vector of the tile."""
    if isinstance(count_type, types.NoneType):
        return [()] * (emit.tile.rows * emit.tile.vectors)
    return [(mask,) for mask in emit.masks(count)] * emit.tile.rows


@intrinsic(prefer_literal=True)
def load_rows(typing, rows, vectors, x, offset, step, count):
    """``x[offset + r * step :][:count]`` for every row ``r``; later columns get zero."""
    tile = Tile(x.dtype, rows.literal_value, vectors.literal_value)
    count_type = _count_type(count)

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        _, _, x_value, offset, step, count = arguments
        load = emit.load if isinstance(count_type, types.NoneType) else emit.load_masked
        pointers = _pointers(emit, x, x_value, offset, step)
        masks = _masks(emit, count_type, count)
        return emit.build(load(p, *mask) for p, mask in zip(pointers, masks))

    return tile(rows, vectors, x, types.intp, types.intp, count_type), generate


@intrinsic(prefer_literal=True)
def load_table(typing, rows, x, table, first, offset):
    """``x[table[first + r] + offset :]`` for every row ``r``, a vector each."""
    tile = Tile(x.dtype, rows.literal_value, 1)

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        _, x_value, table_value, first, offset = arguments
        vectors = []
        for r in range(tile.rows):
            at = builder.add(emit.entry(table, table_value, first, r), offset)
            vectors += [emit.load(p) for p in emit.vectors_at(emit.address(x, x_value, at))]
        return emit.build(vectors)

    return tile(rows, x, table, types.intp, types.intp), generate


@intrinsic(prefer_literal=True)
def prefetch(typing, lines, x, offset):
    """Have the next ``lines`` vectors from ``x[offset]`` on brought near; nothing is read."""
    tile = Tile(x.dtype, 1, lines.literal_value)

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        _, x_value, offset = arguments
        read_often_data = [ir.Constant(ir.IntType(32), flag) for flag in (0, 3, 1)]
        for place in emit.vectors_at(emit.address(x, x_value, offset)):
            emit.call("llvm.prefetch.p0", ir.VoidType(), place, *read_often_data)
        return context.get_dummy_value()

    return types.void(lines, x, types.intp), generate


@intrinsic
def store_rows(typing, y, offset, step, count, tile):
    """``y[offset + r * step :][:count] = tile[r, :count]`` for every row ``r``."""
    count_type = _count_type(count)

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        y_value, offset, step, count, value = arguments
        store = emit.store if isinstance(count_type, types.NoneType) else emit.store_masked
        pointers = _pointers(emit, y, y_value, offset, step)
        masks = _masks(emit, count_type, count)
        for vector, pointer, mask in zip(emit.split(value), pointers, masks):
            store(vector, pointer, *mask)
        return context.get_dummy_value()

    return types.void(y, types.intp, types.intp, count_type, tile), generate


@intrinsic
def stream_row(typing, y, offset, tile):
    """``y[offset :] = tile``, one row at a multiple of a vector's size, past the caches."""

    def generate(context, builder, signature, arguments):
        y_value, offset, value = arguments
        emit = Emitter(context, builder, tile)
        flag = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        places = emit.vectors_at(emit.address(y, y_value, offset))
        for vector, place in zip(emit.split(value), places):
            put = builder.store(vector, place, align=VECTOR_BYTES)
            put.set_metadata("nontemporal", flag)
        return context.get_dummy_value()

    return types.void(y, types.intp, tile), generate


def _vectors(context, builder, tile, values):
    """For every vector of the first of ``values``, the vectors that meet it, row or tile."""
    emit = Emitter(context, builder, tile)
    lists = []
    for kind, value in values:
        one = Emitter(context, builder, kind).split(value)
        lists.append(one * (tile.rows // kind.rows))
    return emit, list(zip(*lists))


@intrinsic
def add(typing, tile, other):
    """``tile + other``, a row or a tile."""

    def generate(context, builder, signature, arguments):
        emit, met = _vectors(context, builder, tile, zip((tile, other), arguments))
        return emit.build(builder.fadd(a, b) for a, b in met)

    return tile(tile, other), generate


@intrinsic
def subtract(typing, tile, other):
    """``tile - other``, a row or a tile."""

    def generate(context, builder, signature, arguments):
        emit, met = _vectors(context, builder, tile, zip((tile, other), arguments))
        return emit.build(builder.fsub(a, b) for a, b in met)

    return tile(tile, other), generate


@intrinsic
def multiply_then_add(typing, tile, factor, summand):
    """``tile * factor + summand``, each of them a row or a tile."""

    def generate(context, builder, signature, arguments):
        kinds = tile, factor, summand
        emit, met = _vectors(context, builder, tile, zip(kinds, arguments))
        return emit.build(emit.multiply_add(a, b, c) for a, b, c in met)

    return tile(tile, factor, summand), generate


@intrinsic
def add_pairs(typing, sums, tile, other):
    """The tile ``sums`` plus every row of ``tile`` times every row of ``other``, in that order."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, sums)
        kinds = sums, tile, other
        before, ours, theirs = (emit.split_as(*pair) for pair in zip(kinds, arguments))
        pairs = product(ours, theirs)
        return emit.build(emit.multiply_add(*pair, old) for pair, old in zip(pairs, before))

    return sums(sums, tile, other), generate


@intrinsic
def store_sums(typing, y, table, offset, tile):
    """``y[table[r] + offset]`` = the sum of row ``r`` of the tile, for every row."""

    def generate(context, builder, signature, arguments):
        y_value, table_value, offset, value = arguments
        emit = Emitter(context, builder, tile)
        kind = ir.FunctionType(emit.scalar, [emit.scalar, emit.vector])
        name = f"llvm.vector.reduce.fadd.{suffix(emit.vector)}"
        add_up = cgutils.get_or_insert_function(builder.module, kind, name)
        zero = ir.Constant(emit.scalar, 0)
        for r, vector in enumerate(emit.split(value)):
            # In any order, for one after the other would take as many steps as lanes.
            total = builder.call(add_up, [zero, vector], fastmath=("reassoc",))
            at = builder.add(emit.entry(table, table_value, ir.Constant(_INDEX, 0), r), offset)
            builder.store(total, emit.address(y, y_value, at))
        return context.get_dummy_value()

    return types.void(y, table, types.intp, tile), generate


@intrinsic
def sum_rows(typing, row, tile):
    """``row`` plus the rows of ``tile``, one after the other."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        sums = Emitter(context, builder, row).split(arguments[0])
        for i, vector in enumerate(emit.split(arguments[1])):
            v = i % tile.vectors
            sums[v] = builder.fadd(sums[v], vector)
        return Emitter(context, builder, row).build(sums)

    return row(row, tile), generate


@intrinsic
def sum_products(typing, row, tile, other):
    """``row`` plus the rows of ``tile * other``, one after the other."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        sums = Emitter(context, builder, row).split(arguments[0])
        for i, (a, b) in enumerate(zip(emit.split(arguments[1]), emit.split(arguments[2]))):
            v = i % tile.vectors
            sums[v] = emit.multiply_add(a, b, sums[v])
        return Emitter(context, builder, row).build(sums)

    return row(row, tile, other), generate


@intrinsic
def sum_windows(typing, tile, pixels, weights):
    """Row ``r`` of the tile plus ``pixels[r + u] * weights[u]``, one ``u`` after the other."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        kinds = tile, pixels, weights
        sums, met, factors = (emit.split_as(*pair) for pair in zip(kinds, arguments))
        for u, factor in enumerate(factors):
            sums = [emit.multiply_add(met[r + u], factor, s) for r, s in enumerate(sums)]
        return emit.build(sums)

    return tile(tile, pixels, weights), generate


@intrinsic
def clamp(typing, tile, low, high):
    """``low`` where the tile is less, ``high`` where it is more; NaN is neither, and stays."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        value, least, most = arguments[0], emit.splat(arguments[1]), emit.splat(arguments[2])
        values = emit.split(value)
        values = [builder.select(builder.fcmp_ordered("<", v, least), least, v) for v in values]
        return emit.build(
            builder.select(builder.fcmp_ordered(">", v, most), most, v) for v in values
        )

    return tile(tile, tile.dtype, tile.dtype), generate


@intrinsic
def where_between(typing, tile, z, low, high):
    """The tile where ``low < z <= high``, else zero; zero where ``z`` is NaN."""

    def generate(context, builder, signature, arguments):
        emit, met = _vectors(context, builder, tile, zip((tile, z), arguments))
        least, most = emit.splat(arguments[2]), emit.splat(arguments[3])
        zero = ir.Constant(emit.vector, None)
        kept = []
        for v, place in met:
            above = builder.fcmp_ordered(">", place, least)
            between = builder.and_(above, builder.fcmp_ordered("<=", place, most))
            kept.append(builder.select(between, v, zero))
        return emit.build(kept)

    return tile(tile, z, tile.dtype, tile.dtype), generate


if numba.config.DISABLE_JIT:
    from .simd_rows_numpy import *  # noqa: F403 - the same words
