"""When results are stored past the caches: those so large that nobody finds them there.

A usual store first reads the line that it is about to overwrite, a third of what copying moves.
"""

from .vector_unit import VECTOR_BYTES

LARGE = 24 << 20  # bytes; about what a processor's last cache holds


def worth(y, numbers, vectors=1, arrays=1):
    """Whether ``simd.stream`` may and should store ``y``, whose rows have so many ``numbers``.

    A row has to be a whole number of tiles of ``vectors``, and to lie as vectors do in memory.
    ``arrays`` of that size, ``y`` among them, go through the caches.
    """
    aligned = y.ctypes.data % VECTOR_BYTES == 0
    return (
        arrays * y.nbytes >= LARGE
        and aligned
        and numbers * y.itemsize % (vectors * VECTOR_BYTES) == 0
    )
