"""The pool of memory: pieces never overlap, rejoin, and are found again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn_kernels.errors import SizeError
from minicnn_kernels.pool import (
    ALIGNMENT,
    LEAST_LARGE,
    PAGE,
    REGION,
    STAGGER,
    Pool,
    Region,
    aligned,
)

SIZE = 1000
steps = st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=60)


@given(steps)
def test_pieces_of_a_region_lie_apart_and_rejoin(steps):
    region, taken, top = Region(SIZE), {}, 0
    for gives, number in steps:
        if gives and taken:
            start = list(taken)[number % len(taken)]
            region.give(start, taken.pop(start))
            continue
        start = region.take(number)
        if start is None:
            assert number > _longest_gap(taken)
            continue
        assert start + number <= SIZE
        assert all(start + number <= s or s + size <= start for s, size in taken.items())
        taken[start] = number
        top = max(top, start + number)
    assert (region.pieces, region.top) == (len(taken), top)
    for start, size in taken.items():
        region.give(start, size)
    assert region.take(SIZE) == 0


def _longest_gap(taken):
    edges = sorted((start, start + size) for start, size in taken.items())
    starts = [0, *(end for _, end in edges)]
    ends = [*(start for start, _ in edges), SIZE]
    return max(end - start for start, end in zip(starts, ends))


def test_the_smallest_free_piece_is_cut():
    region = Region(SIZE)
    starts = [region.take(size) for size in (100, 10, 50, 10)]
    region.give(starts[0], 100)
    region.give(starts[2], 50)
    assert region.take(40) == starts[2]


def test_large_pieces_share_a_region_and_only_what_was_used_counts():
    pool, size = Pool(1 << 40), 4 * LEAST_LARGE
    first, second = pool.take(size), pool.take(size)
    assert first.home is second.home
    assert pool.allocated_bytes == 2 * (size + STAGGER)
    assert abs(first.address - second.address) >= size
    assert first.address % ALIGNMENT == 0
    pool.give(first)
    assert pool.take(size // 2).start == first.start
    assert pool.allocated_bytes == 2 * (size + STAGGER)


@pytest.mark.parametrize("size", [1 << 16, 1 << 21])
def test_pieces_of_a_size_begin_at_different_places_of_their_pages(size):
    pool = Pool(1 << 40)
    places = [pool.take(size).address % PAGE for _ in range(12)]
    assert len(set(places)) == 12
    assert all(place % ALIGNMENT == 0 for place in places)


@given(st.integers(0, 3 * PAGE))
def test_fresh_memory_begins_a_line_and_holds_what_was_asked_for(size):
    memory = aligned(size)
    assert memory.ctypes.data % ALIGNMENT == 0 or not size
    assert memory.nbytes == size


def test_small_pieces_wait_for_a_request_of_their_size():
    pool = Pool(1 << 40)
    piece = pool.take(4096)
    pool.give(piece)
    assert pool.take(4160) is not piece
    assert pool.take(4096) is piece
    assert pool.allocated_bytes == 4096 + 4160


def test_what_is_larger_than_a_region_has_its_own():
    pool = Pool(1 << 40)
    piece = pool.take(REGION + ALIGNMENT)  # address space: none of it is touched
    assert pool.take(LEAST_LARGE).home is not piece.home


def test_clearing_keeps_what_is_in_use():
    pool = Pool(1 << 40)
    used, unused = pool.take(LEAST_LARGE), pool.take(100)
    pool.give(unused)
    pool.clear()
    assert pool.allocated_bytes == LEAST_LARGE + STAGGER
    pool.give(used)
    pool.clear()
    assert pool.allocated_bytes == 0


@pytest.mark.parametrize("size", [5000, 2 * LEAST_LARGE])
def test_more_than_the_machine_has_is_refused(size):
    with pytest.raises(SizeError, match=f"{size:,} bytes, this machine has 4,999"):
        Pool(4999).take(size)


def test_a_region_that_cannot_be_had_is_no_larger_than_asked_for(monkeypatch):
    def least(size):
        if size >= REGION:
            raise MemoryError
        return np.empty(size, np.uint8)

    monkeypatch.setattr("minicnn_kernels.pool.aligned", least)
    region = Pool(1 << 40).take(LEAST_LARGE).home
    assert region.memory.nbytes == LEAST_LARGE + STAGGER
