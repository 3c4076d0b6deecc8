"""Work that compiled code hands to several threads."""

import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from minicnn_kernels.cpu.plan import record
from minicnn_kernels.cpu.team import share
from minicnn_kernels.jit import driver, inner


class Offsets(NamedTuple):
    rows: np.ndarray
    columns: np.ndarray


class Sizes(NamedTuple):
    scale: int
    add: int


@inner
def _fill(y, x, offsets, sizes, negative, worker, workers):
    for i in range(len(y) * worker // workers, len(y) * (worker + 1) // workers):
        value = x[i] * sizes.scale + sizes.add + offsets.rows[i] + offsets.columns[i, 0]
        y[i] = -value if negative else value


@driver
def _run(y, x, offsets, sizes, negative, workers):
    share(_fill, workers, (y, x, offsets, sizes[0], negative))


@driver
def _run_twice(y, z, x, offsets, sizes, workers):
    share(_fill, workers, (y, x, offsets, sizes[0], False))
    share(_fill, workers, (z, y, offsets, sizes[0], True))


@pytest.fixture
def arguments():
    count = 37
    offsets = Offsets(np.arange(count), np.arange(count)[:, None] * 100)
    return np.linspace(0, 1, count), offsets, record(Sizes(3, 7))


def _expected(x, offsets):
    return x * 3 + 7 + offsets.rows + offsets.columns[:, 0]


@pytest.mark.parametrize("workers", [1, 2, 5, 40])
@pytest.mark.parametrize("negative", [False, True])
def test_every_worker_does_its_share(arguments, workers, negative):
    x, offsets, sizes = arguments
    y = np.full_like(x, np.nan)
    _run(y, x, offsets, sizes, negative, workers)
    expected = _expected(x, offsets)
    np.testing.assert_allclose(y, -expected if negative else expected, rtol=1e-15)


def test_the_next_share_begins_when_all_have_done_theirs(arguments):
    x, offsets, sizes = arguments
    y, z = np.empty_like(x), np.empty_like(x)
    _run_twice(y, z, x, offsets, sizes, 2)
    np.testing.assert_allclose(z, -_expected(_expected(x, offsets), offsets), rtol=1e-15)


def test_no_one_works_where_there_are_no_workers(arguments):
    x, offsets, sizes = arguments
    y = np.full_like(x, np.nan)
    _run(y, x, offsets, sizes, False, 0)
    assert np.isnan(y).all()


def test_arrays_are_given_back_as_they_were_held(arguments):
    x, offsets, sizes = arguments
    y = np.empty_like(x)
    _run(y, x, offsets, sizes, False, 2)
    before = sys.getrefcount(x), sys.getrefcount(offsets.rows)
    for _ in range(20):
        _run(y, x, offsets, sizes, False, 2)
    assert (sys.getrefcount(x), sys.getrefcount(offsets.rows)) == before


PROGRAM = """
import os
import subprocess
import sys
import numpy as np
from minicnn_kernels import cpu

x = np.zeros((8, 20, 20, 16), np.float32)
if sys.argv[1] == "max":
    cpu.max_pool_forward(None, None, x, (2, 2), (2, 2), ((0, 0), (0, 0)))
else:
    cpu.average_pool_forward(None, x, (2, 2), (2, 2), ((0, 0), (0, 0)))
"""


def test_what_is_loaded_from_the_cache_starts_the_threads(tmp_path):
    """On the work queue, since GNU OpenMP starts them by itself."""
    environment = {
        **os.environ,
        "MINICNN_CACHE": str(tmp_path),
        "NUMBA_THREADING_LAYER": "workqueue",
        "NUMBA_NUM_THREADS": "2",
    }
    for operation in ("max", "average", "average"):  # compiled, compiled, loaded
        command = [sys.executable, "-c", PROGRAM, operation]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
