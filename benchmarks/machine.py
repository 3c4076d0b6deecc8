"""What the machine can do, measured in the same run as the races: multiply-adds and copying."""

import ctypes
import functools
import platform
import time
from pathlib import Path

import numba
import numpy as np
from numba import literally

from minicnn_kernels.cpu import simd
from minicnn_kernels.jit import inner, parallel, prange

STEPS = 1 << 18
ROWS, VECTORS = simd.ROWS, simd.VECTORS
BLOCK = 1 << 14  # elements that a thread copies at a time


@inner
def _product(rows, vectors, sums, x, w, table, steps):
    """A full tile of registers, fed from the nearest cache."""
    tile = simd.zeros(literally(rows), literally(vectors), sums)
    width = vectors * simd.width(w)
    for k in range(steps):
        tile = simd.multiply_add(tile, x, table, 0, k & 7, w, (k & 7) * width)
    simd.store(sums, table, 0, 0, width, 0, tile)  # all of it: what nobody reads is not computed


@parallel
def _multiply_adds(sums, x, w, tables, steps):
    for worker in prange(len(tables)):
        _product(ROWS, VECTORS, sums, x, w, tables[worker], steps)


@parallel
def _copy(y, x):
    for block in prange(-(-len(x) // BLOCK)):
        y[block * BLOCK : (block + 1) * BLOCK] = x[block * BLOCK : (block + 1) * BLOCK]


@functools.cache
def peak(threads):
    """Floating-point operations a second of the micro-kernel on ``threads`` threads, float32."""
    width = VECTORS * simd.VECTOR_BYTES // 4
    tables = np.arange(threads * ROWS).reshape(threads, ROWS) * width
    sums = np.zeros(threads * ROWS * width, np.float32)
    x, w = np.ones_like(sums), np.ones(8 * width, np.float32)
    numba.set_num_threads(threads)
    rate = 2 * sums.size * STEPS / _best(lambda: _multiply_adds(sums, x, w, tables, STEPS))
    if not (sums == STEPS).all():
        raise AssertionError("the measure of the peak did not compute its sums")
    return rate


@functools.cache
def _copied(size, threads):
    x, y = np.ones(size // 8, np.float32), np.ones(size // 8, np.float32)
    numba.set_num_threads(threads)
    return size / _best(lambda: _copy(y, x))


def bandwidth(size, threads):
    """Bytes a second, read and written, of a copy that touches about ``size`` bytes.

    Small arrays stay in a cache, so the measure has the size of what it is compared with, rounded
    to the next power of two between 64 KiB and 512 MiB.
    """
    return _copied(1 << min(max((max(size, 1) - 1).bit_length(), 16), 29), threads)


def _best(call, seconds=0.2):
    """Time of the fastest call."""
    call()
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def keep_memory():
    """Let freed memory stay with the process, so that no contender asks for pages in each call.

    MiniCNN's kernels are given their outputs, the frameworks allocate theirs: with glibc's own
    settings large ones are mapped and unmapped every time. Elsewhere than on glibc: no effect.
    """
    if platform.libc_ver()[0] == "glibc":
        trim_threshold, mmap_threshold = -1, -3
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(mmap_threshold, 1 << 30)
        mallopt(trim_threshold, (1 << 31) - 1)


def describe(threads):
    """One line: CPU, threads, peak and bandwidth."""
    flops, copied = peak(threads), bandwidth(1 << 29, threads)
    return (
        f"{_cpu()}, {simd.VECTOR_BYTES * 8}-bit vectors, {threads} threads: "
        f"{flops / 1e9:.0f} GFLOP/s by multiply-adds in registers, "
        f"{copied / 1e9:.1f} GB/s by copying"
    )


def _cpu():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
