"""One piece of work for several threads, out of compiled code.

``prange`` has Numba compile the body of its loop three times over: for the loop, for the wrapper
that hands it its arrays, and into the function around it. A convolution's body takes seconds each
time. Here it is compiled once, and the threads are given its address.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..jit import loop, prange

_ADDRESSES = (types.intp,) * 3  # of the arguments; then which worker out of how many


def _function_type(context):
    return context.call_conv.get_function_type(types.none, _ADDRESSES)


def _body(context, builder, work, signature, arguments):
    """A function of ``_ADDRESSES`` that reads the ``arguments`` and calls ``work`` on them."""
    module, convention = builder.module, context.call_conv
    body = ir.Function(module, _function_type(context), module.get_unique_name("body"))
    body.linkage = "internal"
    body.attributes.add("noinline")  # else each of its callers would hold a copy
    inside = ir.IRBuilder(body.append_basic_block("entry"))
    place, worker, workers = convention.get_arguments(body)
    kind = context.get_value_type(arguments)
    values = inside.load(inside.inttoptr(place, kind.as_pointer()))
    values = uncounted(context, inside, arguments, values)
    call = context.get_function(work, signature)
    call(inside, [*cgutils.unpack_tuple(inside, values), worker, workers])
    for block in body.blocks:
        for made in block.instructions:
            if isinstance(made, ir.CallInstr):
                _promise(made)
    convention.return_value(inside, context.get_dummy_value())
    return body


def uncounted(context, builder, kind, value):
    """The value without its counts of references, which threads would write in turn all the time.

    Whoever shares the work holds the arrays until it is done.
    """
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = ir.Constant(array.meminfo.type, None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        values = zip(kind.types, cgutils.unpack_tuple(builder, value))
        return context.make_tuple(builder, kind, [uncounted(context, builder, *v) for v in values])
    return value


def _promise(call):
    """Tell LLVM that what is written through one argument is not read through another.

    It then keeps what tables and records hold in registers, as ``prange`` has it do too.
    """
    call.attributes.add("alwaysinline")
    for i, argument in enumerate(call.args):
        if isinstance(argument.type, ir.PointerType):
            call.arg_attributes[i] = ir.ArgumentAttributes(["noalias"])


def _call(context, builder, body, *addresses):
    context.call_conv.call_function(builder, body, types.none, _ADDRESSES, addresses)


@intrinsic
def _call_at(typing, body, arguments, worker, workers):
    """Call the function at the address ``body``."""

    def generate(context, builder, _, values):
        body = builder.inttoptr(values[0], _function_type(context).as_pointer())
        _call(context, builder, body, *values[1:])
        return context.get_dummy_value()

    return types.void(types.intp, *_ADDRESSES), generate


@loop
def _each(body, arguments, workers):
    for worker in prange(workers):
        _call_at(body, arguments, worker, workers)


@intrinsic
def share(typing, work, workers, kinds):
    """Call ``work(*arguments, worker, workers)`` for every worker, each on a thread of its own.

    A lone worker works at once, without a word to the other threads. No two may write the same
    place. The function that calls this is to be a ``driver``.
    """
    signature = work.get_call_type(typing, (*kinds, types.intp, types.intp), {})
    each = typing.resolve_value_type(_each)
    each_signature = each.get_call_type(typing, _ADDRESSES, {})

    def generate(context, builder, _, values):
        _, workers, arguments = values
        body = _body(context, builder, work, signature, kinds)
        index = context.get_value_type(types.intp)
        place = builder.ptrtoint(cgutils.alloca_once_value(builder, arguments), index)
        one = ir.Constant(index, 1)
        with builder.if_else(builder.icmp_signed("==", workers, one)) as (alone, together):
            with alone:
                _call(context, builder, body, place, ir.Constant(index, 0), one)
            with together:
                call = context.get_function(each, each_signature)
                call(builder, [builder.ptrtoint(body, index), place, workers])
        return context.get_dummy_value()

    return types.void(work, types.intp, kinds), generate


def _in_turn(work, workers, arguments):
    """``share`` when the JIT is off."""
    for worker in range(workers):
        work(*arguments, worker, workers)


if numba.config.DISABLE_JIT:
    share = _in_turn
