"""In which order axes are stored: the arithmetic that keeps transposes out of converted graphs.

ONNX has channels second, MiniCNN last. A converted value is therefore a stored tensor and an
*order*: ``order[p]`` is the axis, as the graph it comes from counts, that is stored at place
``p``. A transpose of the graph changes the order alone; one is added only where an operation
needs an order that a value does not have.
"""


def last(rank):
    """Order in which ONNX's axes stand when channels are stored last.

    >>> last(4)
    (0, 2, 3, 1)
    """
    return (0, *range(2, rank), 1)


def first(rank):
    """Order in which MiniCNN's axes stand when channels are stored second.

    >>> first(4)
    (0, 3, 1, 2)
    """
    return (0, rank - 1, *range(1, rank - 1)) if rank > 1 else (0,)


def plain(rank):
    """The order of a value that is stored as its graph has it."""
    return tuple(range(rank))


def counted(axes, rank):
    """``axes`` counted from the front, each checked to be one of ``rank`` and named once.

    >>> counted([-1, 1], 4)
    [3, 1]
    """
    if any(not -rank <= axis < rank for axis in axes):
        raise ValueError(f"axes {list(axes)} must be among {rank}")
    found = [axis % rank for axis in axes]
    if len(set(found)) < len(found):
        raise ValueError(f"axes {list(axes)} must differ")
    return found


def places(order, wanted):
    """For every place of ``wanted``, where its axis stands now: the transpose between the two."""
    return tuple(order.index(axis) for axis in wanted)


def keeps_memory(lengths, dims):
    """Whether transposing by ``dims`` moves axes of length 1 only, so that a reshape does it."""
    moving = [place for place in dims if lengths[place] != 1]
    return moving == sorted(moving)


def transposed(order, perm):
    """Order after a transpose whose axis ``j`` is the former axis ``perm[j]``.

    >>> transposed((0, 2, 3, 1), (0, 2, 3, 1))
    (0, 1, 2, 3)
    """
    return tuple(tuple(perm).index(axis) for axis in order)


def without(order, axes):
    """Order after ``axes`` were removed."""
    kept = sorted(set(order) - set(axes))
    return tuple(kept.index(axis) for axis in order if axis not in axes)


def with_new(order, axes):
    """Order after axes of length 1 were put in, ``axes`` counted in the result.

    Each is stored right before the axis that follows it, so a plain order stays plain.
    """
    rank = len(order) + len(axes)
    old = [axis for axis in range(rank) if axis not in axes]
    result = [old[axis] for axis in order]
    for axis in sorted(axes, reverse=True):
        place = result.index(axis + 1) if axis + 1 in result else len(result)
        result.insert(place, axis)
    return tuple(result)


def reshape_groups(old, new):
    """A row-major reshape in its smallest parts.

    Parameters
    ----------
    old, new : sequence of int
        Lengths with equal products.

    Returns
    -------
    list of (list of int, list of int)
        Axes of ``old`` and the axes of ``new`` that they become.

    >>> reshape_groups((12, 5), (3, 4, 5))
    [([0], [0, 1]), ([1], [2])]
    """
    if 0 in old:
        return [(list(range(len(old))), list(range(len(new))))]
    groups, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        left, right = [i], [j]
        p, q = old[i], new[j]
        i, j = i + 1, j + 1
        while p != q:
            if p < q:
                left.append(i)
                p, i = p * old[i], i + 1
            else:
                right.append(j)
                q, j = q * new[j], j + 1
        groups.append((left, right))
    rest = list(range(i, len(old))), list(range(j, len(new)))  # lengths of 1
    if groups:
        groups[-1][0].extend(rest[0])
        groups[-1][1].extend(rest[1])
        return groups
    return [rest]
