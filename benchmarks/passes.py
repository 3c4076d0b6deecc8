"""What one race is about: a pass of an operation, and who runs it."""

from typing import Any, NamedTuple

import numpy as np


class Pass(NamedTuple):
    """One pass of one case.

    Attributes
    ----------
    name : str
        ``"forward"``, ``"input gradient"`` ...
    operations : float
        Additions and multiplications of the formula, whatever an algorithm saves; 0 where they
        do not matter.
    size : int
        Bytes that must at least be read and written.
    contenders : dict of str to callable
        Each gives its result, or a tuple of results, as its framework does.
    from_torch : callable or tuple of callables
        From PyTorch's result (or each of its results) to an array as MiniCNN's.
    tolerance : float
        How far results may differ, relative to the largest.
    """

    name: str
    operations: float
    size: int
    contenders: dict
    from_torch: Any = None
    tolerance: float = 1e-4


def image(tensor):
    """PyTorch's ``[N, C, H, W]`` as ``[N, H, W, C]``."""
    return tensor.permute(0, 2, 3, 1).numpy()


def kernel(tensor):
    """PyTorch's ``[F, C, KH, KW]`` as ``[KH, KW, C, F]``."""
    return tensor.permute(2, 3, 1, 0).numpy()


def plain(tensor):
    """The same axes on both sides."""
    return tensor.numpy()


def cropped(padding, size):
    """:func:`image` without the border that was put around the input by hand."""
    (top, _), (left, _) = padding
    return lambda tensor: image(tensor)[:, top : top + size[0], left : left + size[1]]


def as_arrays(who, result, turn):
    """A contender's result as a tuple of arrays laid out as MiniCNN's."""
    several = result if isinstance(result, (tuple, list)) else (result,)
    if who == "torch":
        turns = turn if isinstance(turn, tuple) else (turn or image,) * len(several)
        return tuple(t(value.detach()) for t, value in zip(turns, several))
    return tuple(np.asarray(value) for value in several)


def check(case, one, failed, differs):
    """The contenders of a pass that run, after comparing their results with MiniCNN's.

    Parameters
    ----------
    case : object
        For messages.
    one : Pass
    failed : callable
        Told in one line of every peer that cannot run the pass; it is left out.
    differs : callable
        The same of every peer whose results differ by more than rounding.

    Returns
    -------
    dict of str to callable
    """
    running = {"minicnn": one.contenders["minicnn"]}
    ours = [a.copy() for a in as_arrays("minicnn", running["minicnn"](), None)]
    for who, call in one.contenders.items():
        if who == "minicnn":
            continue
        try:
            theirs = as_arrays(who, call(), one.from_torch)
        except Exception as error:
            line = next(iter(str(error).strip().splitlines()), "")
            failed(f"{case} {one.name}: {who} left out, {type(error).__name__}: {line[:120]}")
            continue
        difference = largest_difference(ours, theirs)
        if difference <= one.tolerance:
            running[who] = call
        else:
            differs(f"{case} {one.name}: {who} left out, its results differ by {difference:.1e}")
    return running


def largest_difference(ours, theirs):
    """Largest difference of two tuples of arrays, relative to the largest number of each."""
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        if a.shape != b.shape:
            return np.inf
        scale = np.abs(b).max(initial=0) or 1.0
        worst = max(worst, np.abs(a - b).max(initial=0) / scale)
    return worst
