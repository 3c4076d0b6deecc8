"""The vector registers of the CPU that Numba compiles for, and the tile that fits them."""

import platform

import numba
import numpy as np
from numba.core import codegen


def _vector_unit():
    """``(bytes, registers)`` of the vector unit that Numba compiles for."""
    features = numba.config.CPU_FEATURES
    if features is None:
        features = codegen.get_host_cpu_features()
    features = features.split(",")
    if "+avx512f" in features:
        return 64, 32
    if "+avx" in features:
        return 32, 16
    return 16, 32 if platform.machine().lower() in ("arm64", "aarch64") else 16


VECTOR_BYTES, REGISTERS = _vector_unit()

# The largest tile of two vectors a row that fits: its accumulators, two vectors of weights and
# one broadcast value. One register more spills and costs a third of the speed.
VECTORS = 2
ROWS = (REGISTERS - VECTORS - 1) // VECTORS


def lanes(dtype):
    """Numbers in one vector register: 16 float32 or 8 float64 on AVX-512."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize
