"""Memory that is handed out again: small pieces by their size, large ones out of few regions.

A training step asks for the same sizes in the same order every time. Were every size kept for
itself, a step would hold the most that it ever needs of each size; cut out of one region, pieces
rejoin with their free neighbours, and it holds little more than the most it needs at once.
"""

from bisect import bisect_left, insort
from collections import deque
from itertools import count
from typing import NamedTuple

import numpy as np

from .errors import SizeError
from .locks import lock

ALIGNMENT = 64
PAGE = 4096
STAGGER = 5 * ALIGNMENT
LEAST_LARGE = 1 << 20  # bytes; looking for the best place takes longer than for the same size
REGION = 1 << 30  # of address space: only what was in use at some time takes memory


_colours = count()


def aligned(size):
    """Fresh memory of ``size`` bytes that begins a line of the caches, as an array of uint8.

    Each begins elsewhere in its page: processors take a load for one of the bytes that they are
    about to store if both lie at the same place of their pages, and wait.
    """
    if size < PAGE:
        raw = np.empty(size + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
    else:
        raw = np.empty(size + 2 * PAGE, np.uint8)
        start = -raw.ctypes.data % PAGE + next(_colours) * STAGGER % PAGE
    return raw[start : start + size]


class Region:
    """One piece of memory, cut into pieces of any size; the smallest free one that fits is cut.

    Examples
    --------
    >>> region = Region(1000)
    >>> region.take(600), region.take(300), region.take(200)
    (0, 600, None)
    >>> region.give(0, 600)
    >>> region.take(200)
    0
    >>> region.top
    900
    """

    def __init__(self, size):
        self.memory = aligned(size)
        self.address = self.memory.ctypes.data
        self.top, self.pieces = 0, 0  # the end of all that was ever taken; how many are
        self._sizes, self._starts, self._ends = [], {}, {}
        self._free(0, size)

    def take(self, size):
        """Where ``size`` bytes begin from now on taken; ``None`` if there are no so many."""
        place = bisect_left(self._sizes, (size,))
        if place == len(self._sizes):
            return None
        room, start = self._sizes.pop(place)
        self._ends.pop(start + self._starts.pop(start))
        if room > size:
            self._free(start + size, room - size)
        self.top, self.pieces = max(self.top, start + size), self.pieces + 1
        return start

    def give(self, start, size):
        """Take the piece back."""
        self.pieces -= 1
        before, after = self._ends.get(start), self._starts.get(start + size)
        if before is not None:
            size += self._remove(before)
            start = before
        if after is not None:
            size += self._remove(start + size)
        self._free(start, size)

    def _free(self, start, size):
        insort(self._sizes, (size, start))
        self._starts[start], self._ends[start + size] = size, start

    def _remove(self, start):
        size = self._starts.pop(start)
        self._ends.pop(start + size)
        self._sizes.pop(bisect_left(self._sizes, (size, start)))
        return size


class Piece(NamedTuple):
    """``size`` bytes from ``address`` on: at ``start`` of a region, or an array of their own."""

    address: int
    size: int
    home: Region | np.ndarray
    start: int


class Pool:
    """Pieces of memory for any number of threads.

    ``largest``: bytes of one request that no machine could serve.
    """

    def __init__(self, largest):
        self._lock, self._largest = lock(), largest
        self._small, self._regions = {}, []
        self._own_bytes = 0
        self._returned = deque()

    def take(self, size):
        """A :class:`Piece` of ``size`` bytes."""
        self._refuse(size)
        with self._lock:
            self._sort_in()
            if size < LEAST_LARGE:
                pieces = self._small.get(size)
                return pieces.pop() if pieces else self._small_piece(size)
            room = size + STAGGER  # the next piece begins elsewhere in its page: see ``aligned``
            for region in self._regions:
                start = region.take(room)
                if start is not None:
                    break
            else:
                region = self._new_region(room)
                start = region.take(room)
            return Piece(region.address + start, size, region, start)

    def give(self, piece):
        """Take it back.

        Garbage is collected at any time, even in the midst of a request on the same thread: so it
        is only noted here, and sorted in by the next request.
        """
        self._returned.append(piece)

    def _sort_in(self):
        while self._returned:
            piece = self._returned.popleft()
            if piece.size < LEAST_LARGE:
                self._small.setdefault(piece.size, []).append(piece)
            else:
                piece.home.give(piece.start, piece.size + STAGGER)

    def fresh(self, size):
        """Memory that is counted, but not given back: see :meth:`drop`."""
        self._refuse(size)
        with self._lock:
            self._own_bytes += size
        return aligned(size)

    def drop(self, size):
        """Count ``size`` bytes less."""
        with self._lock:
            self._own_bytes -= size

    def clear(self):
        """Give what is free back to the operating system: all of a region, or nothing."""
        with self._lock:
            self._sort_in()
            for size, pieces in self._small.items():
                self._own_bytes -= size * len(pieces)
            self._small.clear()
            self._regions = [region for region in self._regions if region.pieces]

    @property
    def allocated_bytes(self):
        """Bytes in use now or before and not given back to the operating system."""
        with self._lock:
            return self._own_bytes + sum(region.top for region in self._regions)

    def _small_piece(self, size):
        memory = self.fresh(size)
        return Piece(memory.ctypes.data, size, memory, 0)

    def _new_region(self, size):
        try:
            region = Region(max(size, REGION))
        except MemoryError:  # so much address space was not to be had
            region = Region(size)
        self._regions.append(region)
        return region

    def _refuse(self, size):
        if size > self._largest:
            raise SizeError(
                f"an array would take {size:,} bytes, this machine has {self._largest:,}"
            )
