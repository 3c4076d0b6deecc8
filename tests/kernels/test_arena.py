"""Memory whose places are given out again by the step."""

import numpy as np

from minicnn_kernels import capture, memory
from minicnn_kernels.arena import Arena


def test_a_place_is_given_out_again_only_after_the_step_whose_arrays_left_it():
    arena = Arena()
    a, b = arena.empty((10, 10), np.float32), arena.empty((10, 10), np.float32)
    assert not np.may_share_memory(a, b)
    arena.keep([a[2:]])  # a view holds the place
    c = arena.empty((90,), np.float32)
    assert np.may_share_memory(c, b)
    assert not np.may_share_memory(c, a)
    arena.keep([a, c])
    assert not any(np.may_share_memory(arena.empty((100,), np.float32), x) for x in (a, c))


def test_small_arrays_do_not_take_large_places():
    arena = Arena()
    arena.empty((1000,), np.float64)
    arena.keep([])
    before = arena.allocated_bytes
    arena.empty((10,), np.float64)
    assert arena.allocated_bytes == before + 80


def test_lasting_arrays_keep_their_place():
    arena = Arena()
    a = arena.empty((1000,), np.float32, lasting=True)
    arena.keep([])
    assert not np.may_share_memory(arena.empty((1000,), np.float32), a)
    assert arena.holds(a)


def test_arrays_are_aligned_and_may_be_empty():
    arena = Arena()
    for shape in ((3,), (0, 4), ()):
        array = arena.empty(shape, np.float32)
        assert array.shape == shape
        assert array.ctypes.data % 64 == 0 or array.size == 0


def test_a_capture_serves_all_requests_for_memory():
    with capture.Capture(Arena()) as open_capture:
        array = memory.empty((7,), np.float32)
        assert open_capture.arena.holds(array)
        assert not capture.is_constant(array)
        assert capture.is_constant(np.ones(3))
    assert not capture.is_constant(np.ones(3))
    assert capture.arena() is None
