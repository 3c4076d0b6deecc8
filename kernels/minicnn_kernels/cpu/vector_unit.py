"""The vector registers of the CPU that Numba compiles for, and the tile that fits them."""

import platform
from typing import NamedTuple

import numba
import numpy as np
from numba.core import codegen

# A tile keeps its sums in registers, beside two vectors of weights and one broadcast value. One
# register more spills and costs a third of the speed.
VECTORS = 2


class VectorUnit(NamedTuple):
    """Name of an instruction set, bytes of a vector register, and how many there are."""

    name: str
    bytes: int
    registers: int

    @property
    def rows(self):
        """Rows of the largest tile of ``VECTORS`` vectors a row that fits."""
        return (self.registers - VECTORS - 1) // VECTORS


def unit_of(features, machine):
    """The vector unit of a CPU.

    Parameters
    ----------
    features : str
        As LLVM spells them: ``"+sse2,+avx,-avx512f"``.
    machine : str
        As :func:`platform.machine` says it, in any case.

    Returns
    -------
    VectorUnit

    Examples
    --------
    >>> unit_of("+sse2,+avx,+avx2,+fma,-avx512f", "x86_64")
    VectorUnit(name='AVX2', bytes=32, registers=16)
    """
    features = features.split(",")
    if "+avx512f" in features:
        return VectorUnit("AVX-512", 64, 32)
    if "+avx" in features:
        return VectorUnit("AVX2" if "+avx2" in features else "AVX", 32, 16)
    if machine.lower() in ("arm64", "aarch64"):
        return VectorUnit("NEON", 16, 32)
    return VectorUnit("SSE", 16, 16)


def _features():
    """Features of the CPU that Numba compiles for: the user's choice, else this machine's."""
    chosen = numba.config.CPU_FEATURES
    return codegen.get_host_cpu_features() if chosen is None else chosen


UNIT = unit_of(_features(), platform.machine())
_, VECTOR_BYTES, REGISTERS = UNIT
ROWS = UNIT.rows


def lanes(dtype):
    """Numbers in one vector register: 16 float32 or 8 float64 on AVX-512."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize
