"""The words of the micro-kernels: a tile of vector registers and what one does with it.

Only this file and ``simd_pool.py`` speak LLVM. A *tile* holds ``rows x vectors`` vector registers;
each word below becomes straight-line vector code when Numba compiles it. ``simd_numpy.py`` tells
the same words in NumPy, for when the JIT is off.

Words take flat arrays and offsets counted in elements. A ``table`` gives the offset of each row:
row ``r`` of the tile belongs to ``table[first + r] + offset``. Nothing is checked here: the entry
of an operation has checked the sizes that all offsets follow from.

``rows`` and ``vectors`` must be literals (``numba.literally``), for they become the code's shape.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from .vector_unit import REGISTERS, ROWS, VECTOR_BYTES, VECTORS, lanes

__all__ = ["REGISTERS", "ROWS", "VECTORS", "VECTOR_BYTES", "lanes"]  # beside the words


class Tile(types.Type):
    """Numba type of a tile: ``rows x vectors`` registers of ``dtype``."""

    def __init__(self, dtype, rows, vectors):
        self.dtype, self.rows, self.vectors = dtype, rows, vectors
        self.lanes = VECTOR_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Tile({dtype}, {rows}, {vectors}, {self.lanes})")


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager, tile):
        scalar = manager.lookup(tile.dtype).get_value_type()
        vector = ir.VectorType(scalar, tile.lanes)
        super().__init__(manager, tile, ir.ArrayType(vector, tile.rows * tile.vectors))


_INDEX, _LANE = ir.IntType(64), ir.IntType(32)


def _bytes(vector):
    """Bytes of one number of a vector type."""
    sizes = {"float": 4, "double": 8}
    return sizes.get(str(vector.element)) or vector.element.width // 8


def suffix(vector):
    """How the names of LLVM's intrinsics end for a vector type."""
    kind = "i" if isinstance(vector.element, ir.IntType) else "f"
    return f"v{vector.count}{kind}{8 * _bytes(vector)}"


class Emitter:
    """Emits the instructions of one word for one type of tile."""

    def __init__(self, context, builder, tile):
        self.context, self.builder, self.tile = context, builder, tile
        self.scalar = context.get_value_type(tile.dtype)
        self.vector = ir.VectorType(self.scalar, tile.lanes)

    def address(self, array_type, array, index):
        data = self.context.make_array(array_type)(self.context, self.builder, array).data
        return self.builder.gep(data, [index])

    def entry(self, array_type, array, first, r):
        index = self.builder.add(first, ir.Constant(_INDEX, r))
        return self.builder.load(self.address(array_type, array, index))

    def vectors_at(self, pointer, kind=None):
        """Pointers to the tile's vectors of one row that starts at ``pointer``."""
        for v in range(self.tile.vectors):
            step = self.builder.gep(pointer, [ir.Constant(_INDEX, v * self.tile.lanes)])
            yield self.builder.bitcast(step, (kind or self.vector).as_pointer())

    def load(self, pointer):
        return self.builder.load(pointer, align=_bytes(pointer.type.pointee))

    def store(self, value, pointer):
        self.builder.store(value, pointer, align=_bytes(value.type))

    def splat(self, value, kind=None):
        kind = kind or self.vector
        one = self.builder.insert_element(
            ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
        )
        return self.shuffle(one, ir.Constant(kind, ir.Undefined), [0] * kind.count)

    def shuffle(self, a, b, lanes):
        """The numbered lanes of ``a`` and, counted on, of ``b``."""
        numbers = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.builder.shuffle_vector(a, b, numbers)

    def masks(self, count):
        """For each vector of a row: which lanes lie among the first ``count`` columns."""
        kind = ir.VectorType(_LANE, self.tile.lanes)
        most = ir.Constant(_INDEX, self.tile.vectors * self.tile.lanes)
        fits = self.builder.icmp_signed("<", count, most)
        limit = self.splat(self.builder.trunc(self.builder.select(fits, count, most), _LANE), kind)
        for v in range(self.tile.vectors):
            columns = [v * self.tile.lanes + i for i in range(self.tile.lanes)]
            yield self.builder.icmp_signed("<", ir.Constant(kind, columns), limit)

    def call(self, name, result, *arguments):
        kind = ir.FunctionType(result, [a.type for a in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, arguments)

    def load_masked(self, pointer, mask):
        kind = pointer.type.pointee
        align = ir.Constant(ir.IntType(32), _bytes(kind))
        name = f"llvm.masked.load.{suffix(kind)}.p0"
        return self.call(name, kind, pointer, align, mask, ir.Constant(kind, None))

    def store_masked(self, value, pointer, mask):
        align = ir.Constant(ir.IntType(32), _bytes(value.type))
        name = f"llvm.masked.store.{suffix(value.type)}.p0"
        self.call(name, ir.VoidType(), value, pointer, align, mask)

    def prefetch(self, pointer):
        read_often_data = [ir.Constant(ir.IntType(32), flag) for flag in (0, 3, 1)]
        self.call("llvm.prefetch.p0", ir.VoidType(), pointer, *read_often_data)

    def opaque(self, index):
        """The same index, whose history the optimizer cannot see.

        Else it keeps one moving pointer for every row, far more than there are registers, where
        fixed pointers and one moving index do.
        """
        kind = ir.FunctionType(_INDEX, [_INDEX])
        return self.builder.asm(kind, "", "=r,0", [index], side_effect=False)

    def multiply_add(self, a, b, c):
        # fmuladd, not fma: without the instruction the latter calls a library for every lane.
        return self.call(f"llvm.fmuladd.{suffix(self.vector)}", self.vector, a, b, c)

    def split(self, value):
        count = self.tile.rows * self.tile.vectors
        return [self.builder.extract_value(value, i) for i in range(count)]

    def split_as(self, kind, value):
        return Emitter(self.context, self.builder, kind).split(value)

    def put_rows(self, y, y_value, rows, offset, count, skip, values, kind=None):
        """Store a vector of ``kind`` for each of the tile's, at ``rows`` from ``skip`` on."""
        table, table_value, first = rows

        def write(put, masks):
            for r in range(self.tile.rows):
                late = self.builder.icmp_signed("<=", skip, ir.Constant(_INDEX, r))
                with self.builder.if_then(late):
                    at = self.builder.add(self.entry(table, table_value, first, r), offset)
                    pointers = self.vectors_at(self.address(y, y_value, at), kind)
                    for v, pointer in enumerate(pointers):
                        put(values[r * self.tile.vectors + v], pointer, *masks[v])

        by_width(
            self,
            count,
            lambda: write(self.store, [()] * self.tile.vectors),
            lambda masks: write(self.store_masked, [(m,) for m in masks]),
        )

    def add_rows(self, before, y, y_value, rows, offset, count, plus):
        """The tile ``before``, each vector replaced by ``plus(load, v, old, pointer)``."""
        table, table_value, first = rows
        result = cgutils.alloca_once_value(self.builder, before)

        def add(plus):
            old = iter(self.split(before))
            after = []
            for r in range(self.tile.rows):
                at = self.builder.add(self.entry(table, table_value, first, r), offset)
                pointers = self.vectors_at(self.address(y, y_value, at))
                after += [plus(v, next(old), pointer) for v, pointer in enumerate(pointers)]
            self.builder.store(self.build(after), result)

        def masked(masks):
            # Without the selection both ways would be the same but for how they load. LLVM would
            # join them just after, and everything loaded would have to wait on the stack.
            def plus_masked(v, old, pointer):
                new = plus(lambda p: self.load_masked(p, masks[v]), v, old, pointer)
                return self.builder.select(masks[v], new, old)

            add(plus_masked)

        by_width(self, count, lambda: add(lambda *vector: plus(self.load, *vector)), masked)
        return self.builder.load(result)

    def build(self, values):
        built = ir.Constant(self.context.get_value_type(self.tile), ir.Undefined)
        for i, value in enumerate(values):
            built = self.builder.insert_value(built, value, i)
        return built


@intrinsic(prefer_literal=True)
def zeros(typing, rows, vectors, like):
    """A tile of zeros in the dtype of the array ``like``."""
    tile = Tile(like.dtype, rows.literal_value, vectors.literal_value)

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(tile), None)

    return tile(rows, vectors, like), generate


