"""Where pooling windows lie: the integer arithmetic that its compiled kernels share.

Two spatial axes are three of which the first has one cell, so one kernel serves both. Kernels
work in runs of windows whose cells lie evenly spaced: then the compiler checks once a run, not
once a window, that the arrays do not overlap, and few channels cost little more than many.
"""

from ..jit import serial

SMALL = 1 << 17  # cells read below which starting threads costs more than it saves


def solid(g):
    """``(size, out, pool, strides, before)`` of a pooling, each over three axes."""
    lead = (1,) * (3 - len(g.size))
    before = (0,) * len(lead) + tuple(pair[0] for pair in g.padding)
    return lead + g.size, lead + g.out, lead + g.pool, lead + g.strides, before


def rows(array):
    """A view of ``[..., C]`` as ``[cells, C]``."""
    return array.reshape(-1, array.shape[-1])


@serial
def unravel(row, height):
    """``row`` of a row-major plane ``[batch, depth, height]`` as ``(batch * depth, height)``."""
    return row // height, row % height


@serial
def taps_inside(window, size, pool, stride, before):
    """Taps ``first, end`` of a window that lie inside the input."""
    start = window * stride - before
    return max(0, -start), min(pool, size - start)


@serial
def windows_over(cell, out, pool, stride, before):
    """The windows ``first, end`` that cover an input cell."""
    first = (cell + before - pool) // stride + 1
    return max(0, first), min(out, (cell + before) // stride + 1)


@serial
def windows_with(tap, size, out, stride, before):
    """The windows ``first, end`` whose ``tap`` lies inside the input."""
    first = -((tap - before) // stride)
    return max(0, first), min(out, (size - 1 + before - tap) // stride + 1)


@serial
def alike(window, size, out, pool, stride, before):
    """How many windows from this one on have the same taps inside the input."""
    if window * stride < before:
        return 1
    return max(1, min(out, (size + before - pool) // stride + 1) - window)


@serial
def list_cells(cells, taps, size, pool, inside):
    """List the ``inside`` taps of a window and their cells, counted from its first cell.

    The last one is repeated three times more: kernels take four at once. Returns how many.
    """
    (d0, d1), (h0, h1), (w0, w1) = inside
    count = 0
    for d in range(d0, d1):
        for h in range(h0, h1):
            for w in range(w0, w1):
                cells[count] = (d * size[1] + h) * size[2] + w
                taps[count] = (d * pool[1] + h) * pool[2] + w
                count += 1
    cells[count : count + 3] = cells[count - 1]
    taps[count : count + 3] = taps[count - 1]
    return count


@serial
def clear(array, first, n):
    """Set ``n`` cells to zero."""
    for i in range(first, first + n):
        for c in range(array.shape[1]):
            array[i, c] = 0
