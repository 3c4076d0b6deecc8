"""Memory of captured passes that learn."""

import gc

import numpy as np
import pytest

from minicnn_kernels import cpu, memory
from minicnn_kernels.capture import Capture
from minicnn_kernels.cpu.program import Program
from minicnn_kernels.recycled import Recycled

F32 = np.dtype(np.float32)


@pytest.mark.parametrize("shape", [(10, 3), (300, 300), (600, 700)])  # alone, alone, of a region
def test_memory_serves_others_once_nobody_holds_it(shape):
    recycled = Recycled()
    a, b = recycled.empty(shape, F32), recycled.empty(shape, F32)
    assert not np.may_share_memory(a, b)
    view, place = a[1:].reshape(-1), a.ctypes.data
    del a
    assert recycled.empty(shape, F32).ctypes.data != place  # the view holds it
    del view
    gc.collect()
    assert recycled.empty(shape, F32).ctypes.data == place


@pytest.mark.parametrize("shape", [(10, 3), (600, 700)])
def test_a_disowned_view_is_of_the_same_memory_and_does_not_hold_it(shape):
    recycled = Recycled()
    a = recycled.empty(shape, F32)
    a[...] = np.arange(a.size).reshape(shape)
    view = memory.disowned(a[2:, 1:].T)
    np.testing.assert_array_equal(view, a[2:, 1:].T)
    assert view.strides == a[2:, 1:].T.strides
    assert view.dtype == F32
    a[2, 1] = -1
    assert view[0, 0] == -1
    del a
    b = recycled.empty(shape, F32)
    b[2, 1] = -2
    assert view[0, 0] == -2


def test_arrays_of_no_pool_are_what_they_are():
    x = np.ones((3, 4), np.float32)
    assert memory.disowned(x) is x
    assert memory.disowned(x[1:])[0, 0] == 1
    recycled = Recycled()
    assert recycled.kept(x) is x
    assert recycled.holds(x)


def test_the_usual_pool_is_left_alone():
    recycled, before = Recycled(), memory.allocated_bytes()
    x = recycled.empty((600, 700), F32)
    assert memory.allocated_bytes() == before
    assert recycled.allocated_bytes >= x.nbytes


@pytest.mark.parametrize("size", [(1, 9, 9, 3), (3, 40, 40, 16)])
def test_gradients_run_again_by_the_weights_of_then(size):
    """Nothing is constant, and arrays that died in between are written before they are read."""
    rng, recycled = np.random.default_rng(0), Recycled()
    x, w = recycled.empty(size, F32), rng.standard_normal((3, 3, size[-1], 20)).astype("float32")
    b, dw, db = np.ones(20, "float32"), np.empty_like(w), np.empty(20, "float32")
    same = ((1, 1), ((1, 1), (1, 1)))

    def passes():
        y = cpu.conv2d_forward(None, x, w, b, *same, activation="relu")
        y, argmax = cpu.max_pool_forward(None, None, y, (2, 2), (2, 2), ((0, 0), (0, 0)))
        dy = cpu.activation_backward(None, y, None, y, "relu")
        spread = (2, 2), (2, 2), ((0, 0), (0, 0))
        dy = cpu.max_pool_backward(None, dy, argmax, size[1:3], *spread)
        cpu.bias_backward(db, dy, add=False)
        cpu.conv2d_backward_weights(dw, x, dy, (3, 3), *same, add=False)
        return cpu.conv2d_backward_input(None, dy, w, size[1:3], *same)

    x[...] = 0
    with Capture(recycled) as capture:
        dx = passes()
    program = Program(capture.launches)
    for seed in range(2):
        rng = np.random.default_rng(seed)
        x[...], w[...] = rng.standard_normal(size), rng.standard_normal(w.shape)
        expected = [passes().copy(), dw.copy(), db.copy()]
        dw[...] = db[...] = np.nan
        program()
        for ours, theirs in zip((dx, dw, db), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
