"""The words of ``simd_planes.py`` in NumPy, for ``NUMBA_DISABLE_JIT=1``."""

from .vector_unit import lanes

__all__ = ["join", "split"]


def split(planes, to, to_offset, to_step, source, offset, step):
    count = lanes(source.dtype)
    for p in range(count):
        for c in range(min(planes, count)):
            to[to_offset + c * to_step + p] = source[offset + p * step + c]


def join(planes, to, to_offset, to_step, source, offset, step):
    count = lanes(source.dtype)
    for p in range(count):
        for c in range(min(planes, count)):
            to[to_offset + p * to_step + c] = source[offset + c * step + p]
