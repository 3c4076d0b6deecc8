"""The words of pooling: what :mod:`.simd` lacks for maxima, their places, and means.

A tile of taps numbers the winners so far. It has the type of the tile of maxima beside it, so that
both have as many lanes; its registers hold integers of that width.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import Emitter, Tile, by_width


def _integers(emit):
    """The vector of integers that is as wide as the tile's vectors."""
    return ir.VectorType(ir.IntType(emit.tile.dtype.bitwidth), emit.tile.lanes)


def _number(emit, integer):
    """The integer in every lane of one of the tile's vectors."""
    kind = _integers(emit)
    width = kind.element.width
    if integer.type.width > width:
        integer = emit.builder.trunc(integer, kind.element)
    elif integer.type.width < width:
        integer = emit.builder.zext(integer, kind.element)
    return emit.builder.bitcast(emit.splat(integer, kind), emit.vector)


@intrinsic(prefer_literal=True)
def fill(typing, rows, vectors, like, value):
    """A tile of ``value`` in the dtype of the array ``like``; an integer fills a tile of taps."""
    tile = Tile(like.dtype, rows.literal_value, vectors.literal_value)
    integer = isinstance(value, types.Integer)

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        vector = _number(emit, arguments[3]) if integer else emit.splat(arguments[3])
        return emit.build([vector] * (tile.rows * tile.vectors))

    kind = types.intp if integer else like.dtype
    return tile(rows, vectors, like, kind), generate


@intrinsic
def scale(typing, tile, factor):
    """``tile * factor``, the same for every number."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        factor = emit.splat(arguments[1])
        return emit.build(builder.fmul(v, factor) for v in emit.split(arguments[0]))

    return tile(tile, tile.dtype), generate


@intrinsic
def keep_larger(typing, best, where, x, table, first, offset, count, tap):
    """The larger of the tile and ``x[table[first + r] + offset :][:count]``, and where it was.

    ``tap`` wins where ``x`` is larger, or the first NaN. Later columns get anything.
    """

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, best)
        best_value, where_value, x_value, table_value, first, offset, count, tap = arguments
        result = cgutils.alloca_once_value(builder, best_value)
        place = cgutils.alloca_once_value(builder, where_value)
        number = _number(emit, tap)

        def keep(load, masks):
            olds, wheres = emit.split(best_value), emit.split(where_value)
            for r in range(best.rows):
                at = builder.add(emit.entry(table, table_value, first, r), offset)
                for v, p in enumerate(emit.vectors_at(emit.address(x, x_value, at))):
                    i = r * best.vectors + v
                    old, new = olds[i], load(p, *masks[v])
                    wins = builder.and_(
                        builder.fcmp_unordered("<", old, new),
                        builder.fcmp_ordered("ord", old, old),
                    )
                    olds[i] = builder.select(wins, new, old)
                    wheres[i] = builder.select(wins, number, wheres[i])
            builder.store(emit.build(olds), result)
            builder.store(emit.build(wheres), place)

        by_width(
            emit,
            count,
            lambda: keep(emit.load, [()] * best.vectors),
            lambda masks: keep(emit.load_masked, [(m,) for m in masks]),
        )
        return context.make_tuple(
            builder, signature.return_type, (builder.load(result), builder.load(place))
        )

    pair = types.UniTuple(best, 2)
    arguments = (best, where, x, table, types.intp, types.intp, types.intp, types.intp)
    return pair(*arguments), generate


@intrinsic
def add_rows_won(typing, tile, dy, winners, table, first, offset, count, tap):
    """``add_rows`` of those ``dy`` whose place in ``winners`` holds ``tap``."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        before, dy_value, winners_value, table_value, first, offset, count, tap = arguments
        kind = ir.VectorType(context.get_value_type(winners.dtype), tile.lanes)
        number = emit.splat(builder.trunc(tap, kind.element), kind)
        zero = ir.Constant(emit.vector, None)
        result = cgutils.alloca_once_value(builder, before)

        def add(load, masks):
            sums = emit.split(before)
            for r in range(tile.rows):
                at = builder.add(emit.entry(table, table_value, first, r), offset)
                places = emit.vectors_at(emit.address(winners, winners_value, at), kind)
                shares = emit.vectors_at(emit.address(dy, dy_value, at))
                for v, (place, share) in enumerate(zip(places, shares)):
                    i = r * tile.vectors + v
                    won = builder.icmp_signed("==", load(place, *masks[v]), number)
                    sums[i] = builder.fadd(
                        sums[i], builder.select(won, load(share, *masks[v]), zero)
                    )
            builder.store(emit.build(sums), result)

        by_width(
            emit,
            count,
            lambda: add(emit.load, [()] * tile.vectors),
            lambda masks: add(emit.load_masked, [(m,) for m in masks]),
        )
        return builder.load(result)

    arguments = (tile, dy, winners, table, types.intp, types.intp, types.intp, types.intp)
    return tile(*arguments), generate


@intrinsic
def store_taps(typing, y, table, first, offset, count, skip, tile):
    """As ``store``, a tile of taps into an array of integers."""

    def generate(context, builder, signature, arguments):
        y_value, table_value, first, offset, count, skip, value = arguments
        emit = Emitter(context, builder, tile)
        kind = ir.VectorType(context.get_value_type(y.dtype), tile.lanes)
        values = [builder.bitcast(v, _integers(emit)) for v in emit.split(value)]
        if kind != _integers(emit):
            values = [builder.trunc(v, kind) for v in values]
        emit.put_rows(y, y_value, (table, table_value, first), offset, count, skip, values, kind)
        return context.get_dummy_value()

    arguments = (y, table, types.intp, types.intp, types.intp, types.intp, tile)
    return types.void(*arguments), generate


if numba.config.DISABLE_JIT:
    from .simd_numpy import add_rows_won, fill, keep_larger, scale, store_taps  # noqa: F401
