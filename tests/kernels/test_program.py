"""Launches as one call of compiled code: the same as one by one, threads and children included."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from minicnn_kernels import cpu
from minicnn_kernels.arena import Arena
from minicnn_kernels.capture import Capture, launch
from minicnn_kernels.cpu.program import Program
from minicnn_kernels.jit import serial


@serial
def doubled(y, x):
    for i in range(y.size):
        y[i] = x[i] + x[i]


def network(arena, x):
    """Some layers, with and without threads; numbers small and whole, so that they are exact."""
    rng = np.random.default_rng(1)
    w = rng.integers(-2, 3, (3, 3, 8, 24)).astype(x.dtype)
    y = cpu.conv2d_forward(None, x, w, None, activation="relu")
    y = cpu.max_pool_forward(None, None, y, (2, 2), (2, 2), ((0, 0), (0, 0)))[0]
    y = cpu.add_forward(None, y, y)
    v = rng.integers(-2, 3, (y[0].size, 10)).astype(x.dtype)
    return cpu.dense_forward(None, y.reshape(len(y), -1), v, np.ones(10, x.dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 16])
def test_a_program_is_its_launches(batch, dtype, rng):
    arena = Arena()
    x = arena.empty((batch, 20, 20, 8), np.dtype(dtype), lasting=True)
    x[...] = 0
    with Capture(arena) as capture:
        y = network(arena, x)
    program = Program(capture.launches)
    for _ in range(3):
        x[...] = rng.integers(-3, 4, x.shape)
        program()
        found = y.copy()
        y[...] = np.nan
        for alone in capture.launches:
            alone()
        np.testing.assert_array_equal(found, y)


def test_a_program_keeps_its_arrays():
    x, y = np.arange(6, dtype=np.float32), np.empty(6, np.float32)
    with Capture(Arena()) as capture:
        launch(doubled, y, x.copy())
    program = Program(capture.launches)
    del capture
    others = [np.full(6, 9, np.float32) for _ in range(50)]  # would lie where x's copy lay
    program()
    np.testing.assert_array_equal(y, x + x)
    assert len(others) == 50


def test_an_empty_program_does_nothing():
    Program([])()


PROGRAM = """
    import os, sys
    import numpy as np
    from minicnn_kernels import cpu, jit
    from minicnn_kernels.arena import Arena
    from minicnn_kernels.capture import Capture
    from minicnn_kernels.cpu.program import Program

    arena = Arena()
    x = arena.empty((4, 24, 24, 16), np.float32, lasting=True)
    x[...] = np.random.default_rng(0).standard_normal(x.shape)
    w = np.random.default_rng(1).standard_normal((3, 3, 16, 24)).astype(np.float32)
    with Capture(arena) as capture:
        y = cpu.conv2d_forward(None, x, w)
    program = Program(capture.launches)
    program()
    expected = y.copy()
    y[...] = np.nan
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    program()
    assert (y == expected).all(), "other bits than the parent's"
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_children_run_their_parents_program(layer):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        env={**os.environ, "NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
