"""What every kernel test needs: both tellings, awkward arrays, thread counts, tolerances."""

from contextlib import contextmanager

import numba
import numpy as np
import pytest
from hypothesis import strategies as st

from minicnn_kernels import cpu, reference

TELLINGS = {"reference": reference, "cpu": cpu}
both_tellings = pytest.mark.parametrize("ops", list(TELLINGS.values()), ids=list(TELLINGS))

LAYOUTS = ("plain", "strided", "reversed", "transposed", "big-endian", "read-only", "misaligned")
layouts = st.sampled_from(LAYOUTS)
float_types = st.sampled_from(["float16", "float32", "float64"])
seeds = st.integers(0, 2**16)


def computed(dtype):
    """The dtype that kernels compute in: float16 becomes float32."""
    double = np.dtype(dtype).newbyteorder("=") == np.float64
    return np.dtype("float64" if double else "float32")


def tolerance(dtype, single=1e-5, double=1e-12):
    """Relative and absolute tolerance for results computed from ``dtype`` input."""
    size = double if np.dtype(dtype) == np.float64 else single
    return {"rtol": size, "atol": size}


def laid_out(array, layout):
    """The same values in another memory layout."""
    if layout == "strided":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if layout == "reversed":
        return array[..., ::-1].copy()[..., ::-1]
    if layout == "transposed":
        return np.asfortranarray(array)
    if layout == "big-endian":
        return array.astype(array.dtype.newbyteorder(">"))
    if layout == "read-only":
        array = array.copy()
        array.flags.writeable = False
    if layout == "misaligned":
        raw = np.zeros(array.nbytes + 1, np.uint8)[1:]
        view = raw.view(array.dtype).reshape(array.shape)
        view[...] = array
        return view
    return array


@contextmanager
def threads(count):
    """Run compiled kernels on ``count`` threads."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def same_bits(compute):
    """Assert that ``compute()`` returns the same bits on one thread and on two."""
    with threads(1):
        one = compute()
    with threads(2):
        two = compute()
    for a, b in zip(as_tuple(one), as_tuple(two), strict=True):
        assert a.tobytes() == b.tobytes()


def as_tuple(result):
    """A kernel's results as a tuple, one or many."""
    return result if isinstance(result, tuple) else (result,)


def check_gradient(value, arrays, gradients, seed=0, step=1e-6, tolerance=1e-6):
    """Compare ``gradients`` with the slope of ``value(*arrays)`` in one random direction.

    ``value`` returns one number; arrays are float64. The slope is a central difference.
    """
    rng = np.random.default_rng(seed)
    directions = [rng.standard_normal(a.shape) for a in arrays]
    forward = value(*(a + step * d for a, d in zip(arrays, directions)))
    backward = value(*(a - step * d for a, d in zip(arrays, directions)))
    slope = (forward - backward) / (2 * step)
    expected = sum(float((g * d).sum()) for g, d in zip(gradients, directions))
    assert abs(slope - expected) <= tolerance * max(1.0, abs(slope)), (slope, expected, arrays)
