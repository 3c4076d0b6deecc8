"""How many elements a dataset has, without drawing them: plain arithmetic on counts."""

INFINITE = -1
UNKNOWN = -2


def repeated(size, count):
    """Of ``count`` rounds, forever if negative."""
    if count < 0:
        return INFINITE if size else 0
    return count * size if size >= 0 else (size if count else 0)


def batched(size, batch_size, drop_remainder):
    """Of batches; the last may be short unless it is dropped."""
    if size < 0:
        return size
    return size // batch_size if drop_remainder else -(-size // batch_size)


def taken(size, count):
    """Of the first ``count`` elements, all if negative."""
    if count < 0 or size == UNKNOWN:
        return size
    return count if size == INFINITE else min(size, count)


def skipped(size, count):
    """Of what follows the first ``count`` elements."""
    return size if size < 0 else max(0, size - count)


def zipped(sizes):
    """Of datasets side by side: as many as the shortest has."""
    finite = [size for size in sizes if size != INFINITE]
    if UNKNOWN in finite:
        return UNKNOWN
    return min(finite, default=INFINITE)


def concatenated(first, second):
    """Of one dataset after the other."""
    if INFINITE in (first, second):
        return INFINITE
    return UNKNOWN if UNKNOWN in (first, second) else first + second
