"""Memory for the time of one call: a thread's own, the same from call to call."""

import threading

import numpy as np

from minicnn_kernels import cpu, memory

F32 = np.dtype(np.float32)


def test_arrays_lie_side_by_side_on_lines():
    a, b, c = memory.scratch(F32, (3, 5), (0, 7), (2, 2))
    assert (a.shape, b.shape, c.shape) == ((3, 5), (0, 7), (2, 2))
    assert all(array.ctypes.data % memory.ALIGNMENT == 0 for array in (a, c))
    assert not np.may_share_memory(a, c)
    assert a.flags.c_contiguous and a.dtype == F32


def test_the_next_request_takes_the_same_memory():
    (a,) = memory.scratch(F32, (1000,))
    (b,) = memory.scratch(np.dtype(np.float64), (100,))
    assert a.ctypes.data == b.ctypes.data
    assert memory.scratch(F32, (1000,))[0] is a


def test_it_grows_and_is_given_back():
    memory.release()
    before = memory.allocated_bytes()
    memory.scratch(F32, (1000,))
    (a,) = memory.scratch(F32, (100_000,))
    a[:] = 1
    assert 400_000 <= memory.allocated_bytes() - before < 500_000
    del a
    memory.release()
    assert memory.allocated_bytes() == before


def test_threads_have_their_own(rng):
    """Convolutions at once in several threads: each with the bits it has alone."""
    x = [rng.standard_normal((2, 9, 9, 8)).astype(F32) for _ in range(4)]
    w = rng.standard_normal((3, 3, 8, 40)).astype(F32)
    expected = [cpu.conv2d_forward(None, a, w) for a in x]
    found = [[] for _ in x]

    def run(i):
        for _ in range(30):
            found[i].append(cpu.conv2d_forward(None, x[i], w))

    before = memory.allocated_bytes()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(x))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ys, y in zip(found, expected):
        assert all(np.array_equal(one, y) for one in ys)
    found.clear()
    del threads, thread  # and with them their scratch
    assert memory.allocated_bytes() <= before + 2 * len(x) * expected[0].nbytes


def test_more_than_the_caches_hold_is_let_go():
    shapes = (memory.LARGEST_KEPT // 4,), (3,)
    a, b = memory.scratch(F32, *shapes)
    assert (a.shape, b.shape) == shapes
    assert a.ctypes.data % 64 == b.ctypes.data % 64 == 0
    assert not np.shares_memory(a, b)
    (small,) = memory.scratch(F32, (1000,))
    assert not np.shares_memory(a, small)
    a[...] = 1
    (other, _) = memory.scratch(F32, *shapes)
    assert not np.shares_memory(a, other)  # which still lives
    address = other.ctypes.data
    del other, _
    assert memory.scratch(F32, *shapes)[0].ctypes.data == address
