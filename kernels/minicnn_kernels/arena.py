"""Memory whose arrays share places by the step: while one still reads its array, none other has it.

The pool in :mod:`memory` waits for arrays to die. Those of a captured pass live as long as it does,
so here their places are given out again by what later steps read.
"""

import math

import numpy as np

from .pool import ALIGNMENT, PAGE, STAGGER, aligned

REGION = 1 << 26  # bytes of address space: only what is used takes memory


class Arena:
    """Blocks of memory and the arrays that lie in them."""

    def __init__(self):
        self._free, self._used, self._lasting = [], [], []  # blocks
        self._region = np.empty(0, np.uint8)  # what the next ones are cut from

    def empty(self, shape, dtype, lasting=False):
        """An uninitialized C-contiguous array; a ``lasting`` one keeps its place for good."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        block = self._fresh(size) if lasting else self._take(size)
        (self._lasting if lasting else self._used).append(block)
        return block[:size].view(dtype).reshape(shape)

    def keep(self, arrays):
        """End a step: all places are free but those that ``arrays`` lie in."""
        kept = []
        for block in self._used:
            lives = any(np.may_share_memory(block, array) for array in arrays)
            (kept if lives else self._free).append(block)
        self._used = kept

    def kept(self, array):
        """What a captured call is to find in place of ``array``: weights stay what they are now."""
        return array.copy() if array.dtype.kind == "f" and not self.holds(array) else array

    def holds(self, array):
        """Whether ``array`` lies here: then it changes from run to run, others are constant."""
        blocks = (*self._used, *self._free, *self._lasting)
        return any(np.may_share_memory(block, array) for block in blocks)

    @property
    def allocated_bytes(self):
        """Size of all blocks."""
        return sum(block.nbytes for block in self._free + self._used + self._lasting)

    def _take(self, size):
        """The smallest free block that is large enough, but none of more than twice the size."""
        fitting = [i for i, b in enumerate(self._free) if size <= b.nbytes <= 2 * size]
        if not fitting:
            return self._fresh(size)
        return self._free.pop(min(fitting, key=lambda i: self._free[i].nbytes))

    def _fresh(self, size):
        """A new block, behind the one before: so the system can serve many with one large page."""
        size = max(size, 1)
        room = -(-size // ALIGNMENT) * ALIGNMENT
        if size >= PAGE:  # the next one begins elsewhere in its page: see ``pool.aligned``
            room = -(-size // PAGE) * PAGE + STAGGER
        if self._region.nbytes < room:
            self._region = aligned(max(room, REGION))
        block, self._region = self._region[:size], self._region[room:]
        return block
