"""How flat arrays are cut for the threads: into pieces whose number depends on the size alone.

So every sum has the same order, and every element the same place in its piece, however many
threads there are.
"""

from .. import jit

CHUNK = 2048  # elements; 8 KiB of float32, so that a second look finds them in the first cache
SMALL = 30_000  # below, waking a second thread costs more than it saves


@jit.serial
def count(size):
    """Number of pieces of ``size`` elements."""
    return (size + CHUNK - 1) // CHUNK


@jit.serial
def cut(array, piece):
    """View of piece number ``piece`` of a flat array; the last may be shorter."""
    return array[piece * CHUNK : min((piece + 1) * CHUNK, array.size)]


@jit.serial
def clear(target):
    """``target[:] = 0``."""
    for i in range(target.size):
        target[i] = 0


@jit.serial
def copy(target, source):
    """``target[:] = source``; nothing where they are the same memory."""
    if target.ctypes.data != source.ctypes.data:
        for i in range(source.size):
            target[i] = source[i]