@intrinsic
def width(typing, like):
    """Numbers in one vector of the dtype of the array ``like``.

    A constant, as ``array.itemsize`` is not: a loop whose step is known at run time only may
    raise, and what may raise counts references, which takes longer than a tile.
    """

    def generate(context, builder, signature, arguments):
        return ir.Constant(_INDEX, VECTOR_BYTES * 8 // like.dtype.bitwidth)

    return types.intp(like), generate


@intrinsic
def add_row(typing, tile, b, offset, count):
    """``tile + b[offset : offset + count]``, the same for every row; later columns get zero."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        start = emit.address(b, arguments[1], arguments[2])
        masks = emit.masks(arguments[3])
        row = [emit.load_masked(p, m) for p, m in zip(emit.vectors_at(start), masks)]
        old = emit.split(arguments[0])
        return emit.build(builder.fadd(v, row[i % tile.vectors]) for i, v in enumerate(old))

    return tile(tile, b, types.intp, types.intp), generate


@intrinsic
def multiply_add(typing, tile, x, table, first, offset, w, w_offset):
    """``tile[r, v] + x[table[first + r] + offset] * w[w_offset + v]``: one step of a product."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        before, x_value, table_value, first, offset, w_value, w_offset = arguments
        offset = emit.opaque(offset)
        start = emit.address(w, w_value, w_offset)
        weights = [emit.load(p) for p in emit.vectors_at(start)]
        before = emit.split(before)
        after = []
        for r in range(tile.rows):
            base = emit.address(x, x_value, emit.entry(table, table_value, first, r))
            value = emit.splat(builder.load(builder.gep(base, [offset])))
            after += [emit.multiply_add(value, weight, before.pop(0)) for weight in weights]
        return emit.build(after)

    return tile(tile, x, table, types.intp, types.intp, w, types.intp), generate


@intrinsic
def relu(typing, tile):
    """Zero where the tile is negative; NaN is not, and stays."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        zero = ir.Constant(emit.vector, None)
        return emit.build(
            builder.select(builder.fcmp_ordered("<", v, zero), zero, v)
            for v in emit.split(arguments[0])
        )

    return tile(tile), generate


@intrinsic
def at_most(typing, tile, limit):
    """``limit`` where the tile is larger; NaN is not, and stays."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        value, limit = arguments
        number = context.cast(builder, limit, signature.args[1], tile.dtype)
        top = emit.splat(number)
        return emit.build(
            builder.select(builder.fcmp_ordered(">", v, top), top, v) for v in emit.split(value)
        )

    return tile(tile, limit), generate


def by_width(emit, count, whole, masked):
    """Run ``whole()`` if ``count`` columns fill every vector, else ``masked(masks)``."""
    builder, tile = emit.builder, emit.tile
    full = ir.Constant(_INDEX, tile.vectors * tile.lanes)
    with builder.if_else(builder.icmp_signed(">=", count, full)) as (yes, no):
        with yes:
            whole()
        with no:
            masked(list(emit.masks(count)))


@intrinsic
def add_rows(typing, tile, y, table, first, offset, count):
    """``tile[r] + y[table[first + r] + offset :][:count]``; later columns stay."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        before, y_value, table_value, first, offset, count = arguments

        def plus(load, v, old, pointer):
            return builder.fadd(old, load(pointer))

        return emit.add_rows(before, y, y_value, (table, table_value, first), offset, count, plus)

    arguments = (tile, y, table, types.intp, types.intp, types.intp)
    return tile(*arguments), generate


@intrinsic
def multiply_add_rows(typing, tile, x, table, first, offset, count, w, w_offset):
    """``tile[r] + x[table[first + r] + offset :][:count] * w[w_offset :][:count]``.

    A step channel by channel: every row has its own vector. Later columns stay.
    """

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        before, x_value, table_value, first, offset, count, w_value, w_offset = arguments
        weights = list(emit.vectors_at(emit.address(w, w_value, w_offset)))

        def plus(load, v, old, pointer):
            return emit.multiply_add(load(pointer), load(weights[v]), old)

        return emit.add_rows(before, x, x_value, (table, table_value, first), offset, count, plus)

    arguments = (tile, x, table, types.intp, types.intp, types.intp, w, types.intp)
    return tile(*arguments), generate


@intrinsic
def prefetch(typing, x, offset):
    """Have ``x[offset]`` brought near; nothing is read, so it need not exist."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, Tile(x.dtype, 1, 1))
        emit.prefetch(emit.address(x, *arguments))
        return context.get_dummy_value()

    return types.void(x, types.intp), generate


@intrinsic
def prefetch_rows(typing, tile, x, table, first, offset):
    """Have ``x[table[first + r] + offset]`` brought near for every row; nothing is read."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(context, builder, tile)
        _, x_value, table_value, first, offset = arguments
        for r in range(tile.rows):
            at = builder.add(emit.entry(table, table_value, first, r), offset)
            emit.prefetch(emit.address(x, x_value, at))
        return context.get_dummy_value()

    return types.void(tile, x, table, types.intp, types.intp), generate


@intrinsic
def store(typing, y, table, first, offset, count, skip, tile):
    """``y[table[first + r] + offset :][:count] = tile[r, :count]`` for rows ``r >= skip``."""

    def generate(context, builder, signature, arguments):
        y_value, table_value, first, offset, count, skip, value = arguments
        emit = Emitter(context, builder, tile)
        rows = table, table_value, first
        emit.put_rows(y, y_value, rows, offset, count, skip, emit.split(value))
        return context.get_dummy_value()

    arguments = (y, table, types.intp, types.intp, types.intp, types.intp, tile)
    return types.void(*arguments), generate


@intrinsic
def stream(typing, y, table, first, offset, skip, tile):
    """As ``store`` of whole vectors at multiples of their size, past the caches.

    A cached store first reads what it overwrites; for what is too large to stay there until its
    next use, that is a third of the traffic.
    """

    def generate(context, builder, signature, arguments):
        y_value, table_value, first, offset, skip, value = arguments
        emit = Emitter(context, builder, tile)
        flag = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        values = emit.split(value)
        for r in range(tile.rows):
            with builder.if_then(builder.icmp_signed("<=", skip, ir.Constant(_INDEX, r))):
                at = builder.add(emit.entry(table, table_value, first, r), offset)
                for v, pointer in enumerate(emit.vectors_at(emit.address(y, y_value, at))):
                    put = builder.store(values[r * tile.vectors + v], pointer, align=VECTOR_BYTES)
                    put.set_metadata("nontemporal", flag)
        return context.get_dummy_value()

    arguments = (y, table, types.intp, types.intp, types.intp, tile)
    return types.void(*arguments), generate


@intrinsic
def copy(typing, to, to_offset, source, offset, count):
    """``to[to_offset :][:count] = source[offset :][:count]``."""

    def generate(context, builder, signature, arguments):
        to_value, to_offset, source_value, offset, count = arguments
        to_data = context.make_array(to)(context, builder, to_value).data
        data = context.make_array(source)(context, builder, source_value).data
        target, start = builder.gep(to_data, [to_offset]), builder.gep(data, [offset])
        cgutils.raw_memcpy(builder, target, start, count, to.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(to, types.intp, source, types.intp, types.intp), generate


@intrinsic
def clear(typing, to, offset, count):
    """``to[offset :][:count] = 0``."""

    def generate(context, builder, signature, arguments):
        to_value, offset, count = arguments
        data = context.make_array(to)(context, builder, to_value).data
        size = builder.mul(count, ir.Constant(_INDEX, to.dtype.bitwidth // 8))
        cgutils.memset(builder, builder.gep(data, [offset]), size, 0)
        return context.get_dummy_value()

    return types.void(to, types.intp, types.intp), generate


if numba.config.DISABLE_JIT:
    from .simd_numpy import *  # noqa: F403 - the same words
