"""Captured launches as one call of compiled code.

Calling a compiled function from Python costs microseconds: every array is taken apart anew. Here
the arguments of each launch are written down once, as machine code wants them, and a loop in
compiled code calls one function after the other.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

from .. import fork
from ..jit import driver, serial
from .team import uncounted


class Program:
    """Launches in their order; call it to run them.

    Parameters
    ----------
    launches : list of functools.partial
        Of compiled functions that return nothing, as :class:`minicnn_kernels.capture.Capture`
        lists them.
    """

    def __init__(self, launches):
        self._launches = list(launches)  # they keep the arrays
        self._orphaned = fork.is_orphaned()
        self._written, self._calls = [], None
        if not numba.config.DISABLE_JIT:
            calls = [self._write(launch.func, launch.args) for launch in self._launches]
            self._calls = np.array(calls, np.int64).reshape(-1, 2)

    def __call__(self):
        """Run the launches."""
        if self._calls is None or fork.is_orphaned() != self._orphaned:  # compiled for threads
            for launch in self._launches:
                launch()
        else:
            _play(self._calls)

    def _write(self, function, arguments):
        """Addresses of the code that calls ``function``, and of what it finds there."""
        if not isinstance(function, Dispatcher):  # but its guard on the work queue
            function = function.__wrapped__
        compiled = function.get_compile_result(types.none(*map(numba.typeof, arguments)))
        place = np.empty(1 + -(-_size(arguments) // 8), np.int64)
        self._written.append(place)
        name = compiled.fndesc.llvm_cfunc_wrapper_name
        place[0] = compiled.library.get_pointer_to_function(name)
        return _write(place.ctypes.data, arguments), place.ctypes.data


@driver
def _play(calls):
    for i in range(len(calls)):
        _call(calls[i, 0], calls[i, 1])


@intrinsic
def _call(typing, code, place):
    """Call the ``code`` at an address, with the address of its arguments."""

    def generate(context, builder, _, values):
        code, place = values
        builder.call(builder.inttoptr(code, _code_type(context).as_pointer()), [place])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), generate


@serial
def _size(arguments):
    """Bytes of the arguments as machine code holds them."""
    return _size_of(arguments)


@intrinsic
def _size_of(typing, kinds):
    def generate(context, builder, _, values):
        size = context.get_abi_sizeof(values[0].type)
        return ir.Constant(context.get_value_type(types.intp), size)

    return types.intp(kinds), generate


@serial
def _write(place, arguments):
    """Store the arguments behind the function's address; return the code that calls it so."""
    return _store(place, arguments)


@intrinsic
def _store(typing, place, kinds):
    def generate(context, builder, _, values):
        place, arguments = values
        arguments = uncounted(context, builder, kinds, arguments)
        builder.store(arguments, _behind(builder, place, arguments.type), align=1)
        code = _code(context, builder.module, arguments.type)
        return builder.ptrtoint(code, place.type)

    return types.intp(types.intp, kinds), generate


def _code_type(context):
    return ir.FunctionType(ir.VoidType(), [context.get_value_type(types.intp)])


def _code(context, module, kind):
    """A function of an address: it calls the function that it finds there, by C's convention."""
    code = ir.Function(module, _code_type(context), module.get_unique_name("code"))
    code.linkage = "internal"
    builder = ir.IRBuilder(code.append_basic_block("entry"))
    (place,) = code.args
    nothing = context.get_value_type(types.none)
    function_type = ir.FunctionType(nothing, kind.elements).as_pointer()
    function = builder.load(builder.inttoptr(place, function_type.as_pointer()))
    arguments = builder.load(_behind(builder, place, kind), align=1)
    builder.call(function, cgutils.unpack_tuple(builder, arguments))
    builder.ret_void()
    return code


def _behind(builder, place, kind):
    """A pointer to what lies behind the address at ``place``."""
    behind = builder.add(place, ir.Constant(place.type, 8))
    return builder.inttoptr(behind, kind.as_pointer())
