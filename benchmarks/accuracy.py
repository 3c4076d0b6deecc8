"""``python -m benchmarks accuracy``: errors of the convolution algorithms against float64.

Inputs and gradients N(0, 1), weights by He's rule; an error is the largest difference, relative
to the largest number of the float64 result, which MiniCNN's NumPy telling computes. PyTorch's
error on the same arrays stands beside them.
"""

import contextlib
import math

import numpy as np

import minicnn

from . import peers
from .operations import convolution
from .passes import as_arrays, cropped, image, kernel
from .race import geometric_mean
from .shapes import CONV, CONV3X3, FIRST
from .table import Table, say, write_csv

PASSES = ("forward", "input gradient", "weight gradient")


def run(options):
    """Print a table of the cases that ``options`` name."""
    found = peers.load(("torch",), options.threads, say)
    algorithms = ("auto", "direct", "winograd") if _can_choose() else ("auto",)
    if len(algorithms) == 1:
        print("this MiniCNN has no set_convolution: only its own choice is measured")
    others = ["torch"] if found.torch else []
    print("Largest error / largest number, in millionths; times: the worst / torch's")
    columns = {"case": 34, "pass": 17, **dict.fromkeys([*algorithms, *others], 10), "times": 6}
    table, rows = Table(columns), []
    cases = dict.fromkeys([*CONV3X3, *CONV, *FIRST])
    for case in [case for case in cases if (options.only or "") in str(case)]:
        for name, errors in _errors(case, algorithms, found.torch):
            worst = max(errors[way] for way in algorithms)
            times = worst / errors["torch"] if others else math.nan
            cells = [f"{error * 1e6:.2f}" for error in errors.values()]
            table.line([str(case), name, *cells, f"{times:.2f}"])
            rows.append({"case": str(case), "pass": name, **errors, "times": times})
    if rows and others:
        times = [row["times"] for row in rows]
        print(f"times torch's: geometric mean {geometric_mean(times):.2f}, most {max(times):.2f}")
    if options.csv:
        write_csv(options.csv, rows)
    return rows


def _can_choose():
    return hasattr(minicnn, "set_convolution")


def _using(way):
    return minicnn.set_convolution(way) if _can_choose() else contextlib.nullcontext()


def _errors(case, algorithms, torch):
    """``(pass, {algorithm: error})`` of one case."""
    x, w, dy = convolution.arrays(case)
    exact = _exact(case, *(a.astype(np.float64) for a in (x, w, dy)))
    calls = convolution.minicnn_calls(case, x, w, dy)
    results = {}
    for way in algorithms:
        with _using(way):
            results[way] = [call().copy() for call in calls[:3]]
    if torch:
        padding = case.padding_pairs
        turns = image, cropped(padding, x.shape[1:3]), kernel
        if convolution.is_even(padding):
            turns = image, image, kernel
        calls = convolution.torch_calls(torch, case, x, w, dy)
        results["torch"] = [
            as_arrays("torch", call(), turn)[0] for call, turn in zip(calls[:3], turns)
        ]
    for k, name in enumerate(PASSES):
        scale = np.abs(exact[k]).max()
        yield name, {who: np.abs(r[k] - exact[k]).max() / scale for who, r in results.items()}


def _exact(case, x, w, dy):
    from minicnn_kernels import reference

    geometry = case.strides, case.padding_pairs, case.dilations, case.groups
    return (
        reference.conv2d_forward(None, x, w, None, *geometry),
        reference.conv2d_backward_input(None, dy, w, x.shape[1:3], *geometry),
        reference.conv2d_backward_weights(None, x, dy, case.kernel, *geometry),
    )
